#include <algorithm>
#include <set>
#include <utility>

#include "compiler/cli/facts.h"

namespace cap::cli {

namespace {

template <typename Need>
void AddOnce(std::vector<Need>& needs, Need need) {
  if (std::ranges::find(needs, need) == needs.end()) needs.push_back(std::move(need));
}

class Gatherer {
 public:
  explicit Gatherer(const Program& program) : program_(program), needs_(program.tools.size()) {}

  std::vector<ToolNeeds> Run() && {
    for (const Policy& policy : program_.policies) {
      for (const uint32_t index : policy.capabilities) {
        const Capability& capability = program_.capabilities[index];
        for (const ClauseInfo& clause : capability.clauses) Clause(policy, capability, clause);
      }
      for (const uint32_t index : policy.forbids) {
        const Forbid& forbid = program_.forbids[index];
        if (forbid.unless_approvers == 0) continue;
        Approval(policy, forbid.action, forbid.info.name, "approval", forbid.unless_approvers);
      }
    }
    return std::move(needs_);
  }

 private:
  ToolNeeds& Of(uint32_t action) { return needs_[program_.actions[action].tool]; }

  void Clause(const Policy& policy, const Capability& capability, const ClauseInfo& clause) {
    if (clause.obligation != kNone) {
      AddOnce(Of(capability.action).obligations,
              {program_.actions[capability.action].name, policy.name, clause.obligation});
    }
    if (clause.step_up.empty()) return;
    uint64_t mask = clause.approvers;
    if (clause.approvers_const != kNone) {
      const ConstSource& source = capability.consts[clause.approvers_const];
      const auto* value =
          source.bound ? nullptr : std::get_if<ApproverMask>(&program_.values[source.index].v);
      mask = value == nullptr ? 0 : value->mask;
    }
    Approval(policy, capability.action, clause.name, clause.step_up, mask);
  }

  void Approval(const Policy& policy, uint32_t action, const std::string& clause, std::string kind,
                uint64_t mask) {
    std::vector<std::string> approvers;
    for (size_t i = 0; i < program_.approvers.size(); ++i) {
      if ((mask >> i & 1) != 0) approvers.push_back(program_.approvers[i]);
    }
    AddOnce(Of(action).approvals, {program_.actions[action].name, policy.name, clause,
                                   std::move(kind), std::move(approvers)});
  }

  const Program& program_;
  std::vector<ToolNeeds> needs_;
};

}  // namespace

std::vector<ToolNeeds> NeedsOf(const Program& program) { return Gatherer(program).Run(); }

NamedTypes NamedIn(const Program& program, std::vector<TypeIndex> types) {
  std::set<TypeIndex> seen;
  std::set<uint32_t> enums;
  std::set<uint32_t> records;
  while (!types.empty()) {
    const TypeIndex index = types.back();
    types.pop_back();
    if (!seen.insert(index).second) continue;
    const Type& type = program.types[index];
    if (type.kind == TypeKind::kMap) {  // a row has no name that anybody could use
      const RecordType& row = program.records[program.types[type.element].ref];
      for (const RecordField& field : row.fields) types.push_back(field.type);
      continue;
    }
    if (type.element != kNone) types.push_back(type.element);
    if (type.kind == TypeKind::kEnum) enums.insert(type.ref);
    if (type.kind != TypeKind::kRecord || !records.insert(type.ref).second) continue;
    for (const RecordField& field : program.records[type.ref].fields) types.push_back(field.type);
  }
  return {{enums.begin(), enums.end()}, {records.begin(), records.end()}};
}

}  // namespace cap::cli

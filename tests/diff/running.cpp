#include "tests/diff/running.h"

#include <algorithm>
#include <bit>

#include "runtime/interp/interp.h"
#include "runtime/value/decimal.h"
#include "runtime/value/map.h"

namespace cap::diff {

void Parts::Add(const Parts& other) {
  clauses.resize(std::max(clauses.size(), other.clauses.size()), 0);
  for (size_t i = 0; i < other.clauses.size(); ++i) clauses[i] |= other.clauses[i];
  forbids |= other.forbids;
}

bool Parts::Lacks(const Parts& other) const {
  if ((other.forbids & ~forbids) != 0) return true;
  for (size_t i = 0; i < other.clauses.size(); ++i) {
    const uint64_t own = i < clauses.size() ? clauses[i] : 0;
    if ((other.clauses[i] & ~own) != 0) return true;
  }
  return false;
}

uint64_t Parts::Count() const {
  uint64_t count = static_cast<uint64_t>(std::popcount(forbids));
  for (uint64_t bits : clauses) count += static_cast<uint64_t>(std::popcount(bits));
  return count;
}

std::vector<std::vector<Value>> BoundChoices() {
  const auto texts = [](std::vector<std::string> items) {
    Value::List list;
    for (std::string& item : items) list.push_back({std::move(item)});
    return Value{list};
  };
  const auto caps = [](const std::vector<std::pair<std::string, int64_t>>& pairs) {
    std::vector<std::pair<Value, Value>> entries;
    for (const auto& [key, value] : pairs) entries.emplace_back(Value{key}, Value{value});
    return MapOf(std::move(entries));
  };
  return {{{std::string("C1")}, {int64_t{3}}, {Money{50'000, 840}},
           texts({"a", "ab", "delivered"}), {Value::List{{EnumMember{"red"}}}},
           {std::string("ann@company.com")}, {std::string("/data")},
           {std::string("https://api.example.com/v1")}, texts({"10.0.0.0/8", "::/0"}),
           caps({{"ab", 2}, {"C1", 5}, {"a", 100}}),
           {Value::List{{MakeDecimal(9870, 2)}, {MakeDecimal(0, 2)}, {MakeDecimal(-250, 2)}}}},
          {{std::string("ab")}, {int64_t{100}}, {Money{0, 840}}, texts({}),
           {Value::List{{EnumMember{"blue"}}, {EnumMember{"green"}}}},
           {std::string("eve@evil.example")}, {std::string("data")},
           {std::string("http://10.0.0.1/")}, texts({}), caps({}),
           {Value::List{{MakeDecimal(1, 2)}}}}};
}

std::vector<std::vector<Value>> ParameterChoices() {
  const auto texts = [](std::vector<std::string> items) {
    Value::List list;
    for (std::string& item : items) list.push_back({std::move(item)});
    return Value{list};
  };
  return {{*ParameterFields()[0].default_value, {int64_t{5}}, texts({"a", "open"}),
           {std::string("ab")}},
          {{Money{50'001, 840}}, {int64_t{-1}}, texts({}), {std::string("C1")}}};
}

std::vector<Field> MintValues(const Program& program, const Policy& policy, size_t choice) {
  std::vector<Field> given;
  const auto add = [&](const std::vector<FieldModel>& fields, const std::vector<Value>& values,
                       const std::string& name) {
    for (size_t i = 0; i < fields.size(); ++i) {
      const bool left_out = fields[i].default_value == values[i];
      if (fields[i].name == name && !left_out) given.push_back({name, values[i]});
    }
  };
  for (const uint32_t bound : policy.bound) {
    add(BoundFields(), BoundChoices()[choice], program.bound[bound].name);
    add(ParameterFields(), ParameterChoices()[choice], program.bound[bound].name);
  }
  return given;
}

Running::Running(const Subject& of, const PolicyModel& model)
    : subject(of), policy(model), action(of.module.actions[model.action]), program(*of.program),
      compiled(program.policies[FindPolicy(program, model.name)]) {
  const auto found = std::ranges::find(program.tools, action.name, &Tool::name);
  tool = static_cast<uint32_t>(found - program.tools.begin());
  for (const Value& literal : policy.literals) aims.Add(literal);
}

void Running::Use(size_t number) {
  grant_number = number;
  std::vector<Value> values = BoundChoices()[number];
  if (std::ranges::any_of(compiled.bound, [&](uint32_t bound) {
        return program.bound[bound].is_parameter();
      })) {
    const std::vector<Value> more = ParameterChoices()[number];
    values.insert(values.end(), more.begin(), more.end());
  }
  grant = MakeGrant(program, compiled, std::move(values));
  for (const Value& value : grant.bound) aims.Add(value);
}

const Capability& CompiledCapability(const Running& run, size_t nth) {
  return run.program.capabilities[run.compiled.capabilities[nth]];
}

uint64_t ClausesOf(const Capability& capability, const Statement& statement) {
  uint64_t bits = 0;
  for (size_t i = 0; i < capability.clauses.size(); ++i) {
    if (capability.clauses[i].span.line == statement.line) bits |= uint64_t{1} << i;
  }
  return bits & ~CountingClauses(capability);
}

uint64_t CountingClauses(const Capability& capability) {
  uint64_t bits = 0;
  for (size_t i = 0; i < capability.clauses.size(); ++i) {
    bits |= uint64_t{capability.clauses[i].limit_term != kNone} << i;
  }
  return bits;
}

uint64_t LimitClauseOf(const Capability& capability, const Statement& statement) {
  uint64_t bits = 0;
  for (size_t i = 0; i < capability.clauses.size(); ++i) {
    const ClauseInfo& info = capability.clauses[i];
    if (info.limit_term != kNone && info.span.line == statement.line) bits |= uint64_t{1} << i;
  }
  return bits;
}

Parts AllParts(const Running& run) {
  Parts parts;
  for (size_t nth = 0; nth < run.policy.capabilities.size(); ++nth) {
    const Capability& capability = CompiledCapability(run, nth);
    parts.clauses.push_back(((uint64_t{1} << capability.clauses.size()) - 1) &
                            ~CountingClauses(capability));
  }
  parts.forbids = (uint64_t{1} << run.policy.forbids.size()) - 1;
  return parts;
}

Parts DecidedBy(const Running& run, const RequestModel& request, const Frame& frame) {
  Oracle oracle(run.action, run.grant.bound, request);
  const Outcome outcome = oracle.Decide(run.policy);
  Parts parts;
  parts.clauses.assign(run.policy.capabilities.size(), 0);
  for (size_t nth = 0; nth < run.policy.capabilities.size(); ++nth) {
    const Capability& capability = CompiledCapability(run, nth);
    ClauseMasks masks;
    bool known = false;
    for (const Statement& statement : run.policy.capabilities[nth].statements) {
      if (oracle.Judge(statement) == Tri::kTrue) continue;
      if (oracle.Decide(run.policy, &statement) == outcome) continue;
      if (!known) {
        interp::Explain(run.program, run.program.shapes[capability.shape], frame.header(),
                        run.grant.capabilities[nth].get(), StandardCallOuts(), &masks);
        known = true;
      }
      const uint64_t own = (masks.fail | masks.fault) & ClausesOf(capability, statement);
      if (std::has_single_bit(own)) parts.clauses[nth] |= own;
    }
  }
  for (size_t nth = 0; nth < run.policy.forbids.size(); ++nth) {
    const ForbidModel& forbid = run.policy.forbids[nth];
    if (oracle.Acts(forbid) && oracle.Decide(run.policy, &forbid) != outcome) {
      parts.forbids |= uint64_t{1} << nth;
    }
  }
  return parts;
}

}  // namespace cap::diff

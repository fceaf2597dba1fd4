// What a restated capability does to those beside it, and to what its parent says already.
#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "compiler/check/narrower.h"
#include "compiler/check/policy.h"
#include "runtime/program/print.h"

namespace cap::check {

namespace {

/// Whether the constraint with the values `a` permits no more than with `b`, by declared orders.
bool HoldsAlready(const Context& context, const ConstraintInfo& constraint,
                  const std::vector<NodeId>& a, const std::vector<NodeId>& b) {
  for (size_t i = 0; i < constraint.parameters.size(); ++i) {
    if (!NoWider(context, a[i], b[i], constraint.parameters[i].order)) return false;
  }
  return true;
}

std::string SourceText(const Program& program, const ConstSource& source) {
  return source.bound ? fmt::format("bound {}", source.index)
                      : PrintValue(program, program.values[source.index]);
}

/// An obligation and when it comes, as a text that is equal for the same of two capabilities.
/// `always`: as if it came with every permit.
std::string ObligationKey(const Program& program, const Capability& capability, size_t clause,
                          bool always) {
  const ClauseInfo& info = capability.clauses[clause];
  std::string key = fmt::format("{}", info.obligation);
  for (const uint32_t constant : info.obligation_consts) {
    key += fmt::format(" {}", SourceText(program, capability.consts[constant]));
  }
  const Shape& shape = program.shapes[capability.shape];
  const cap::Clause& code = program.clauses[shape.first_clause + clause];
  if (always || code.end - code.begin == 1) return key;
  const auto operand = [&](OperandKind kind, uint32_t value, uint32_t at) {
    const bool within = kind == OperandKind::kValue || kind == OperandKind::kQuant;
    if (kind == OperandKind::kConst) return SourceText(program, capability.consts[value]);
    return fmt::format("{}", within ? at - value : value);
  };
  for (uint32_t at = code.begin; at < code.end; ++at) {
    const Inst& inst = program.insts[shape.first_inst + at];
    const OpInfo& op = InfoOf(inst.op);
    key += fmt::format("|{} {} {} {}", op.text, inst.type, operand(op.a, inst.a, at),
                       operand(op.b, inst.b, at));
  }
  return key;
}

std::set<std::string> ObligationsOf(const Program& program, const Capability& capability) {
  std::set<std::string> keys;
  for (size_t i = 0; i < capability.clauses.size(); ++i) {
    if (capability.clauses[i].obligation == kNone) continue;
    keys.insert(ObligationKey(program, capability, i, false));
  }
  return keys;
}

}  // namespace

/// Compares a constraint with those that the extended policies hold: one that they hold already is
/// reported, and one that it makes needless is left out of what a giver of grants is told.
bool PolicyChecker::Adds(const ast::ConstraintCall& call, const ConstraintInfo& constraint,
                         NodeId guard, const std::vector<NodeId>& values) {
  bool adds = true;
  for (const Held& held : held_) {
    if (held.layer == layer_ || held.constraint != &constraint) continue;
    if (held.guard == kNone && HoldsAlready(context_, constraint, held.values, values)) {
      context_.Error(diag::Code::kNoEffect, call.span,
                     {.message = fmt::format("the extended policy asks for as much with its `{}`",
                                             constraint.name),
                      .label = "this changes nothing",
                      .help = "leave it out, or give values that permit less",
                      .notes = {{held.span, "asked for here"}}});
      adds = false;
      break;
    }
    if (guard == kNone && HoldsAlready(context_, constraint, values, held.values)) {
      for (size_t i = held.clause; i < held.end; ++i) clauses_[i].unsaid = true;
    }
  }
  held_.push_back({&constraint, values, guard, clauses_.size(), clauses_.size(), layer_,
                   call.span});
  return adds;
}

/// Of several capabilities that permit, the first by name brings its obligations. Where one that
/// brings some permits less than it did, a call may be left to a later one, which must bring them
/// too.
void PolicyChecker::KeepObligations(const std::map<uint32_t, SourceSpan>& changed) {
  const Program& program = context_.program;
  struct Row {
    const Capability* capability = nullptr;
    const SourceSpan* changed = nullptr;  // null: one that the child has
  };
  std::vector<Row> rows;
  for (const auto& [index, span] : changed) rows.push_back({&program.capabilities[index], &span});
  for (const uint32_t own : capabilities_) rows.push_back({&program.capabilities[own], nullptr});
  std::ranges::sort(rows, [](const Row& a, const Row& b) {
    return std::tuple(a.capability->action, std::string_view(b.capability->name),
                      a.changed == nullptr) <
           std::tuple(b.capability->action, std::string_view(a.capability->name),
                      b.changed == nullptr);
  });
  const Capability* next = nullptr;
  std::set<std::string> brought;  // by everything that stands later
  for (const Row& row : rows) {
    const Capability& capability = *row.capability;
    if (next != nullptr && next->action != capability.action) next = nullptr;
    if (row.changed == nullptr) {
      std::set<std::string> own = ObligationsOf(program, capability);
      if (next == nullptr) {
        brought = std::move(own);
      } else {
        std::erase_if(brought, [&](const std::string& key) { return !own.contains(key); });
      }
      next = &capability;
      continue;
    }
    for (size_t i = 0; next != nullptr && i < capability.clauses.size(); ++i) {
      const uint32_t obligation = capability.clauses[i].obligation;
      if (obligation == kNone) continue;
      if (brought.contains(ObligationKey(program, capability, i, false)) ||
          brought.contains(ObligationKey(program, capability, i, true))) {
        continue;
      }
      context_.Error(
          diag::Code::kLostObligation, *row.changed,
          {.message = fmt::format("what `{}` permits no longer may be permitted by a later "
                                  "capability, such as `{}`, without the obligation `{}`",
                                  capability.name, next->name,
                                  program.obligations[obligation].name),
           .label = "would permit more",
           .help = "drop the later ones as well, or let each of them bring the obligation",
           .notes = {}});
      return;
    }
  }
}

}  // namespace cap::check

// The fields of every structure of a Program in the order of a bundle: one list each, used by the
// writer and by the reader. Structured bindings, so that a field which is added to a structure and
// forgotten here does not compile. Internal to runtime/program.
#pragma once

#include "runtime/program/codec.h"

namespace cap::codec {

template <typename A>
void Fields(A& ar, typename A::template Ref<Span> v) {
  auto& [file, line, column, length] = v;
  ar(file, line, column, length);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Type> v) {
  auto& [kind, form, minor, is_signed, ref, element, currency, max] = v;
  ar(kind, form, minor, is_signed, ref, element, currency, max);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<EnumType> v) {
  auto& [name, members] = v;
  ar(name, members);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<RecordField> v) {
  auto& [name, type, optional, currency_field] = v;
  ar(name, type, optional, currency_field);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<RecordType> v) {
  auto& [name, fields, open] = v;
  ar(name, fields, open);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<PurposeDesc> v) {
  auto& [name, text] = v;
  ar(name, text);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<BoundDesc> v) {
  auto& [name, type, optional, policy, default_value] = v;
  ar(name, type, optional, policy, default_value);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<FixedBound> v) {
  auto& [bound, value] = v;
  ar(bound, value);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<SlotDesc> v) {
  auto& [path, type, source, optional] = v;
  ar(path, type, source, optional);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<ArgumentDesc> v) {
  auto& [name, type, slot, optional, default_value, currency_slot, span] = v;
  ar(name, type, slot, optional, default_value, currency_slot, span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<FactDesc> v) {
  auto& [name, type, slot, key_slots, max_age_us, attestor, currency_slot, span, each_offset] = v;
  ar(name, type, slot, key_slots, max_age_us, attestor, currency_slot, span, each_offset);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<LiveDesc> v) {
  auto& [name, type, slot, optional, span] = v;
  ar(name, type, slot, optional, span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<LetDesc> v) {
  auto& [name, slot, source_slots] = v;
  ar(name, slot, source_slots);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Tool> v) {
  auto& [name, slots, arguments, facts, live, lets, actions, layout_hash] = v;
  ar(name, slots, arguments, facts, live, lets, actions, layout_hash);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Wrapper> v) {
  auto& [tool, tool_member, arguments_member, span] = v;
  ar(tool, tool_member, arguments_member, span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<ResourceHole> v) {
  auto& [source, index, email_domain, type] = v;
  ar(source, index, email_domain, type);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<ResourceSegment> v) {
  auto& [key, literal, hole] = v;
  ar(key, literal, hole);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Resource> v) {
  auto& [scheme, segments, holes, each_slot, span] = v;
  ar(scheme, segments, holes, each_slot, span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Action> v) {
  auto& [name, risk, irreversible, tool, guard, guard_consts, has_resource, resource, skeletons,
         span] = v;
  ar(name, risk, irreversible, tool, guard, guard_consts, has_resource, resource, skeletons, span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Inst> v) {
  auto& [op, type, a, b, reserved] = v;
  static_cast<void>(reserved);  // zero in every verified Program
  ar(op, type, a, b);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Clause> v) {
  auto& [begin, end, observed, limit, kind, cost] = v;
  ar(begin, end, observed, limit, kind, cost);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Shape> v) {
  auto& [kind, tool, first_inst, inst_count, first_clause, clause_count, const_types, required] = v;
  ar(kind, tool, first_inst, inst_count, first_clause, clause_count, const_types, required);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<ConstSource> v) {
  auto& [bound, index] = v;
  ar(bound, index);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<TextPiece> v) {
  auto& [kind, literal, index, email_domain] = v;
  ar(kind, literal, index, email_domain);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<ClauseInfo> v) {
  auto& [name, span, text, consent, unsaid, step_up, approvers, approvers_const, obligation,
         obligation_consts, limit_term] = v;
  ar(name, span, text, consent, unsaid, step_up, approvers, approvers_const, obligation,
     obligation_consts, limit_term);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<LimitOperand> v) {
  auto& [source, index, type] = v;
  ar(source, index, type);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<LimitTerm> v) {
  auto& [kind, policy, owner, name, reset, clause, operands_clause, amount, limit, burst, period,
         zone, span, keys, on_store_error, history] = v;
  ar(kind, policy, owner, name, reset, clause, operands_clause, amount, limit, burst, period, zone,
     span, keys, on_store_error, history);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<History> v) {
  auto& [action, arguments, slots] = v;
  ar(action, arguments, slots);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<SharedLimit> v) {
  auto& [name, policy, action, shape, consts, clauses, terms, first_inst_span, span] = v;
  ar(name, policy, action, shape, consts, clauses, terms, first_inst_span, span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Breaker> v) {
  auto& [max_violations, window_us, suspend_us, span] = v;
  ar(max_violations, window_us, suspend_us, span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<CapabilityParameter> v) {
  auto& [constraint, name, const_index, type, order] = v;
  ar(constraint, name, const_index, type, order);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<ObligationParameter> v) {
  auto& [name, type] = v;
  ar(name, type);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<ObligationType> v) {
  auto& [name, version, parameters] = v;
  ar(name, version, parameters);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<PatternHole> v) {
  auto& [hole, value] = v;
  ar(hole, value);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Pattern> v) {
  auto& [text, skeleton, holes, span] = v;
  ar(text, skeleton, holes, span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Capability> v) {
  auto& [name, policy, action, shape, patterns, consts, clauses, terms, parameters,
         first_inst_span, span] = v;
  ar(name, policy, action, shape, patterns, consts, clauses, terms, parameters, first_inst_span,
     span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Forbid> v) {
  auto& [policy, action, shape, patterns, consts, unless_approvers, info, first_inst_span] = v;
  ar(policy, action, shape, patterns, consts, unless_approvers, info, first_inst_span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Policy> v) {
  auto& [name, version, purposes, max_ttl_us, bound, fixed, capabilities, forbids, limits, breaker,
         span] = v;
  ar(name, version, purposes, max_ttl_us, bound, fixed, capabilities, forbids, limits, breaker,
     span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Field> v) {
  auto& [name, value] = v;
  ar(name, value);
}

template <typename A>
void Fields(A& ar, typename A::template Ref<Money> v) {
  auto& [minor_units, currency] = v;
  ar(minor_units, currency);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Instant> v) {
  auto& [us] = v;
  ar(us);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Date> v) {
  auto& [days] = v;
  ar(days);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Duration> v) {
  auto& [us] = v;
  ar(us);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Decimal> v) {
  auto& [low, high, scale] = v;
  ar(low, high, scale);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Json> v) {
  auto& [cbor] = v;
  ar(cbor);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Rate> v) {
  auto& [count, period_us] = v;
  ar(count, period_us);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<EnumMember> v) {
  auto& [name] = v;
  ar(name);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<ApproverMask> v) {
  auto& [mask] = v;
  ar(mask);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<TableRef> v) {
  auto& [index] = v;
  ar(index);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Table> v) {
  auto& [kind, name, words] = v;
  ar(kind, name, words);
}

/// Calls `section` for every table of a Program, in order; its place is the section's tag.
template <typename ProgramRef, typename Section>
void ForEachTable(ProgramRef& p, Section section) {
  section(p.files);
  section(p.types);
  section(p.enums);
  section(p.records);
  section(p.values);
  section(p.approvers);
  section(p.purposes);
  section(p.bound);
  section(p.obligations);
  section(p.tools);
  section(p.actions);
  section(p.insts);
  section(p.clauses);
  section(p.shapes);
  section(p.spans);
  section(p.policies);
  section(p.capabilities);
  section(p.forbids);
  section(p.zone_version);
  section(p.tables);
  section(p.wrappers);
  section(p.limits);
  section(p.histories);
}

}  // namespace cap::codec

// The fields of every structure of a Program in the order of a bundle: one list each, used by the
// writer and by the reader. Internal to runtime/program.
#pragma once

#include "runtime/program/codec.h"

namespace cap::codec {

template <typename A>
void Fields(A& ar, typename A::template Ref<Span> v) {
  ar(v.file, v.line, v.column, v.length);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Type> v) {
  ar(v.kind, v.form, v.minor, v.ref, v.element, v.currency, v.max);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<EnumType> v) {
  ar(v.name, v.members);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<RecordField> v) {
  ar(v.name, v.type, v.optional, v.currency_field);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<RecordType> v) {
  ar(v.name, v.fields);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<PurposeDesc> v) {
  ar(v.name, v.text);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<BoundDesc> v) {
  ar(v.name, v.type, v.optional);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<SlotDesc> v) {
  ar(v.path, v.type, v.source, v.optional);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<ArgumentDesc> v) {
  ar(v.name, v.type, v.slot, v.optional, v.default_value, v.currency_slot, v.span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<FactDesc> v) {
  ar(v.name, v.type, v.slot, v.key_slots, v.max_age_us, v.attestor, v.currency_slot, v.span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<LiveDesc> v) {
  ar(v.name, v.type, v.slot, v.optional, v.span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<LetDesc> v) {
  ar(v.name, v.slot, v.source_slots);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Tool> v) {
  ar(v.name, v.slots, v.arguments, v.facts, v.live, v.lets, v.actions, v.layout_hash);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<ResourceHole> v) {
  ar(v.source, v.index, v.email_domain, v.type);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<ResourceSegment> v) {
  ar(v.key, v.literal, v.hole);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Resource> v) {
  ar(v.scheme, v.segments, v.holes, v.each_slot, v.span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Action> v) {
  ar(v.name, v.tool, v.guard, v.guard_consts, v.has_resource, v.resource, v.skeletons, v.span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Inst> v) {
  ar(v.op, v.type, v.a, v.b);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Clause> v) {
  ar(v.begin, v.end, v.observed, v.limit, v.kind, v.cost);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Shape> v) {
  ar(v.kind, v.tool, v.first_inst, v.inst_count, v.first_clause, v.clause_count, v.const_types,
     v.required[0], v.required[1]);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<ConstSource> v) {
  ar(v.bound, v.index);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<TextPiece> v) {
  ar(v.kind, v.literal, v.index, v.email_domain);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<ClauseInfo> v) {
  ar(v.name, v.span, v.text, v.step_up, v.approvers, v.approvers_const);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<PatternHole> v) {
  ar(v.hole, v.value);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Pattern> v) {
  ar(v.text, v.skeleton, v.holes, v.span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Capability> v) {
  ar(v.name, v.policy, v.action, v.shape, v.patterns, v.consts, v.clauses, v.first_inst_span,
     v.span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Forbid> v) {
  ar(v.policy, v.action, v.shape, v.patterns, v.consts, v.unless_approvers, v.info,
     v.first_inst_span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Policy> v) {
  ar(v.name, v.version, v.purposes, v.max_ttl_us, v.bound, v.capabilities, v.forbids, v.span);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Field> v) {
  ar(v.name, v.value);
}

template <typename A>
void Fields(A& ar, typename A::template Ref<Money> v) {
  ar(v.minor_units, v.currency);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Instant> v) {
  ar(v.us);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<EnumMember> v) {
  ar(v.name);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<ApproverMask> v) {
  ar(v.mask);
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
  section(p.tools);
  section(p.actions);
  section(p.insts);
  section(p.clauses);
  section(p.shapes);
  section(p.spans);
  section(p.policies);
  section(p.capabilities);
  section(p.forbids);
}

}  // namespace cap::codec

#include "runtime/engine/clause_view.h"

#include <algorithm>
#include <vector>

#include "runtime/engine/show.h"
#include "runtime/value/quote.h"

namespace cap::engine {
namespace {

class Viewer {
 public:
  Viewer(const ProgramState& state, const Frame& frame, const ClauseSource& source)
      : program_(*state.program),
        frame_(frame),
        header_(frame.header()),
        source_(source),
        clause_(program_.clauses[source.shape->first_clause + source.clause]),
        trace_(interp::Trace(program_, *source.shape, source.clause, header_, source.record,
                             *state.evaluator.call_outs,
                             program_.spans.data() + source.first_inst_span)) {}

  ClauseView View();

 private:
  const Inst& InstAt(uint32_t at) const { return program_.insts[source_.shape->first_inst + at]; }
  const Tool& ToolOf() const { return program_.tools[source_.shape->tool]; }
  std::string Show(uint32_t inst, const interp::InstValue& value) const;
  void Observe(ClauseView& view) const;
  void Limit(ClauseView& view) const;
  interp::InstValue WithoutRun(uint32_t inst) const;
  std::string Offending() const;
  std::string Witness() const;
  std::string WitnessField(const Slot* element) const;
  template <typename Visit>
  bool AllSources(uint32_t inst, Visit visit) const;
  bool IsPublic(uint32_t inst) const;
  bool ClauseIsPublic() const;
  bool ReadsPublic(const Inst& inst) const;
  bool SlotIsPublic(uint32_t slot) const;
  std::string Text() const;
  std::string Piece(const TextPiece& piece) const;
  void Fault(ClauseView& view) const;
  std::string_view LacksRow(const Inst& inst) const;

  const Program& program_;
  const Frame& frame_;
  const FrameHeader* header_;
  const ClauseSource& source_;
  const Clause& clause_;
  interp::ClauseTrace trace_;
};

ClauseView Viewer::View() {
  ClauseView view;
  if (clause_.observed != kNone) {
    Observe(view);
    const Inst& inst = InstAt(clause_.observed);
    if (inst.op == Op::kLoad) view.subject = ToolOf().slots[inst.a].path;
  } else if (trace_.witness != kNone) {
    view.observed = Witness();
    view.observed_public = ClauseIsPublic();
  }
  if (clause_.limit != kNone) Limit(view);
  view.text = Text();
  if (trace_.result.fault) Fault(view);
  return view;
}

std::string Viewer::Show(uint32_t inst, const interp::InstValue& value) const {
  if (value.fault) return {};
  const TypeIndex type = InstAt(inst).type;
  if (program_.types[type].kind == TypeKind::kBool) {
    return (value.value.lo & 1) != 0 ? "true" : "false";
  }
  return ShowSlot(program_, type, value.value);
}

// A limit in the body of a quantifier is that of the element which decided. Where none did, it is
// shown only if it is the same for all of them; and of an empty list no body was ever run.
void Viewer::Limit(ClauseView& view) const {
  const bool shown = AllSources(clause_.limit, [&](const Inst& each) {
    if (InfoOf(each.op).a != OperandKind::kQuant) return true;
    // What a fold in the limit reads of its own elements is no value of one element.
    const bool encloses =
        each.a < clause_.limit && clause_.limit <= each.a + InstAt(each.a).b;
    return !encloses || (trace_.witness != kNone && each.a == trace_.witness_inst);
  });
  if (!shown) return;
  view.limit = Show(clause_.limit, trace_.limit.fault ? WithoutRun(clause_.limit) : trace_.limit);
  // That some element of a list met this limit tells of the list, and of all that was asked.
  bool of_list = false;
  for (uint32_t at = clause_.begin; at < clause_.end; ++at) {
    const Inst& inst = InstAt(at);
    of_list = of_list || (InfoOf(inst.op).b == OperandKind::kLength && inst.a == clause_.observed);
  }
  view.limit_public = IsPublic(clause_.limit) && (!of_list || ClauseIsPublic());
}

interp::InstValue Viewer::WithoutRun(uint32_t inst) const {
  const Inst& source = InstAt(inst);
  if (source.op == Op::kConst) return {.fault = false, .value = source_.record->consts[source.a]};
  if (source.op == Op::kLoad && BitOf(header_->present, source.a)) {
    return {.fault = false, .value = SlotsOf(header_)[source.a]};
  }
  return {};
}

// Of a set or list that the clause held against another, only the members that offend. Which of
// them do tells what they were held against, so that an agent sees them only where it may see all
// of the clause.
void Viewer::Observe(ClauseView& view) const {
  if (trace_.observed.fault) return;
  view.observed_public = IsPublic(clause_.observed);
  view.observed = Offending();
  const bool of_witness = trace_.witness != kNone &&
                          InstAt(trace_.witness_inst).a == clause_.observed;
  if (view.observed.empty() && !of_witness) {
    view.observed = Show(clause_.observed, trace_.observed);
    return;
  }
  if (view.observed.empty()) view.observed = Witness();
  view.observed_public = view.observed_public && ClauseIsPublic();
}

std::string Viewer::Offending() const {
  if (clause_.limit == kNone || trace_.limit.fault) return {};
  for (uint32_t at = clause_.begin; at < clause_.end; ++at) {
    const Inst& inst = InstAt(at);
    if (inst.a != clause_.observed || inst.b != clause_.limit) continue;
    const bool subset = inst.op == Op::kMaskSubset || inst.op == Op::kWordSubset ||
                        inst.op == Op::kStrSubset || inst.op == Op::kDecSubset;
    const bool disjoint = inst.op == Op::kMaskDisjoint || inst.op == Op::kWordDisjoint ||
                          inst.op == Op::kStrDisjoint || inst.op == Op::kDecDisjoint;
    if (!subset && !disjoint) continue;
    return ShowMembers(program_, InstAt(clause_.observed).type, trace_.observed.value,
                       trace_.limit.value, disjoint);
  }
  return {};
}

std::string Viewer::Witness() const {
  const Inst& list = InstAt(InstAt(trace_.witness_inst).a);
  if (list.op == Op::kConst) {
    return ShowElement(program_, list.type, source_.record->consts[list.a], trace_.witness);
  }
  if (list.op != Op::kLoad) return "element " + std::to_string(trace_.witness);
  const Slot& slot = SlotsOf(header_)[list.a];
  std::string shown = ShowElement(program_, list.type, slot, trace_.witness);
  const TypeIndex element = program_.types[list.type].element;
  if (program_.types[element].kind == TypeKind::kRecord && trace_.witness < CountOf(slot)) {
    shown += WitnessField(ElementsOf(slot) + size_t{trace_.witness} * StrideOf(slot));
  }
  return shown;
}

/// The field of the deciding record that was held against the limit: ": 12.00 USD".
std::string Viewer::WitnessField(const Slot* element) const {
  if (clause_.limit == kNone) return {};
  const uint32_t quantifier = trace_.witness_inst;
  for (uint32_t at = quantifier + 1; at <= quantifier + InstAt(quantifier).b; ++at) {
    const Inst& inst = InstAt(at);
    const OpInfo& info = InfoOf(inst.op);
    if (info.a != OperandKind::kValue || info.b != OperandKind::kValue) continue;
    if (inst.a != clause_.limit && inst.b != clause_.limit) continue;
    const Inst& field = InstAt(inst.a == clause_.limit ? inst.b : inst.a);
    if (field.op != Op::kElement || field.a != quantifier) return {};
    const bool present = (element[0].lo >> field.b & 1) != 0;
    return present ? ": " + ShowSlot(program_, field.type, element[field.b]) : ": absent";
  }
  return {};
}

bool Viewer::SlotIsPublic(uint32_t slot) const {
  const Tool& tool = ToolOf();
  if (tool.slots[slot].source == SlotSource::kArgument) return true;
  if (tool.slots[slot].source != SlotSource::kLet) return false;
  const auto let = std::ranges::find(tool.lets, slot, &LetDesc::slot);
  // A list may be made of lists that were made before it; they stand in order of their slots.
  return let != tool.lets.end() && std::ranges::all_of(let->source_slots, [&](uint32_t source) {
           return tool.slots[source].source == SlotSource::kArgument;
         });
}

// What the instruction itself reads, its operands aside.
bool Viewer::ReadsPublic(const Inst& inst) const {
  if (inst.op == Op::kApproved) return false;
  const OpInfo& info = InfoOf(inst.op);
  if (info.a == OperandKind::kConst) return !source_.consts[inst.a].bound;
  return info.a != OperandKind::kSlot || SlotIsPublic(inst.a);
}

/// Whether `visit` holds of everything that the instruction is computed from, itself included.
template <typename Visit>
bool Viewer::AllSources(uint32_t inst, Visit visit) const {
  std::vector<bool> seen(source_.shape->inst_count, false);
  std::vector<uint32_t> open{inst};
  while (!open.empty()) {
    const uint32_t at = open.back();
    open.pop_back();
    if (seen[at]) continue;
    seen[at] = true;
    const Inst& each = InstAt(at);
    const OpInfo& info = InfoOf(each.op);
    if (!visit(each)) return false;
    if (info.a == OperandKind::kValue) open.push_back(each.a);
    if (info.a == OperandKind::kQuant) open.push_back(InstAt(each.a).a);
    if (info.b == OperandKind::kValue) open.push_back(each.b);
    if (info.b == OperandKind::kLength) {
      for (uint32_t body = at + 1; body <= at + each.b; ++body) open.push_back(body);
    }
  }
  return true;
}

bool Viewer::IsPublic(uint32_t inst) const {
  return AllSources(inst, [this](const Inst& each) { return ReadsPublic(each); });
}

bool Viewer::ClauseIsPublic() const {
  for (uint32_t at = clause_.begin; at < clause_.end; ++at) {
    if (!ReadsPublic(InstAt(at))) return false;
  }
  return true;
}

std::string Viewer::Text() const {
  std::string text;
  for (const TextPiece& piece : source_.info->text) text += Piece(piece);
  return text;
}

std::string Viewer::Piece(const TextPiece& piece) const {
  TypeIndex type = kNone;
  Slot slot;
  switch (piece.kind) {
    case TextPiece::Kind::kLiteral: return piece.literal;
    case TextPiece::Kind::kSlot:
      if (!BitOf(header_->present, piece.index)) return "(unknown)";
      type = ToolOf().slots[piece.index].type;
      slot = SlotsOf(header_)[piece.index];
      break;
    case TextPiece::Kind::kConst:
      type = source_.shape->const_types[piece.index];
      slot = source_.record->consts[piece.index];
      break;
  }
  if (!piece.email_domain) return ShowSlot(program_, type, slot);
  const bool email = program_.types[type].kind == TypeKind::kEmail;
  return QuoteCut(StringOf(email ? EmailDomainOf(slot) : UrlHostOf(slot)));
}

/// What an element that is asked for by its place or key lacks; empty for another instruction.
std::string_view Viewer::LacksRow(const Inst& inst) const {
  if (inst.op != Op::kRow && inst.op != Op::kRowPresent && inst.op != Op::kRowNull) return {};
  const Op op = InstAt(inst.a).op;
  if (op == Op::kMapWord || op == Op::kMapStr) {
    return "the map has no such key, or its value lacks it";
  }
  return "the list is empty, or its element lacks the value";
}

void Viewer::Fault(ClauseView& view) const {
  view.fault = "a value cannot be computed";
  view.fault_public = true;
  if (trace_.fault_inst == kNone) return;
  const Inst& inst = InstAt(trace_.fault_inst);
  const Span& span = program_.spans[source_.first_inst_span + trace_.fault_inst];
  const SourcePlace place = PlaceOf(program_, span);
  if (place.line != 0) {
    view.fault_place =
        place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  }
  if (InfoOf(inst.op).a == OperandKind::kSlot) {
    const SlotDesc& desc = ToolOf().slots[inst.a];
    const std::string_view note = frame_.note_text(inst.a);
    view.fault = "`" + desc.path + "` " + (note.empty() ? "has no value" : ": ") +
                 std::string(note);
    view.fault_public = SlotIsPublic(inst.a);
    return;
  }
  view.fault_public = IsPublic(trace_.fault_inst);
  if (const std::string_view lacks = LacksRow(inst); !lacks.empty()) {
    view.fault = lacks;
    return;
  }
  view.fault = "`" + std::string(InfoOf(inst.op).text) + "` has no result: ";
  switch (InfoOf(inst.op).result) {
    case ValueClass::kWord: view.fault += "the number does not fit 64 bits"; break;
    case ValueClass::kMoney:
      view.fault += inst.op == Op::kMoneySum
                        ? "two currencies or none, or an amount below zero or too large"
                        : "two currencies, or an amount below zero or too large";
      break;
    case ValueClass::kBool:
      view.fault += inst.op == Op::kUrlUnder ? "a place has neither query nor fragment"
                                             : "the amounts have two currencies";
      break;
    case ValueClass::kDecimal:
      view.fault += "the number does not fit 128 bits, or a factor 64";
      break;
    case ValueClass::kStr:
    case ValueClass::kMask:
    case ValueClass::kTable:
    case ValueClass::kRate:
    case ValueClass::kList: view.fault += "an element lacks the value"; break;
  }
}

}  // namespace

ClauseView ViewClause(const ProgramState& state, const Frame& frame,
                      const ClauseSource& source) {
  return Viewer(state, frame, source).View();
}

}  // namespace cap::engine

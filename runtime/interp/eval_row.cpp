// Handlers of rows: the one element of a list that is asked for by its place or its key.
#include "runtime/interp/evaluate.h"

namespace cap::interp {
namespace {

/// The list of `count` elements that begins at `element`: one or none.
InstValue RowAt(const Slot& list, uint64_t element, uint32_t count) {
  return {.fault = false, .value = {element, PackPair(count, StrideOf(list))}};
}

InstValue Found(const Slot& map, uint64_t row) { return RowAt(map, row, row != 0 ? 1 : 0); }

/// The element of a row; null: there is none.
const Slot* ElementOfRow(const Evaluation& e, const Inst& inst) {
  const Slot& row = e.A(inst).value;
  return CountOf(row) == 0 ? nullptr : ElementsOf(row);
}

/// Scalars have all of their slots, and no mask.
bool IsRecord(const Evaluation& e, const Inst& inst) {
  return e.in().program.types[e.TypeOf(inst.a).element].kind == TypeKind::kRecord;
}

}  // namespace

InstValue EvalListFirst(Evaluation& e, const Inst& inst, uint32_t) {
  const Slot& list = e.A(inst).value;
  return RowAt(list, list.lo, CountOf(list) == 0 ? 0 : 1);
}

InstValue EvalListLast(Evaluation& e, const Inst& inst, uint32_t) {
  const Slot& list = e.A(inst).value;
  const uint32_t count = CountOf(list);
  if (count == 0) return RowAt(list, list.lo, 0);
  const Slot* last = ElementsOf(list) + size_t{count - 1} * StrideOf(list);
  return RowAt(list, reinterpret_cast<uintptr_t>(last), 1);
}

InstValue EvalListSome(Evaluation& e, const Inst& inst, uint32_t) {
  return Bool(CountOf(e.A(inst).value) != 0);
}

InstValue EvalMapWord(Evaluation& e, const Inst& inst, uint32_t) {
  const Slot& map = e.A(inst).value;
  return Found(map, e.in().call_outs.map_word(e.B(inst).value.lo, &map));
}

InstValue EvalMapStr(Evaluation& e, const Inst& inst, uint32_t) {
  const Slot& map = e.A(inst).value;
  return Found(map, e.in().call_outs.map_str(&e.B(inst).value, &map));
}

InstValue EvalRow(Evaluation& e, const Inst& inst, uint32_t) {
  const Slot* element = ElementOfRow(e, inst);
  if (element == nullptr) return Fault();
  if (IsRecord(e, inst) && (element->lo >> inst.b & 1) == 0) return Fault();
  return e.FromSlot(inst.type, element[inst.b]);
}

InstValue EvalRowPresent(Evaluation& e, const Inst& inst, uint32_t) {
  const Slot* element = ElementOfRow(e, inst);
  if (element == nullptr) return Fault();
  return Bool(!IsRecord(e, inst) || (element->lo >> inst.b & 1) != 0);
}

InstValue EvalRowNull(Evaluation& e, const Inst& inst, uint32_t) {
  const Slot* element = ElementOfRow(e, inst);
  if (element == nullptr) return Fault();
  return Bool(IsRecord(e, inst) && (element->hi >> inst.b & 1) != 0);
}

}  // namespace cap::interp

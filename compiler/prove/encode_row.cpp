// Rows: the one element of a list that is asked for by its place or its key.
#include "compiler/prove/encode.h"
#include "runtime/value/map.h"

namespace cap::prove {

/// `a` where `which` holds, else `b`: two values of one type. Nothing: they are no plain values.
std::optional<Sym> Encoder::Either(const Expr& which, const Sym& a, const Sym& b) {
  if (a.kind != b.kind || a.list != nullptr || b.list != nullptr) return std::nullopt;
  Sym made = a;
  const auto choose = [&](Expr& part, const Expr& other) {
    if (static_cast<Z3_ast>(part) && static_cast<Z3_ast>(other)) {
      part = z3::ite(which, part, other);
    }
  };
  choose(made.fault, b.fault);
  choose(made.yes, b.yes);
  choose(made.no, b.no);
  choose(made.word, b.word);
  choose(made.extra, b.extra);
  for (size_t i = 0; i < made.members.size() && i < b.members.size(); ++i) {
    choose(made.members[i], b.members[i]);
  }
  return made;
}

std::optional<Cell> Encoder::Either(const Expr& which, const Cell& a, const Cell& b) {
  std::optional<Sym> value = Either(which, a.value, b.value);
  if (!value) return std::nullopt;
  Cell made(z3::ite(which, a.present, b.present), world_.False(), *value);
  made.null = z3::ite(which, a.null, b.null);
  return made;
}

/// The row of a map that has the key, or the first element of a list, as a list of its own. No two
/// rows have one key, and no question is asked of the order of a list but which is its first.
std::optional<Sym> Encoder::RowOf(const Inst& inst, const Sym& list, const Sym* key) {
  const bool map = inst.op == Op::kMapWord || inst.op == Op::kMapStr;
  if (!map && inst.op != Op::kListFirst) return std::nullopt;
  Ask(*list.list, map ? "key" + KeyOf(*key) : "first");
  const std::vector<Element>& elements = list.list->elements;
  if (elements.empty()) return std::nullopt;
  Element row = elements.back();
  Expr found = world_.False();
  for (size_t i = elements.size(); i-- > 0;) {
    const Element& element = elements[i];
    Expr is = element.there;
    if (map) is = And(is, Same(element.cells[kRowKeySlot].value, *key));
    for (size_t cell = 0; cell < row.cells.size(); ++cell) {
      const std::optional<Cell> chosen = Either(is, element.cells[cell], row.cells[cell]);
      if (!chosen) return std::nullopt;
      row.cells[cell] = *chosen;
    }
    found = Or(is, found);
  }
  row.there = found;
  Sym made(world_.context());
  made.kind = ValueClass::kList;
  const Expr size = z3::ite(found, world_.Int(int64_t{1}), world_.Int(int64_t{0}));
  made.list = std::make_shared<List>(
      List{size, world_.True(), {std::move(row)}, list.list->roots, true});
  return made;
}

/// What is read of such a row.
std::optional<Sym> Encoder::OfRow(const Inst& inst, const Sym& row) {
  const bool asks = inst.op == Op::kRowPresent || inst.op == Op::kRowNull;
  if (inst.op != Op::kRow && !asks) return std::nullopt;
  if (!row.list->is_row) return std::nullopt;
  const Element& element = row.list->elements[0];
  const Cell& cell = element.cells[inst.b];
  if (asks) {
    const Expr& asked = inst.op == Op::kRowPresent ? cell.present : cell.null;
    return world_.Bool(And(element.there, asked), And(element.there, Not(asked)));
  }
  const Expr there = And(element.there, cell.present);
  Sym made = cell.value;
  made.fault = Or(made.fault, Not(there));
  if (made.kind == ValueClass::kBool) {
    made.yes = And(made.yes, there);
    made.no = And(made.no, there);
  }
  return made;
}

}  // namespace cap::prove

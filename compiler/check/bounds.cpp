#include "compiler/check/bounds.h"

#include <fmt/core.h>

#include <vector>

namespace cap::check {

namespace {
constexpr size_t kConjuncts = 256;
}  // namespace

bool Bounds::LiteralOf(Placed placed, Literal& literal) const {
  const Node node = instances_.Resolve(placed).node;
  if (node.kind != NodeKind::kLiteral || node.datum) return false;
  const Value& value = context_.program.values[node.index];
  if (const auto* word = std::get_if<int64_t>(&value.v)) {
    literal.value = *word;
  } else if (const auto* money = std::get_if<Money>(&value.v)) {
    literal.value = money->minor_units;
    literal.currency = money->currency;
  } else if (const auto* instant = std::get_if<Instant>(&value.v)) {
    literal.value = instant->us;
  } else if (const auto* decimal = std::get_if<Decimal>(&value.v)) {
    literal.value = CoefficientOf(*decimal);
  } else if (const auto* duration = std::get_if<Duration>(&value.v)) {
    literal.value = duration->us;
  } else if (const auto* date = std::get_if<Date>(&value.v)) {
    literal.value = date->days;
  } else if (const auto* text = std::get_if<std::string>(&value.v)) {
    literal.text = text;
  } else if (const auto* member = std::get_if<EnumMember>(&value.v)) {
    literal.text = &member->name;
  } else {
    return false;
  }
  return true;
}

bool Bounds::Add(Placed condition, const SourceSpan& statement) {
  std::vector<Placed> conjuncts = {condition};
  bool good = true;
  // A `let` may stand for one conjunct many times over, so their number has a bound.
  for (size_t seen = 0; !conjuncts.empty() && good && seen < kConjuncts; ++seen) {
    const Placed at = conjuncts.back();
    conjuncts.pop_back();
    Node node = context_.nodes[at.node];
    if (node.kind == NodeKind::kOperation && node.op == Op::kAnd) {
      conjuncts.push_back({node.right, at.instance});
      conjuncts.push_back({node.left, at.instance});
      continue;
    }
    const bool negated = node.kind == NodeKind::kOperation && node.op == Op::kNot;
    if (negated) node = context_.nodes[node.left];
    if (node.kind != NodeKind::kOperation || node.right == kNone) continue;
    good = Comparison(node.op, {node.left, at.instance}, {node.right, at.instance}, negated,
                      statement);
  }
  return good;
}

bool Bounds::Comparison(Op op, Placed left, Placed right, bool negated,
                        const SourceSpan& statement) {
  const bool equal = op == Op::kWordEq || op == Op::kMoneyEq || op == Op::kDecEq ||
                     op == Op::kStrEq;
  const bool less = op == Op::kWordLt || op == Op::kMoneyLt || op == Op::kDecLt;
  if ((!equal && !less) || (equal && negated)) return true;
  Literal literal;
  const bool literal_right = LiteralOf(right, literal);
  if (!literal_right && !LiteralOf(left, literal)) return true;
  const Node path = instances_.Resolve(literal_right ? left : right).node;
  if (path.kind != NodeKind::kSlot) return true;
  const bool is_new = !by_slot_.contains(path.index);
  Interval& at = by_slot_[path.index];
  if (at.reported) return true;
  const TypeKind kind = context_.types.KindOf(path.type);
  if (is_new && kind != TypeKind::kDecimal) {
    const bool from_zero = kind == TypeKind::kMoney && !context_.types[path.type].is_signed;
    at.low = from_zero ? 0 : INT64_MIN;
    at.high = INT64_MAX;
  }
  const std::string& name = context_.program.tools[tool_].slots[path.index].path;
  if (literal.text != nullptr) return !equal || Text(at, *literal.text, statement, name);
  if (literal.currency != 0) {
    // Bounds in two currencies cannot both hold: one of them always faults.
    const SourceSpan other = at.low_from != SourceSpan{} ? at.low_from : at.high_from;
    if (at.currency != 0 && at.currency != literal.currency)
      return Report(at, statement, other, name);
    at.currency = literal.currency;
  }
  // x < c, c < x, and what is left of the line when they are not so.
  const Coefficient c = literal.value;
  const bool upper = equal || literal_right != negated;
  const bool lower = equal || literal_right == negated;
  const bool strict = less && !negated;
  if (strict && c == (upper ? kLowest : kHighest)) return Report(at, statement, {}, name);
  if (upper && c - (strict ? 1 : 0) < at.high) {
    at.high = c - (strict ? 1 : 0);
    at.high_from = statement;
  }
  if (lower && c + (strict ? 1 : 0) > at.low) {
    at.low = c + (strict ? 1 : 0);
    at.low_from = statement;
  }
  return Check(at, statement, name);
}

bool Bounds::Text(Interval& at, const std::string& text, const SourceSpan& statement,
                  const std::string& name) {
  if (at.text_from == SourceSpan{}) {
    at.text = text;
    at.text_from = statement;
    return true;
  }
  return at.text == text || Report(at, statement, at.text_from, name);
}

bool Bounds::Check(Interval& at, const SourceSpan& statement, const std::string& name) {
  if (at.low <= at.high) return true;
  const SourceSpan other = at.low_from == statement ? at.high_from : at.low_from;
  return Report(at, statement, other == statement ? SourceSpan{} : other, name);
}

bool Bounds::Report(Interval& at, const SourceSpan& statement, const SourceSpan& other,
                    const std::string& name) {
  at.reported = true;
  if (other == SourceSpan{}) {
    context_.Error(diag::Code::kNeverTrue, statement,
                   {.message = fmt::format("no value of `{}` meets this", name),
                    .label = "can never hold",
                    .help = "the capability would never admit a call: mend it or leave it out",
                    .notes = {}});
  } else {
    context_.Error(diag::Code::kContradiction, statement,
                   {.message = fmt::format("no value of `{}` meets both of these", name),
                    .label = "this one",
                    .help = "the capability would never admit a call: mend one of the two",
                    .notes = {{other, "and this one"}}});
  }
  return false;
}

}  // namespace cap::check

#include "compiler/lint/truths.h"

#include <algorithm>

#include "runtime/program/print.h"

namespace cap::lint {

namespace {

bool Includes(const std::set<std::string>& large, const std::set<std::string>& small) {
  return std::ranges::includes(large, small);
}

bool Meet(const std::set<std::string>& a, const std::set<std::string>& b) {
  return std::ranges::any_of(a, [&](const std::string& text) { return b.contains(text); });
}

}  // namespace

// --- conditions ---

void Truths::Assume(TermId id, bool truth) {
  if (!assumed_.insert({id, truth}).second) return;
  answers_.clear();
  if (assumed_.contains({id, !truth})) impossible_ = true;
  const Term& term = terms_[id];
  if (term.kind == TermKind::kLiteral) {
    const bool* value = std::get_if<bool>(&term.value->v);
    if (value != nullptr && *value != truth) impossible_ = true;
    return;
  }
  if (term.kind != TermKind::kOperation) return;
  if (term.op == Op::kNot) return Assume(term.left, !truth);
  // Not acting is being false; acting may be a fault, of which nothing follows.
  if (term.op == Op::kActs && !truth) return Assume(term.left, false);
  if (term.op == (truth ? Op::kAnd : Op::kOr)) {
    Assume(term.left, truth);
    return Assume(term.right, truth);
  }
  if (const std::optional<Atom> atom = AtomOf(id, truth)) Learn(*atom);
}

bool Truths::Implies(TermId id, bool truth) const {
  if (assumed_.contains({id, truth})) return true;
  const auto answered = answers_.find({id, truth});
  if (answered != answers_.end()) return answered->second;
  const Term& term = terms_[id];
  bool implied = false;
  if (term.kind == TermKind::kLiteral) {
    const bool* value = std::get_if<bool>(&term.value->v);
    implied = value != nullptr && *value == truth;
  } else if (term.kind == TermKind::kOperation) {
    if (term.op == Op::kNot) {
      implied = Implies(term.left, !truth);
    } else if (term.op == Op::kActs) {
      implied = Implies(term.left, truth);
    } else if (term.op == Op::kAnd || term.op == Op::kOr) {
      const bool both = (term.op == Op::kAnd) == truth;
      const bool left = Implies(term.left, truth);
      implied = both ? left && Implies(term.right, truth) : left || Implies(term.right, truth);
    } else if (const std::optional<Atom> atom = AtomOf(id, truth)) {
      implied = Holds(*atom);
    }
  }
  answers_[{id, truth}] = implied;
  return implied;
}

// --- comparisons with constants ---

std::optional<Truths::Number> Truths::NumberOf(TermId id) const {
  const Term& term = terms_[id];
  if (term.kind != TermKind::kLiteral) return std::nullopt;
  if (const auto* word = std::get_if<int64_t>(&term.value->v)) return Number{*word, 0};
  if (const auto* money = std::get_if<Money>(&term.value->v)) {
    return Number{money->minor_units, money->currency};
  }
  if (const auto* instant = std::get_if<Instant>(&term.value->v)) return Number{instant->us, 0};
  if (const auto* span = std::get_if<Duration>(&term.value->v)) return Number{span->us, 0};
  if (const auto* date = std::get_if<Date>(&term.value->v)) return Number{date->days, 0};
  // The digits of a decimal are those of its type, so coefficients compare.
  if (const auto* decimal = std::get_if<Decimal>(&term.value->v)) {
    return Number{CoefficientOf(*decimal), 0};
  }
  return std::nullopt;
}

std::optional<std::set<std::string>> Truths::TextsOf(TermId id) const {
  const Term& term = terms_[id];
  if (term.kind != TermKind::kLiteral) return std::nullopt;
  std::set<std::string> texts;
  if (const auto* list = std::get_if<Value::List>(&term.value->v)) {
    for (const Value& each : *list) texts.insert(PrintValue(program_, each));
    return texts;
  }
  const bool text = std::holds_alternative<std::string>(term.value->v) ||
                    std::holds_alternative<EnumMember>(term.value->v) ||
                    std::holds_alternative<bool>(term.value->v);
  if (!text) return std::nullopt;
  texts.insert(PrintValue(program_, *term.value));
  return texts;
}

std::optional<Truths::Atom> Truths::AtomOf(TermId id, bool truth) const {
  const Term& term = terms_[id];
  if (!term.has_right) return std::nullopt;
  if (term.op == Op::kWordLt || term.op == Op::kMoneyLt || term.op == Op::kDecLt) {
    return Comparison(term, truth, true);
  }
  if (term.op == Op::kWordEq || term.op == Op::kMoneyEq || term.op == Op::kDecEq ||
      term.op == Op::kStrEq || term.op == Op::kBoolEq) {
    return Comparison(term, truth, false);
  }
  return Membership(term, truth);
}

/// x < c, c < x, x == c, and what is left of the line when they are not so.
std::optional<Truths::Atom> Truths::Comparison(const Term& term, bool truth, bool less) const {
  const bool literal_right = terms_[term.right].kind == TermKind::kLiteral;
  const TermId literal = literal_right ? term.right : term.left;
  Atom atom;
  atom.subject = literal_right ? term.left : term.right;
  if (!less) {
    if (std::optional<std::set<std::string>> texts = TextsOf(literal)) {
      if (texts->size() != 1) return std::nullopt;
      atom.kind = truth ? Kind::kOneOf : Kind::kNoneOf;
      atom.texts = std::move(*texts);
      return atom;
    }
  }
  const std::optional<Number> number = NumberOf(literal);
  if (!number || (!less && !truth)) return std::nullopt;
  atom.currency = number->currency;
  const Coefficient strict = less && truth ? 1 : 0;
  // Values of 64 bits, and of 128: one more or less of the outermost would not be a number.
  constexpr Coefficient kOutermost = Coefficient{1} << 120;
  if (number->value > kOutermost || number->value < -kOutermost) return std::nullopt;
  if (!less || literal_right == truth) atom.high = number->value - strict;
  if (!less || literal_right != truth) atom.low = number->value + strict;
  return atom;
}

std::optional<Truths::Atom> Truths::Membership(const Term& term, bool truth) const {
  const bool in = term.op == Op::kStrIn || term.op == Op::kWordIn || term.op == Op::kMaskIn ||
                  term.op == Op::kDecIn;
  const bool subset = term.op == Op::kStrSubset || term.op == Op::kWordSubset ||
                      term.op == Op::kMaskSubset || term.op == Op::kDecSubset;
  const bool disjoint = term.op == Op::kStrDisjoint || term.op == Op::kWordDisjoint ||
                        term.op == Op::kMaskDisjoint || term.op == Op::kDecDisjoint;
  Atom atom;
  atom.subject = term.left;
  std::optional<std::set<std::string>> texts = TextsOf(term.right);
  if (!texts && disjoint) {
    texts = TextsOf(term.left);
    atom.subject = term.right;
  }
  if (!texts || (!in && !truth)) return std::nullopt;
  atom.texts = std::move(*texts);
  if (in) {
    atom.kind = truth ? Kind::kOneOf : Kind::kNoneOf;
  } else if (subset) {
    atom.kind = Kind::kSubset;
  } else if (disjoint) {
    atom.kind = Kind::kDisjoint;
  } else {
    return std::nullopt;
  }
  return atom;
}

/// What the type says of a value, if it is there.
Truths::Known Truths::ByType(TermId id) const {
  const Term& term = terms_[id];
  const Type& type = program_.types[term.type];
  Known known;
  if (term.op == Op::kListSize || term.op == Op::kStrSize || term.op == Op::kMaskSize ||
      term.op == Op::kCount) {
    known.low = 0;
    const Type& whole = program_.types[terms_[term.left].type];
    const bool has_bound = whole.kind == TypeKind::kString || whole.kind == TypeKind::kList ||
                           whole.kind == TypeKind::kMap ||
                           (whole.kind == TypeKind::kSet && term.op == Op::kListSize);
    if (has_bound && whole.max != 0 && terms_.IsGiven(term.left)) known.high = whole.max;
  } else if (type.kind == TypeKind::kMoney && !type.is_signed && type.currency != 0) {
    known.low = 0;
    known.currency = type.currency;
  } else if (type.kind == TypeKind::kEnum && terms_.IsGiven(id)) {
    known.one_of.emplace();
    for (const std::string& member : program_.enums[type.ref].members) {
      known.one_of->insert(PrintValue(program_, {EnumMember{member}}));
    }
  }
  return known;
}

void Truths::Learn(const Atom& atom) {
  Known& known = known_.try_emplace(atom.subject, ByType(atom.subject)).first->second;
  switch (atom.kind) {
    case Kind::kRange:
      // Of two currencies one comparison faults, so both cannot hold.
      if (known.currency != 0 && atom.currency != known.currency) impossible_ = true;
      known.currency = atom.currency;
      if (atom.low && (!known.low || *atom.low > *known.low)) known.low = atom.low;
      if (atom.high && (!known.high || *atom.high < *known.high)) known.high = atom.high;
      if (known.low && known.high && *known.low > *known.high) impossible_ = true;
      break;
    case Kind::kOneOf:
      if (!known.one_of) known.one_of = atom.texts;
      std::erase_if(*known.one_of,
                    [&](const std::string& text) { return !atom.texts.contains(text); });
      break;
    case Kind::kNoneOf:
      known.none_of.insert(atom.texts.begin(), atom.texts.end());
      break;
    case Kind::kSubset:
      if (!known.subset_of) known.subset_of = atom.texts;
      std::erase_if(*known.subset_of,
                    [&](const std::string& text) { return !atom.texts.contains(text); });
      break;
    case Kind::kDisjoint:
      known.disjoint_from.insert(atom.texts.begin(), atom.texts.end());
      break;
  }
  if (known.one_of && Includes(known.none_of, *known.one_of)) impossible_ = true;
}

bool Truths::Holds(const Atom& atom) const {
  const auto at = known_.find(atom.subject);
  if (at == known_.end() && !terms_.IsGiven(atom.subject)) return false;
  const Known known = at == known_.end() ? ByType(atom.subject) : at->second;
  switch (atom.kind) {
    case Kind::kRange:
      if (known.currency != atom.currency || (!known.low && !known.high)) return false;
      return (!atom.low || (known.low && *known.low >= *atom.low)) &&
             (!atom.high || (known.high && *known.high <= *atom.high));
    case Kind::kOneOf:
      return known.one_of && Includes(atom.texts, *known.one_of);
    case Kind::kNoneOf:
      return Includes(known.none_of, atom.texts) ||
             (known.one_of && !Meet(*known.one_of, atom.texts));
    case Kind::kSubset:
      return known.subset_of && Includes(atom.texts, *known.subset_of);
    case Kind::kDisjoint:
      return Includes(known.disjoint_from, atom.texts) ||
             (known.subset_of && !Meet(*known.subset_of, atom.texts));
  }
  return false;
}

}  // namespace cap::lint

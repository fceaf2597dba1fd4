// Texts that do what a model says of them.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/prove/texts.h"
#include "runtime/program/abi.h"
#include "runtime/value/email.h"
#include "runtime/value/money.h"
#include "runtime/value/segment.h"

namespace cap::prove {
namespace {

std::string NumeralOf(const z3::model& model, const Expr& expr) {
  return model.eval(expr, true).to_string();
}
bool IsTrueIn(const z3::model& model, const Expr& expr) { return model.eval(expr, true).is_true(); }

}  // namespace

bool Texts::FitsOrder(const z3::model& model, const Expr& rank, const std::string& text) const {
  if (!ordered_) return true;
  for (const auto& [literal, expr] : literals_) {
    if (IsTrueIn(model, rank < expr) != (text < literal)) return false;
  }
  for (const auto& [numeral, chosen] : chosen_) {
    if (IsTrueIn(model, rank < chosen.rank) != (text < chosen.text)) return false;
  }
  return true;
}

TextKind Texts::KindIn(const z3::model& model, const std::string& rank) const {
  TextKind kind = TextKind::kPlain;
  for (const auto& [id, variant] : variants_) {
    if (NumeralOf(model, variant.expr) != rank) continue;
    if (variant.kind == TextKind::kEmail) return TextKind::kEmail;
    if (variant.kind != TextKind::kPlain) kind = variant.kind;
  }
  return kind;
}

std::optional<std::string> Texts::Known(const z3::model& model, const Expr& text) const {
  if (const std::string* literal = LiteralOf(text)) return *literal;
  const std::string numeral = NumeralOf(model, text);
  for (const auto& [literal, expr] : literals_) {
    if (NumeralOf(model, expr) == numeral) return literal;
  }
  const auto found = chosen_.find(numeral);
  return found == chosen_.end() ? std::nullopt : std::optional(found->second.text);
}

/// Whether relations to texts that are known already are as they should be.
bool Texts::FitsOthers(const z3::model& model, const Expr& rank, const std::string& text) const {
  const std::string own = NumeralOf(model, rank);
  for (const Application& at : applications_) {
    if (LiteralOf(at.part) != nullptr) continue;
    const bool is_text = NumeralOf(model, at.text) == own;
    const bool is_part = NumeralOf(model, at.part) == own;
    if (!is_text && !is_part) continue;
    const std::optional<std::string> whole = is_text ? text : Known(model, at.text);
    const std::optional<std::string> part = is_part ? text : Known(model, at.part);
    if (!whole || !part) continue;
    if (IsTrueIn(model, at.holds) != Holds(at.relation, *whole, *part)) return false;
  }
  return true;
}

bool Texts::Fits(const z3::model& model, const Expr& rank, const std::string& text) const {
  if (literals_.contains(text)) return false;
  for (const auto& [numeral, chosen] : chosen_) {
    if (chosen.text == text) return false;
  }
  const std::string own = NumeralOf(model, rank);
  const auto is_own = [&](const Expr& expr) { return NumeralOf(model, expr) == own; };
  for (const Application& at : applications_) {
    const std::string* part = LiteralOf(at.part);
    if (part == nullptr || !is_own(at.text)) continue;
    if (IsTrueIn(model, at.holds) != Holds(at.relation, text, *part)) return false;
  }
  for (const Match& at : matches_) {
    if (!is_own(at.text)) continue;
    const Slot slot = StringSlot(text);
    const Slot table = SlotOf(*at.pattern);
    const bool matches = StandardCallOuts().str_matches(&slot, &table) != 0;
    if (IsTrueIn(model, at.holds) != matches) return false;
  }
  const z3::sort real = context_.real_sort();
  for (const auto& [id, expr] : lengths_) {
    if (!is_own(expr)) continue;
    const Expr length = z3::function("text.length", real, context_.int_sort())(expr);
    if (NumeralOf(model, length) != std::to_string(text.size())) return false;
  }
  for (const auto& [id, expr] : legal_) {
    if (!is_own(expr)) continue;
    const Expr legal = z3::function("text.legal", real, context_.bool_sort())(expr);
    if (IsTrueIn(model, legal) != IsLegalSegment(text)) return false;
  }
  for (const auto& [id, expr] : currencies_) {
    if (!is_own(expr)) continue;
    const Expr currency = z3::function("text.currency", real, context_.int_sort())(expr);
    const Currency* found = FindCurrency(text);
    const uint32_t known = found == nullptr ? 0 : found->id;
    if (NumeralOf(model, currency) != std::to_string(known)) return false;
  }
  return FitsOthers(model, rank, text) && FitsOrder(model, rank, text);
}

std::vector<std::string> Texts::Candidates(const z3::model& model, const Expr& rank,
                                           TextKind kind, size_t number) {
  const std::string own = NumeralOf(model, rank);
  std::string prefix, suffix, middle;
  uint64_t length = 0;
  bool has_length = false;
  for (const Application& at : applications_) {
    const std::string* part = LiteralOf(at.part);
    if (part == nullptr || NumeralOf(model, at.text) != own) continue;
    if (!IsTrueIn(model, at.holds)) continue;
    if (at.relation == Relation::kPrefix && part->size() > prefix.size()) prefix = *part;
    if (at.relation == Relation::kSuffix && part->size() > suffix.size()) suffix = *part;
    if (at.relation == Relation::kContains) middle += *part;
  }
  for (const auto& [id, expr] : lengths_) {
    if (NumeralOf(model, expr) != own) continue;
    const Expr asked =
        z3::function("text.length", context_.real_sort(), context_.int_sort())(expr);
    has_length = model.eval(asked, true).is_numeral_u64(length);
  }
  std::string below;  // the literal next below
  for (const auto& [literal, expr] : literals_) {
    if (IsTrueIn(model, expr < rank)) below = literal;
  }
  std::vector<std::string> out = AutomatonTexts(model, rank);
  const std::vector<std::string> fillers = {"", "x", "z", "0", "-", "q", "A", "!", "~", "/"};
  for (const std::string& start : {prefix, below, below + "!", prefix + "~"}) {
    for (const std::string& filler : fillers) {
      for (const std::string& unique : {std::string(), std::to_string(number)}) {
        for (const std::string& inside : {middle, std::string()}) {
          std::string head = start + inside + filler + unique;
          if (kind == TextKind::kDomain && suffix.empty()) suffix = ".example";
          std::string text = head + suffix;
          if (has_length && text.size() < length) {
            text = head + std::string(length - text.size(), filler.empty() ? 'x' : filler[0]) +
                   suffix;
          }
          out.push_back(std::move(text));
        }
      }
    }
  }
  // A prefix, what is inside and a suffix may overlap.
  out.insert(out.end(), {prefix, suffix, middle, prefix + suffix});
  for (size_t keep = 1; keep < suffix.size(); ++keep) out.push_back(prefix + suffix.substr(keep));
  return out;
}

std::optional<std::string> Texts::NewEmail(const z3::model& model, const Expr& rank,
                                           size_t number) {
  const Expr domain =
      z3::function("text.domain", context_.real_sort(), context_.real_sort())(rank);
  std::string host = fmt::format("d{}.example", number);
  for (const auto& [id, expr] : domains_) {
    const std::string numeral = NumeralOf(model, domain);
    if (NumeralOf(model, expr) != numeral) continue;
    // The model may believe in a domain that is an address or a url, even in one that is its own
    // whole. There is no such text, and whoever looked for one would look for ever.
    const TextKind kind = KindIn(model, numeral);
    if (kind == TextKind::kEmail || kind == TextKind::kUrl) return std::nullopt;
    const std::optional<std::string> known = Concrete(model, expr);
    if (!known) return std::nullopt;
    host = *known;
  }
  std::vector<std::string> locals = {"u", fmt::format("u{}", number), "a", "z", "0", "x-y"};
  for (const Application& at : applications_) {
    const std::string* part = LiteralOf(at.part);
    if (part == nullptr || part->find('@') != part->npos) continue;
    locals.push_back(*part);
    locals.push_back(*part + fmt::format("{}", number));
    locals.push_back(fmt::format("{}", number) + *part);
  }
  for (size_t length = 1; length <= 64; ++length) locals.push_back(std::string(length, 'm'));
  for (const std::string& local : locals) {
    const std::string text = local + "@" + host;
    const Result<std::string> email = ParseEmail(text);
    if (email && *email == text && Fits(model, rank, text)) return text;
  }
  return std::nullopt;
}

std::optional<std::string> Texts::Concrete(const z3::model& model, const Expr& text) {
  if (const std::optional<std::string> known = Known(model, text)) return known;
  const Expr rank = model.eval(text, true);
  const std::string numeral = rank.to_string();
  const size_t number = chosen_.size() + 1;
  std::optional<std::string> made;
  const TextKind kind = KindIn(model, numeral);
  if (kind == TextKind::kEmail) {
    made = NewEmail(model, rank, number);
  } else {
    const bool place = kind != TextKind::kPlain && kind != TextKind::kDomain;
    for (const std::string& candidate : place ? NewPlaces(model, rank, kind, number)
                                              : Candidates(model, rank, kind, number)) {
      if (!IsOfKind(kind, candidate)) continue;
      if (!Fits(model, rank, candidate)) continue;
      made = candidate;
      break;
    }
  }
  if (made) chosen_.emplace(numeral, Chosen{rank, *made});
  return made;
}

}  // namespace cap::prove

// What follows from conditions that hold: ranges of numbers, sets of texts, and terms that are
// equal. Sound, not complete: what it says follows does, also where values fault; much follows that
// it does not see.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "compiler/lint/terms.h"
#include "runtime/value/decimal.h"

namespace cap::lint {

class Truths {
 public:
  Truths(const Program& program, const Terms& terms) : program_(program), terms_(terms) {}

  /// From now on the term is true, or false; it does not fault.
  void Assume(TermId term, bool truth);

  /// Whether the term then is certainly true, or false, and does not fault.
  bool Implies(TermId term, bool truth) const;

  /// Whether nothing meets all of what was assumed.
  bool impossible() const { return impossible_; }

 private:
  enum class Kind : uint8_t { kRange, kOneOf, kNoneOf, kSubset, kDisjoint };
  struct Atom {
    Kind kind = Kind::kRange;
    TermId subject{};
    std::optional<Coefficient> low;
    std::optional<Coefficient> high;
    uint32_t currency = 0;
    std::set<std::string> texts;
  };
  struct Known {
    std::optional<Coefficient> low;
    std::optional<Coefficient> high;
    uint32_t currency = 0;
    std::optional<std::set<std::string>> one_of;
    std::set<std::string> none_of;
    std::optional<std::set<std::string>> subset_of;
    std::set<std::string> disjoint_from;
  };
  struct Number {
    Coefficient value = 0;
    uint32_t currency = 0;
  };

  std::optional<Atom> AtomOf(TermId term, bool truth) const;
  std::optional<Atom> Comparison(const Term& term, bool truth, bool less) const;
  std::optional<Atom> Membership(const Term& term, bool truth) const;
  std::optional<Number> NumberOf(TermId term) const;
  std::optional<std::set<std::string>> TextsOf(TermId term) const;
  Known ByType(TermId term) const;
  void Learn(const Atom& atom);
  bool Holds(const Atom& atom) const;

  const Program& program_;
  const Terms& terms_;
  std::set<std::pair<TermId, bool>> assumed_;
  std::map<TermId, Known> known_;
  mutable std::map<std::pair<TermId, bool>, bool> answers_;
  bool impossible_ = false;
};

}  // namespace cap::lint

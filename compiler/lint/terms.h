// The conditions of a Program as terms: equal terms have one number, whichever capability they are
// of, if they read the same frame. Constants are put in.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "compiler/driver/compile.h"

namespace cap::lint {

enum class TermId : uint32_t {};

enum class TermKind : uint8_t {
  kOperation,  // op, left, right
  kLiteral,    // value
  kLeaf,       // what the text does not say: a slot, a bound value, a datum, `now`, an element
};
struct Term {
  TermKind kind = TermKind::kLeaf;
  Op op = Op::kConst;
  TermId left{};
  TermId right{};
  bool has_right = false;
  const Value* value = nullptr;
  uint32_t slot = kNone;  // of a leaf that reads one
  TypeIndex type = 0;
};

/// The terms of all shapes of one tool.
class Terms {
 public:
  Terms(const Compilation& compilation, uint32_t tool)
      : compilation_(compilation), program_(*compilation.program), tool_(tool) {}

  /// What a clause demands. `consts`: those of its capability or forbid.
  TermId Of(const Shape& shape, const Clause& clause, const std::vector<ConstSource>& consts);
  const Term& operator[](TermId id) const { return terms_[static_cast<uint32_t>(id)]; }

  /// Whether no call that is decided lacks the value: a required argument, or the size of one.
  bool IsGiven(TermId id) const;

 private:
  struct Place {
    const Shape& shape;
    const std::vector<ConstSource>& consts;
    std::vector<TermId> values;         // by instruction of the shape
    std::vector<uint32_t> quantifiers;  // that are open, as instructions
  };
  using Key = std::tuple<uint16_t, std::string, std::string>;

  TermId Range(Place& place, uint32_t begin, uint32_t end);
  TermId One(Place& place, uint32_t at);
  TermId Constant(const Place& place, const Inst& inst);
  TermId Intern(Key key, Term term);

  const Compilation& compilation_;
  const Program& program_;
  uint32_t tool_;
  std::vector<Term> terms_;
  std::map<Key, TermId> known_;
};

}  // namespace cap::lint

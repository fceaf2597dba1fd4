// The inputs of a call, as variables that two Programs share: what an input is called says which it
// is. Arguments, facts, live and bound context, approvals, now. Internal to compiler/prove.
#pragma once

#include <span>

#include "compiler/prove/clocks.h"
#include "compiler/prove/texts.h"
#include "runtime/program/program.h"

namespace cap::prove {

/// How many elements of each list are shown. A list needs one for each question that a quantifier
/// or a membership asks of it: an element for which the answer is as it is. Which questions there
/// are is known once everything was encoded, so it is encoded again until that many are shown.
class ListSizes {
 public:
  void Begin() { asked_.clear(); }
  /// At least as many from now on: to write a list down that has to be longer.
  void SetLeast(uint32_t least) { least_ = least; }
  /// Of the list with this name, indices of elements left out.
  uint32_t Shown(const std::string& root, uint32_t max);
  void Ask(const std::string& root, const std::string& question) {
    asked_[root].insert(question);
  }
  /// Shows more where more is asked. False: nothing changed.
  bool Grow();
  /// Whether every list shows enough.
  bool Complete() const;

 private:
  struct Size {
    uint32_t shown = 1;
    uint32_t max = 0;
  };
  uint32_t least_ = 1;
  std::map<std::string, Size> sizes_;
  std::map<std::string, std::set<std::string>> asked_;
};

class World {
 public:
  World(z3::context& context, ListSizes& sizes);

  z3::context& context() { return context_; }
  Texts& texts() { return texts_; }
  Clocks& clocks() { return clocks_; }
  ListSizes& sizes() { return sizes_; }
  Expr True() { return context_.bool_val(true); }
  Expr False() { return context_.bool_val(false); }
  Expr Int(int64_t value) { return context_.int_val(value); }
  Expr Int(__int128 value);

  const Expr& now() const { return now_; }
  Expr Approved(const std::string& approver) {
    return context_.bool_const(("approved:" + approver).c_str());
  }
  Expr FactPoison(const std::string& name) {
    return context_.bool_const(("fact:" + name + "!unusable").c_str());
  }
  Expr LivePoison(const std::string& name) {
    return context_.bool_const(("live:" + name + "!unusable").c_str());
  }

  /// The slots of a frame of the tool, parallel to Tool::slots.
  std::vector<Cell> Frame(const Program& program, const Tool& tool);
  Sym Bound(const Program& program, uint32_t bound);
  Sym Literal(const Program& program, TypeIndex type, const Value& value);
  /// Any value of the type: the same key is the same value.
  Sym Any(const Program& program, TypeIndex type, const std::string& key,
          const Expr* currency = nullptr);
  /// What no opcode of this prover computes; may be a fault.
  Sym Unknown(const Program& program, TypeIndex type, const std::string& key);
  Sym Bool(const Expr& yes, const Expr& no);
  Sym Bool(const Expr& value) { return Bool(value, Not(value)); }
  Sym Word(const Expr& value);

  void Assume(const Expr& fact) { facts_.push_back(fact); }
  void Prefer(const Expr& wish) { pleasant_.push_back(wish); }
  /// What holds of all inputs.
  const std::vector<Expr>& facts() const { return facts_; }
  /// What makes a call that is easy to write down; the first are needed most.
  const std::vector<Expr>& pleasant() const { return pleasant_; }
  void Keep(const Expr& expr) { kept_.push_back(expr); }

 private:
  struct Given {  // where cells are made
    Expr present;
    Expr poison;
    Expr null;
  };
  void AddCells(const Program& program, TypeIndex type, const std::string& name,
                const Given& given, const Expr* currency, std::vector<Cell>& out);
  void AddFields(const Program& program, const RecordType& record, const std::string& name,
                 const Given& given, std::vector<Cell>& out);
  /// Whether what is not there was given as null.
  Expr NullOf(const std::string& name, const Expr& around, const Expr& present);
  Expr FieldPresent(const RecordField& field, const std::string& name, const Given& given);
  Expr CurrencyNamedBy(const Program& program, TypeIndex type, const std::string& name);
  void Place(const Program& program, const Tool& tool, uint32_t slot, TypeIndex type,
             const std::string& name, const Given& given, uint32_t currency_slot,
             std::vector<Cell>& frame);
  void PlaceLet(const Program& program, const Tool& tool, const LetDesc& let,
                std::vector<Cell>& frame);
  Sym AnyWord(const Program& program, const Type& type, const std::string& key);
  Sym AnyMoney(const Type& type, const std::string& key, const Expr* currency);
  Sym AnyList(const Program& program, TypeIndex type, const std::string& key,
              const Expr* currency);
  void Distinct(const List& list, size_t cell);
  Sym LiteralList(const Program& program, TypeIndex type, const Value::List& values);
  size_t MembersOf(const Program& program, TypeIndex type) const;

  z3::context& context_;
  ListSizes& sizes_;
  Texts texts_;
  Clocks clocks_;
  Expr now_;
  std::vector<Expr> facts_;
  std::vector<Expr> pleasant_;
  std::vector<Expr> kept_;  // keeps ids of expressions from being used again
  uint64_t fresh_ = 0;
};

/// "fact:order" of a slot of the tool: the name of its variables.
std::string InputName(const Tool& tool, uint32_t slot);

}  // namespace cap::prove

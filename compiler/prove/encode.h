// Clauses of a Program as formulas. Mirrors runtime/interp, handler by handler. An opcode that it
// does not know would become any value at all, the same one for the same operands, so that what
// both policies have cancels out and nothing wrong is ever concluded.
#pragma once

#include <optional>
#include <stdexcept>

#include "compiler/prove/bound_values.h"

namespace cap::prove {

/// The policies are too large to be encoded.
struct TooLarge : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Encoder {
 public:
  Encoder(World& world, const Program& program, const BoundValues& bound)
      : world_(world), program_(program), bound_(bound) {}

  /// Slots are those of a frame of the tool from now on.
  void Use(const Tool& tool);
  const Cell& Slot(uint32_t slot) const { return frame_[slot]; }
  World& world() { return world_; }
  const Program& program() const { return program_; }

  Sym Constant(TypeIndex type, const ConstSource& source);
  /// The value of a clause.
  Sym Clause(uint32_t shape, uint32_t clause, const std::vector<ConstSource>& consts);
  /// Whether the value is in the list; asks the list a question.
  Expr Member(const Sym& value, const List& list);

 private:
  struct Open {
    uint32_t inst = 0;
    const Element* element = nullptr;
  };

  const Inst& At(uint32_t inst) const { return program_.insts[shape_->first_inst + inst]; }
  uint32_t Next(uint32_t at) const;
  Sym Range(uint32_t begin, uint32_t end);
  Sym Step(uint32_t at);
  static void Spread(const Sym* a, const Sym* b, Sym& made);
  std::optional<Sym> Strict(uint32_t at, const Inst& inst, const Sym* a, const Sym* b);
  std::optional<Sym> Source(const Inst& inst);
  std::optional<Sym> Logic(const Inst& inst, const Sym* a, const Sym* b);
  std::optional<Sym> Compare(const Inst& inst, const Sym& a, const Sym& b);
  std::optional<Sym> Arithmetic(const Inst& inst, const Sym& a, const Sym& b);
  std::optional<Sym> Text(const Inst& inst, const Sym& a, const Sym& b);
  std::optional<Sym> Mask(const Inst& inst, const Sym& a, const Sym* b);
  std::optional<Sym> Lists(const Inst& inst, const Sym& a, const Sym& b);
  std::optional<Sym> Either(const Expr& which, const Sym& a, const Sym& b);
  std::optional<Cell> Either(const Expr& which, const Cell& a, const Cell& b);
  std::optional<Sym> RowOf(const Inst& inst, const Sym& list, const Sym* key);
  std::optional<Sym> OfRow(const Inst& inst, const Sym& row);
  std::optional<Sym> Time(const Inst& inst, const Sym& a, const Sym* b);
  std::optional<Sym> Place(const Inst& inst, const Sym& a, const Sym* b);
  std::optional<Sym> UrlPartOf(const Inst& inst, const Sym& url);
  Sym Approved(const Sym& mask);
  Sym Fold(uint32_t at, const Inst& inst, const Sym& list);
  Sym Count(const List& list, const std::vector<Sym>& bodies, const std::string& key);
  Sym Sum(const Inst& inst, const List& list, const std::vector<Sym>& bodies,
          const std::string& key);
  void SumCurrency(const Inst& inst, const List& list, const std::vector<Sym>& bodies, Sym& made);
  Sym Quantify(uint32_t at, const Inst& inst, const Sym& list);
  Sym UnknownOp(uint32_t at, const Inst& inst, const Sym* a, const Sym* b);
  std::string OperandKey(OperandKind kind, uint32_t operand, const Sym* value);
  /// The bodies of a quantifier-like instruction, one an element that is shown.
  std::vector<Sym> Bodies(uint32_t at, const Inst& inst, const List& list);
  Expr Same(const Sym& a, const Sym& b);
  Expr Within(const Expr& value, int bits);
  void Ask(const List& list, const std::string& question);
  const Element* ElementOf(uint32_t inst) const;
  std::string KeyOf(const Sym& value);

  World& world_;
  const Program& program_;
  const BoundValues& bound_;
  std::vector<Cell> frame_;
  const Tool* tool_ = nullptr;
  const Shape* shape_ = nullptr;
  const std::vector<ConstSource>* consts_ = nullptr;
  std::vector<std::optional<Sym>> table_;
  std::vector<Open> open_;
  uint64_t steps_ = 0;
};

}  // namespace cap::prove

// The inputs of a call in a model, as JSON. Internal to compiler/prove.
#pragma once

#include <optional>
#include <string>

#include "compiler/prove/world.h"

namespace cap::prove {

class ModelReader {
 public:
  ModelReader(World& world, const z3::model& model) : world_(world), model_(model) {}

  bool Holds(const Expr& expr) const { return model_.eval(expr, true).is_true(); }
  std::optional<int64_t> Word(const Expr& expr) const;
  /// The value in the cells from the first on, which are moved past it. Nothing: it has no JSON.
  std::optional<std::string> Json(const Program& program, TypeIndex type,
                                  std::span<const Cell>& cells);

 private:
  std::optional<std::string> Scalar(const Program& program, const Type& type, const Sym& value);
  std::optional<std::string> Money(const Type& type, const Sym& value) const;
  std::optional<std::string> Decimal(const Type& type, const Sym& value) const;
  std::optional<std::string> Place(const Type& type, const Sym& value);
  std::optional<std::string> List(const Program& program, const Type& type, const Sym& value);
  std::optional<std::string> Map(const Program& program, const Type& type, const Sym& value);
  std::optional<std::string> Record(const Program& program, const RecordType& record,
                                    std::span<const Cell>& cells);
  std::string Digits(const Expr& expr) const;

  World& world_;
  const z3::model& model_;
};

/// In quotes.
std::string JsonText(std::string_view text);

}  // namespace cap::prove

// Shapes of one Program, each held once: capabilities that differ only in their constants share
// one.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/program/program.h"

namespace cap::check {

class Shapes {
 public:
  explicit Shapes(Program& program) : program_(program) {}

  /// The index of the shape with this code; it is added when it is new. `first_inst` and
  /// `first_clause` of `shape` are filled in here.
  uint32_t Add(Shape shape, const std::vector<Inst>& insts, const std::vector<Clause>& clauses);

 private:
  Program& program_;
  std::unordered_map<std::string, uint32_t> known_;  // by the bytes of the code
};

}  // namespace cap::check

// Times by the clocks of zones, as formulas. What is to be added to a time is a function of it, of
// which the solver is told at first only the range. Where it believes in another offset than the
// zone has, it is told of the span in which that time lies. Internal to compiler/prove.
#pragma once

#include <span>
#include <vector>

#include "compiler/prove/sym.h"

namespace cap::prove {

class Clocks {
 public:
  explicit Clocks(z3::context& context) : context_(context) {}

  /// Whether the zone's table knows the time.
  Expr Knows(std::span<const uint32_t> zone, const Expr& us);
  /// What a clock on the wall shows, as if it stood in UTC.
  Expr LocalOf(std::span<const uint32_t> zone, const Expr& us);
  Expr IsWithin(std::span<const uint32_t> schedule, const Expr& local);
  static std::span<const uint32_t> ZoneOf(std::span<const uint32_t> schedule);

  /// What holds of all offsets that were asked for.
  const std::vector<Expr>& facts() const { return facts_; }
  /// What a model has wrong.
  std::vector<Expr> Corrections(const z3::model& model) const;

 private:
  struct Reading {
    std::span<const uint32_t> zone;
    Expr us;
    Expr offset;
  };
  z3::context& context_;
  std::vector<std::span<const uint32_t>> zones_;
  std::vector<Reading> readings_;
  std::vector<Expr> facts_;
};

}  // namespace cap::prove

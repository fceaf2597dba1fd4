// The indices a hand-written baseline was written against.
#pragma once

#include <span>

#include "runtime/program/abi.h"
#include "runtime/value/type.h"

namespace cap::bench {

struct Layout {
  const char* shape;                   // shapes/<shape>.cap
  const char* action;                  // the capability under test
  std::span<const char* const> slots;  // paths of the tool's slots, in order
  std::span<const ValueClass> consts;  // of the capability's constants, in order
};

/// A shape with its hand-written code.
struct Baseline {
  const Layout* layout;
  AdmitFn admit;
  ExplainFn explain;
};

/// Every hand-written shape, in the order of the table.
std::span<const Baseline> Baselines();

}  // namespace cap::bench

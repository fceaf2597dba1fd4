// A generated module as the engines have it: compiled, through a bundle, and as native code.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/jit/jit.h"
#include "tests/diff/model.h"
#include "tests/support/shape_builder.h"

namespace cap::diff {

struct Subject {
  ModuleModel module;                       // the policies that the checker accepted
  std::shared_ptr<const Program> program;   // written to a bundle and read again
  std::vector<std::string> problems;        // of the bundle or the compilers; empty is good
};

/// Compiles the module. Policies that the checker refuses (a condition that always holds, two that
/// exclude each other) are taken out and counted by the code of the diagnostic.
Subject MakeSubject(ModuleModel module, std::map<std::string, uint64_t>& refused);

/// One policy under one grant: the records that shapes are called with.
struct GrantImage {
  std::vector<Value> bound;                     // parallel to BoundFields()
  std::vector<test::RecordImage> capabilities;  // parallel to Policy::capabilities
  std::vector<test::RecordImage> forbids;       // parallel to Policy::forbids
  std::unique_ptr<Arena> arena;
};
GrantImage MakeGrant(const Program& program, const Policy& policy, std::vector<Value> bound);

/// Index of the policy with this name.
uint32_t FindPolicy(const Program& program, const std::string& name);

}  // namespace cap::diff

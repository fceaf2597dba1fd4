// What the baseline of shapes/push.cap expects of the compiled Program: the slots of the
// frame and the constants of the record, in order. capc_bench checks it before it measures.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::push {

namespace slot {
enum : unsigned {
  repo, branch, files, commits, force, author
};
}
namespace lit {
enum : unsigned {
  repo, main, max_commits, domain, folder
};
}

inline constexpr const char* kSlots[] = {
    "repo", "branch", "files", "commits", "force", "author"};
inline constexpr ValueClass kConsts[] = {
    ValueClass::kStr, ValueClass::kStr, ValueClass::kWord, ValueClass::kStr, ValueClass::kStr};
inline constexpr Layout kLayout = {"push", "push", kSlots, kConsts};

}  // namespace cap::bench::push

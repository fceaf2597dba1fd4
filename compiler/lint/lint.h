// What the checker has no reason to refuse and an author hardly meant (`capc lint`). A finding is a
// diagnostic of the series CAP1020 to CAP1049: an error where something that should hold calls back
// does not, a warning where something is needless or left out.
//
// What is said to be needless certainly is: the reasoning (terms.h, truths.h) knows ranges and sets
// of constants, and is silent about all else.
#pragma once

#include <vector>

#include "compiler/diag/diagnostic.h"
#include "compiler/driver/compile.h"

namespace cap::lint {

/// The findings in the user's file, without those that the file itself allows
/// (`// lint: allow CAP1026 reason`). None if the compilation has errors. Cost: quadratic in the
/// capabilities of one action, else linear. Thread-safe.
std::vector<diag::Diagnostic> Lint(const Compilation& compilation);

/// Whether a code is one of this series.
bool IsLint(diag::Code code);

}  // namespace cap::lint

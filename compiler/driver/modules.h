// The modules of a compilation: the user's file, and what it imports. Internal to the driver.
#pragma once

#include "compiler/driver/compile.h"

namespace cap {

/// Parses `source` and every module that it imports, and those that these import. Fills sources,
/// modules and imports. A module is known by its name: it is read once, and a file is that module
/// only if its `module` line says so. Returns where each module was read from, parallel to the
/// modules; empty for the policy and for the standard library.
std::vector<std::string> ReadModules(SourceText source, const CompileOptions& options,
                                     Compilation& compilation, diag::Sink& sink);

}  // namespace cap

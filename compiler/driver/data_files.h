// The JSON files that give values to `data` declarations. Internal to the driver.
#pragma once

#include "compiler/check/data.h"
#include "compiler/driver/compile.h"

namespace cap {

/// Reads the files that `options` names, and for each module that declares data the file beside it,
/// if there is one: `lists.data.json` beside `lists.cap`. `files`: where each module was read from,
/// parallel to the modules; empty where it was no file.
check::DataFiles ReadDataFiles(const Compilation& compilation,
                               const std::vector<std::string>& files,
                               const CompileOptions& options);

}  // namespace cap

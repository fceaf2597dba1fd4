// `capc check --fix`: what is certain, put into the file.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "compiler/diag/apply_fixes.h"
#include "compiler/driver/compile.h"
#include "runtime/base/result.h"

namespace cap::cli {

struct FixedFile {
  Compilation compilation;             // of the file as it is now
  std::vector<diag::Applied> applied;  // empty: the file was not touched
};

/// Applies the fixes of `compilation` to the file at `path`, which it was read from, if they mend
/// what they are for. The file is replaced in one step, or not at all; its mode stays. `compile`
/// compiles a text as the file's. Errors: "not-writable", "file-changed" (somebody else wrote the
/// file meanwhile), "fix-useless" (the fixes would not mend it, and nothing is changed).
Result<FixedFile> FixFile(const std::string& path, Compilation compilation,
                          const std::function<Compilation(std::string)>& compile);

/// One line, without a line end: what a fix did.
std::string Told(const diag::Applied& applied, const std::string& path, const SourceMap& before);

}  // namespace cap::cli

// From source text to a Program, in one call. Everything that can go wrong with the text is a
// diagnostic; a Program comes out only when there was no error.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/diag/diagnostic.h"
#include "compiler/source/source_map.h"
#include "runtime/program/program.h"

namespace cap {

struct SourceText {
  std::string path;  // for diagnostics and spans
  std::string text;
};

struct Compilation {
  SourceMap sources;                          // the user's file first, then imported modules
  std::vector<ast::Module> modules;           // parallel to sources
  std::vector<diag::Diagnostic> diagnostics;  // sorted
  size_t errors = 0;
  std::shared_ptr<const Program> program;  // null when errors > 0; verified
};

/// Compiles one module; `import std.…` reads the standard library that is built into the compiler.
/// Never throws, never touches files. Cost: linear in the text, plus the imported modules.
Compilation Compile(SourceText source);

/// What Compile() reports when the verifier refuses what it made: never the author's mistake.
diag::Diagnostic InternalError(const Error& error);

/// The standard library's modules: "std.money" → its text. Sorted by name.
const std::vector<SourceText>& StandardLibrary();

}  // namespace cap

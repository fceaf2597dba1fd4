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

/// Where files are found that the text does not hold.
struct CompileOptions {
  /// The folder beside which imports are looked for: that of the policy. Empty: there is none, and
  /// only the standard library can be imported. "." is the working directory.
  std::string folder;
  std::vector<std::string> include;  // more folders (`-I`), in order
  /// JSON files that give `data` its values, before any beside the modules (`--data`).
  std::vector<std::string> data;
  /// The JSON file beside the policy; read if it is there and some module declares data.
  std::string data_file;
};

struct Compilation {
  SourceMap sources;                           // the user's file first, then imported modules
  std::vector<ast::Module> modules;            // parallel to sources
  std::vector<std::vector<uint32_t>> imports;  // parallel to modules: what each one imports
  std::vector<diag::Diagnostic> diagnostics;   // sorted
  size_t errors = 0;
  std::shared_ptr<const Program> program;  // null when errors > 0; verified
  uint32_t data_begin = 0;                 // the values of its `data`: [begin, end) of its values
  uint32_t data_end = 0;
};

/// Compiles one module and what it imports. `import std.…` reads the standard library that is
/// built into the compiler; other modules are files below the folders of `options`, with their data
/// beside them, and no other file is read. Never throws. Cost: linear in the texts.
Compilation Compile(SourceText source, const CompileOptions& options = {});

/// The options for a policy in a file: imports are looked for beside it, and its data is the file
/// beside it that is named like it.
CompileOptions OptionsFor(const std::string& path, std::vector<std::string> include = {},
                          std::vector<std::string> data = {});

/// "policies/lists.cap" → "policies/lists.data.json"; empty for a path that names no file.
std::string DataFileOf(const std::string& path);

/// What Compile() reports when the verifier refuses what it made: never the author's mistake.
diag::Diagnostic InternalError(const Error& error);

/// The standard library's modules: "std.money" → its text. Sorted by name.
const std::vector<SourceText>& StandardLibrary();

}  // namespace cap

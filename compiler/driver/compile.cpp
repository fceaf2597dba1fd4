#include "compiler/driver/compile.h"

#include <fmt/core.h>

#include "compiler/check/check.h"
#include "compiler/driver/data_files.h"
#include "compiler/driver/library.h"
#include "compiler/driver/modules.h"
#include "compiler/parse/parse.h"
#include "compiler/resolve/names.h"
#include "runtime/program/verify.h"

namespace cap {

diag::Diagnostic InternalError(const Error& error) {
  return {.code = diag::Code::kInternal,
          .span = {},
          .message = fmt::format("the compiler refused its own result: {}", error.message),
          .label = {},
          .notes = {},
          .help = "this is a mistake of the compiler, not of the policy; please report it"};
}

std::string DataFileOf(const std::string& path) {
  if (path.empty() || path == "-") return {};
  const size_t slash = path.rfind('/');
  const size_t dot = path.rfind('.');
  const bool in_name = dot != std::string::npos && (slash == std::string::npos || dot > slash);
  return path.substr(0, in_name ? dot : path.size()) + ".data.json";
}

CompileOptions OptionsFor(const std::string& path, std::vector<std::string> include,
                          std::vector<std::string> data) {
  const size_t slash = path.rfind('/');
  std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  return {std::move(folder), std::move(include), std::move(data), DataFileOf(path)};
}

Compilation Compile(SourceText source, const CompileOptions& options) {
  Compilation compilation;
  diag::Sink sink;
  const std::vector<std::string> files = ReadModules(std::move(source), options, compilation, sink);
  const resolve::Names names = resolve::Collect(compilation.modules, compilation.imports, sink);
  std::optional<check::Checked> checked =
      check::Check(compilation.sources, compilation.modules, names,
                   ReadDataFiles(compilation, files, options), LibraryConstraints(), sink);
  if (checked) {
    const Result<void> verified = Verify(checked->program);
    if (verified) {
      compilation.program = std::make_shared<const Program>(std::move(checked->program));
      compilation.data_begin = checked->data_begin;
      compilation.data_end = checked->data_end;
    } else {
      sink.Add(InternalError(verified.error()));
    }
  }
  compilation.diagnostics = sink.Sorted();
  compilation.errors = sink.errors();
  return compilation;
}

}  // namespace cap

#include "compiler/driver/compile.h"

#include <fmt/core.h>

#include <unordered_set>

#include "compiler/check/check.h"
#include "compiler/driver/library.h"
#include "compiler/parse/parse.h"
#include "compiler/resolve/names.h"
#include "runtime/program/verify.h"

namespace cap {

namespace {

const SourceText* FindModule(const std::string& name) {
  for (const SourceText& module : StandardLibrary()) {
    if (module.path == name) return &module;
  }
  return nullptr;
}

void ReportImport(const ast::QualifiedName& import, diag::Sink& sink) {
  std::vector<std::string_view> known;
  for (const SourceText& module : StandardLibrary()) known.push_back(module.path);
  const std::string name = import.Joined();
  const std::string_view nearest = diag::NearestName(name, known);
  std::string list;
  for (const std::string_view module : known) {
    list += fmt::format("{}`{}`", list.empty() ? "" : ", ", module);
  }
  sink.Add({.code = diag::Code::kNoSuchModule,
            .span = import.span,
            .message = fmt::format("no module `{}`", name),
            .label = "not in the standard library",
            .notes = {},
            .help = nearest.empty()
                        ? fmt::format("this version imports the standard library only: {}", list)
                        : fmt::format("did you mean `{}`?", nearest)});
}

/// Parses what the user's module imports. Modules of the standard library import nothing.
void ReadImports(Compilation& compilation, diag::Sink& sink) {
  std::unordered_set<std::string> seen;
  const std::vector<ast::QualifiedName> imports = compilation.modules[0].imports;
  for (const ast::QualifiedName& import : imports) {
    const std::string name = import.Joined();
    const SourceText* module = FindModule(name);
    if (module == nullptr) {
      ReportImport(import, sink);
    } else if (!seen.insert(name).second) {
      sink.Add({.code = diag::Code::kDeclaredTwice,
                .span = import.span,
                .message = fmt::format("`{}` is imported twice", name),
                .label = "again",
                .notes = {},
                .help = "leave it out"});
    } else {
      // "std.money" stands in messages as the file it was: std/money.cap.
      std::string path = name + ".cap";
      path[path.find('.')] = '/';
      const FileId file = compilation.sources.Add(std::move(path), module->text);
      compilation.modules.push_back(parse::Parse(compilation.sources, file, sink));
    }
  }
}

}  // namespace

diag::Diagnostic InternalError(const Error& error) {
  return {.code = diag::Code::kInternal,
          .span = {},
          .message = fmt::format("the compiler refused its own result: {}", error.message),
          .label = {},
          .notes = {},
          .help = "this is a mistake of the compiler, not of the policy; please report it"};
}

Compilation Compile(SourceText source) {
  Compilation compilation;
  diag::Sink sink;
  const FileId file = compilation.sources.Add(std::move(source.path), std::move(source.text));
  compilation.modules.push_back(parse::Parse(compilation.sources, file, sink));
  ReadImports(compilation, sink);
  const resolve::Names names = resolve::Collect(compilation.modules, sink);
  std::optional<Program> program =
      check::Check(compilation.sources, compilation.modules, names, LibraryConstraints(), sink);
  if (program) {
    const Result<void> verified = Verify(*program);
    if (verified) {
      compilation.program = std::make_shared<const Program>(std::move(*program));
    } else {
      sink.Add(InternalError(verified.error()));
    }
  }
  compilation.diagnostics = sink.Sorted();
  compilation.errors = sink.errors();
  return compilation;
}

}  // namespace cap

// capc compile: what the compiler makes of a policy, at each of its stages.
#include <fmt/format.h>

#include <filesystem>

#include "compiler/ast/dump.h"
#include "compiler/cli/cli.h"
#include "compiler/cli/io.h"
#include "runtime/program/bundle.h"
#include "runtime/program/print.h"
#ifdef CAPC_HAS_JIT
#include "runtime/jit/jit.h"
#endif

namespace cap::cli {

namespace {

struct CompileOptions {
  std::string file;
  std::string emit = "bundle";
  std::string output;
  SourceOptions source;
};

Result<std::string> EmitLlvmText([[maybe_unused]] const Program& program) {
#ifdef CAPC_HAS_JIT
  return jit::EmitLlvm(program);
#else
  return Fail("no-jit", "this capc was built without the JIT");
#endif
}

Result<std::string> Emit(const Compilation& compilation, const std::string& what) {
  if (what == "ast") return ast::Dump(compilation.modules.front());
  if (what == "ir") return PrintProgram(*compilation.program);
  if (what == "llvm") return EmitLlvmText(*compilation.program);
  return WriteBundle(*compilation.program);
}

std::string DefaultOutput(const CompileOptions& options) {
  if (options.emit != "bundle" || options.file == "-") return "-";
  const size_t dot = options.file.rfind(".cap");
  const bool at_end = dot != std::string::npos && dot + 4 == options.file.size();
  return (at_end ? options.file.substr(0, dot) : options.file) + ".capb";
}

/// Whether the output is a file that the policy is made of, by whatever name.
bool IsSource(const SourceMap& sources, const std::string& output) {
  std::error_code none;
  for (size_t i = 0; i < sources.size(); ++i) {
    const std::string& path = sources.file(static_cast<FileId>(i)).path;
    if (std::filesystem::equivalent(path, output, none)) return true;
  }
  return false;
}

int RunCompile(const CompileOptions& options) {
  const Result<Compilation> compilation = CompileFile(options.file, options.source);
  if (!compilation.has_value()) {
    PrintError(compilation.error().message);
    return kUsage;
  }
  PrintDiagnostics(*compilation, stderr);
  // The tree is shown even of a policy with errors: that is when one looks at it.
  if (compilation->program == nullptr && options.emit != "ast") return kDiagnostics;
  const Result<std::string> text = Emit(*compilation, options.emit);
  if (!text.has_value()) {
    PrintError(text.error().message);
    return kUsage;
  }
  const std::string output = options.output.empty() ? DefaultOutput(options) : options.output;
  if (IsSource(compilation->sources, output)) {
    PrintError(fmt::format("`{}` is a source of what would be written over it", output));
    return kUsage;
  }
  const Result<void> written = WriteOutput(output, *text);
  if (!written.has_value()) {
    PrintError(written.error().message);
    return kUsage;
  }
  return compilation->errors > 0 ? kDiagnostics : kOk;
}

}  // namespace

void AddCompile(CLI::App& app, int& status) {
  auto options = std::make_shared<CompileOptions>();
  CLI::App* command = app.add_subcommand("compile", "Compile a policy, or show a stage of it");
  command->add_option("FILE", options->file, "a policy (.cap); - reads standard input")->required();
  command
      ->add_option(
          "--emit", options->emit,
          "ast: syntax tree, ir: typed code by shape, llvm: what the JIT compiles, bundle: "
          "what engines load")
      ->check(CLI::IsMember({"ast", "ir", "llvm", "bundle"}))
      ->capture_default_str();
  command->add_option("-o,--output", options->output,
                      "where to; - is standard output (default: FILE with .capb for a bundle, "
                      "standard output for the rest)");
  AddSourceOptions(*command, options->source);
  command->footer(R"(
Examples:
  capc compile policy.cap                        writes policy.capb
  capc compile policy.cap --emit ir | less
  capc compile policy.cap --emit llvm -o policy.ll

Exit status: 0 done, 1 a file cannot be read or written, 3 there are errors.)");
  command->callback([options, &status] { status = RunCompile(*options); });
}

}  // namespace cap::cli

// capc import: what others wrote as Cap: tool schemas as actions, policies in YAML as policies.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "compiler/cli/cli.h"
#include "compiler/cli/io.h"
#include "compiler/cli/requests.h"
#include "compiler/import/act.h"
#include "compiler/import/spelling.h"
#include "compiler/import/tools.h"
#include "compiler/source/source_map.h"
#include "runtime/base/limits.h"

namespace cap::cli {

namespace {

struct ToolsCommand {
  std::vector<std::string> files;
  std::string module;
  std::string output = "-";
  std::string report = "text";
  uint32_t scale = importer::SchemaOptions().number_scale;
  bool force = false;
};

/// Whether somebody's work would be lost: a module is there that says something else. What was
/// imported is meant to be completed by hand.
bool WouldLose(const std::string& path, const std::string& text) {
  std::error_code ignored;
  if (path == "-" || !std::filesystem::is_regular_file(path, ignored)) return false;
  const Result<std::string> there = ReadSource(path, limits::kProgramSourceBytes);
  return !there.has_value() || *there != text;
}

/// The exit status: kOk, or kUsage where nothing was written.
int WriteImported(const std::string& path, const std::string& text, bool force) {
  if (!force && WouldLose(path, text)) {
    PrintError(fmt::format("`{}` is there already and says something else; `--force` writes over "
                           "it",
                           path));
    return kUsage;
  }
  const Result<void> written = WriteOutput(path, text);
  if (written.has_value()) return kOk;
  PrintError(written.error().message);
  return kUsage;
}

/// "build/mail-tools.cap" → "mail_tools".
std::string ModuleOf(const std::string& output) {
  if (output == "-") return "tools";
  const std::string name = output.substr(output.rfind('/') + 1);
  const std::string stem = name.substr(0, name.find('.'));
  return importer::IsPlainName(stem) ? stem : importer::IdentifierLike(stem);
}

int RunTools(const ToolsCommand& command) {
  std::vector<importer::Document> documents;
  for (const std::string& path : command.files) {
    Result<std::vector<RequestText>> texts = ReadRequests(path);
    if (!texts.has_value()) {
      PrintError(texts.error().message);
      return kUsage;
    }
    for (RequestText& text : *texts) {
      documents.push_back({std::move(text.origin), std::move(text.text)});
    }
  }
  importer::ToolsOptions options;
  options.module = command.module.empty() ? ModuleOf(command.output) : command.module;
  options.schema.number_scale = command.scale;
  const Result<importer::ToolsImport> import = importer::ImportTools(documents, options);
  if (!import.has_value()) {
    PrintError(import.error().message);
    return kDiagnostics;
  }
  if (command.report != "none") {
    fmt::print(stderr, "{}", command.report == "json" ? ToJson(*import) : ToText(*import));
  }
  if (import->tools.empty()) return kDiagnostics;  // and nothing is written over what was there
  const int written = WriteImported(command.output, import->text, command.force);
  if (written != kOk) return written;
  return import->refused.empty() ? kOk : kDiagnostics;
}

/// A name that `module` can be followed by; checked here, since the text is made with it.
std::string ModuleName(const std::string& name) {
  return importer::IsPlainName(name) ? "" : "a module's name is letters, digits and `_`";
}

/// What both importers have: the module's name, where it goes, and the report of it.
template <typename Options>
void AddOutputs(CLI::App& command, Options& options, const std::string& report) {
  command
      .add_option("--module", options.module,
                  "the module's name (default: that of the output file, else tools)")
      ->check(CLI::Validator(ModuleName, "NAME"));
  command.add_option("-o,--output", options.output, "where to; - is standard output")
      ->capture_default_str();
  command.add_option("--report", options.report, report)
      ->check(CLI::IsMember({"text", "json", "none"}))
      ->capture_default_str();
}

void AddTools(CLI::App& import, int& status) {
  auto options = std::make_shared<ToolsCommand>();
  CLI::App* command = import.add_subcommand("tools", "Make a module of actions from tool schemas");
  command
      ->add_option("FILE", options->files,
                   "JSON, or JSON lines: functions with JSON Schema parameters, answers to MCP's "
                   "tools/list, flat signatures; - reads standard input")
      ->required();
  AddOutputs(*command, *options, "what became of each tool, on standard error: text, json or none");
  command
      ->add_option("--scale", options->scale,
                   "digits after the point of a `number` whose `multipleOf` says no other")
      ->check(CLI::Range(1, static_cast<int>(limits::kDecimalScale)))
      ->capture_default_str();
  command->add_flag("--force", options->force, "write over an output that says something else");
  command->footer(R"(
Examples:
  capc import tools tools.json -o tools.cap
  capc import tools --module mail --report json mail.jsonl > mail.cap
  capc check tools.cap

What a declaration cannot say is a comment beside it; what has no type is `json`, which no policy
can look into. A number never becomes money by itself: the report and a comment say where to look.

An output that says something else already is left as it is, unless --force is given.

Exit status: 0 every tool is imported, 1 a file cannot be read or written, 3 a tool is refused; the
others are written.)");
  command->callback([options, &status] { status = RunTools(*options); });
}

struct ActCommand {
  std::string file;
  std::string module;
  std::string output = "-";
  std::string report = "text";
  importer::ActOptions act;
  bool force = false;
};

int RunAct(const ActCommand& command) {
  const Result<std::string> text = ReadSource(command.file, limits::kSourceBytes);
  if (!text.has_value()) {
    PrintError(text.error().message);
    return kUsage;
  }
  importer::ActOptions options = command.act;
  options.module = command.module.empty() ? ModuleOf(command.output) : command.module;
  const Result<importer::ActImport> import = importer::ImportAct(command.file, *text, options);
  if (!import.has_value()) {
    PrintError(import.error().message);
    return kDiagnostics;
  }
  if (command.report != "none") {
    fmt::print(stderr, "{}", command.report == "json" ? ToJson(*import) : ToText(*import));
  }
  const int written = WriteImported(command.output, import->text, command.force);
  if (written != kOk) return written;
  return import->left.empty() ? kOk : kDiagnostics;
}

std::string CurrencyName(const std::string& name) {
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool good = name.size() == 3 && std::ranges::all_of(name, capital);
  return good ? "" : "a currency is an ISO 4217 code in capitals";
}

void AddAct(CLI::App& import, int& status) {
  auto options = std::make_shared<ActCommand>();
  CLI::App* command = import.add_subcommand("act", "Make Cap of a policy in YAML");
  command->add_option("FILE", options->file, "YAML with `capabilities`; - reads standard input")
      ->required();
  AddOutputs(*command, *options,
             "what was assumed and what was left, on standard error: text, json or none");
  command
      ->add_option("--currency", options->act.currency,
                   "of the amounts, which have none in YAML; without it they are left")
      ->check(CLI::Validator(CurrencyName, "CODE"));
  command->add_option("--approver", options->act.approver, "who is asked where nobody is named")
      ->check(CLI::Validator(ModuleName, "NAME"))
      ->capture_default_str();
  command->add_option("--zone", options->act.zone, "whose days, weeks and months are counted")
      ->capture_default_str();
  command->add_flag("--force", options->force, "write over an output that says something else");
  command->footer(R"(
Examples:
  capc import act support-agent.yaml --currency USD --approver manager -o support.cap
  capc import act --report json policy.yaml > policy.cap

The YAML declares no tools, so their arguments are assumed; the report names them. What Cap cannot
say is in the report and a comment in the policy, and so is the capability that it belongs to: until
somebody completes it, it permits nothing.
An output that says something else already is left as it is, unless --force is given.

Exit status: 0 all is carried over, 1 a file cannot be read or written, 3 something is not, or the
file is no such policy.)");
  command->callback([options, &status] { status = RunAct(*options); });
}

}  // namespace

void AddImport(CLI::App& app, int& status) {
  CLI::App* command =
      app.add_subcommand("import", "Make Cap from tool schemas or from policies in YAML");
  command->require_subcommand(1);
  AddAct(*command, status);
  AddTools(*command, status);
  command->footer(R"(
`capc import WHAT --help` says more.)");
}

}  // namespace cap::cli

#include "compiler/driver/modules.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <unordered_map>
#include <unordered_set>

#include "compiler/parse/parse.h"
#include "runtime/base/limits.h"

namespace cap {

namespace {

namespace fs = std::filesystem;

/// A folder in which modules are looked for, and what messages call it.
struct Folder {
  std::string path;   // empty: none
  std::string shown;  // in front of the module's own path
};

std::string InFolder(const std::string& folder, const std::string& path) {
  return folder.empty() || folder.ends_with('/') ? folder + path : folder + "/" + path;
}

/// "my.module" → "my/module.cap". Empty when a part could mean something to a file system.
std::string PathOf(const ast::QualifiedName& name) {
  std::string path;
  for (const ast::Ident& part : name.parts) {
    const bool plain = std::ranges::all_of(part.text, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (part.text.empty() || !plain) return {};
    path += (path.empty() ? "" : "/") + part.text;
  }
  return path + ".cap";
}

const SourceText* InLibrary(const std::string& name) {
  for (const SourceText& module : StandardLibrary()) {
    if (module.path == name) return &module;
  }
  return nullptr;
}

class ModuleReader {
 public:
  ModuleReader(const CompileOptions& options, Compilation& compilation, diag::Sink& sink)
      : options_(options), out_(compilation), sink_(sink) {}

  std::vector<std::string> Run(SourceText source) {
    const size_t slash = source.path.rfind('/');
    const Folder beside = {options_.folder,
                           slash == std::string::npos ? "" : source.path.substr(0, slash + 1)};
    const uint32_t root = Parse(std::move(source.path), std::move(source.text));
    if (out_.modules[root].name) known_.emplace(out_.modules[root].name->Joined(), root);
    Imports(root, beside);
    return std::move(files_);
  }

 private:
  // An import that is being followed.
  struct Step {
    uint32_t module = 0;
    SourceSpan import;  // which module it imports next
  };

  uint32_t Parse(std::string path, std::string text);
  void Imports(uint32_t module, const Folder& beside);
  uint32_t Import(const ast::QualifiedName& name, const Folder& beside);
  uint32_t ReadLibrary(const ast::QualifiedName& name);
  uint32_t ReadFile(const ast::QualifiedName& name, const Folder& beside);
  bool Find(const ast::QualifiedName& name, const Folder& beside, Folder& found);
  bool SameFile(const ast::QualifiedName& name, const Folder& beside, const std::string& file);
  bool Full(const SourceSpan& span, uint64_t bytes);
  void ReportCycle(uint32_t module, const ast::QualifiedName& import);
  void ReportMissing(const ast::QualifiedName& name, const Folder& beside);
  void Error(diag::Code code, const SourceSpan& span, std::string message, std::string label,
             std::string help, std::vector<diag::Label> notes = {},
             std::vector<diag::Fix> fixes = {}) {
    sink_.Add({.code = code,
               .span = span,
               .message = std::move(message),
               .label = std::move(label),
               .notes = std::move(notes),
               .help = std::move(help),
               .fixes = std::move(fixes)});
  }

  const CompileOptions& options_;
  Compilation& out_;
  diag::Sink& sink_;
  std::unordered_map<std::string, uint32_t> known_;  // by name; kNone: reported
  std::vector<std::string> files_;                   // parallel to modules; empty: no such file
  std::vector<Step> open_;                           // from the user's module on
  uint64_t bytes_ = 0;
};

uint32_t ModuleReader::Parse(std::string path, std::string text) {
  bytes_ += text.size();
  const FileId file = out_.sources.Add(std::move(path), std::move(text));
  out_.modules.push_back(parse::Parse(out_.sources, file, sink_));
  out_.imports.emplace_back();
  files_.emplace_back();
  return static_cast<uint32_t>(out_.modules.size() - 1);
}

// Recursion is as deep as modules import each other in a row: limits::kImportDepth.
void ModuleReader::Imports(uint32_t module, const Folder& beside) {
  std::unordered_set<std::string> seen;
  const std::vector<ast::QualifiedName> imports = out_.modules[module].imports;
  open_.push_back({module, {}});
  for (const ast::QualifiedName& import : imports) {
    if (!seen.insert(import.Joined()).second) {
      Error(diag::Code::kDeclaredTwice, import.span,
            fmt::format("`{}` is imported twice", import.Joined()), "again", "leave it out");
      continue;
    }
    open_.back().import = import.span;
    const uint32_t imported = Import(import, beside);
    if (imported != kNone) out_.imports[module].push_back(imported);
  }
  open_.pop_back();
}

uint32_t ModuleReader::Import(const ast::QualifiedName& name, const Folder& beside) {
  const std::string text = name.Joined();
  if (const auto at = known_.find(text); at != known_.end()) {
    const auto same = [&](const Step& step) { return step.module == at->second; };
    if (std::ranges::any_of(open_, same)) ReportCycle(at->second, name);
    if (at->second == kNone || files_[at->second].empty()) return at->second;
    // Which file it is must not depend on who imported it first.
    return SameFile(name, beside, files_[at->second]) ? at->second : kNone;
  }
  if (open_.size() > limits::kImportDepth) {
    Error(diag::Code::kSourceTooLarge, name.span,
          fmt::format("modules import each other more than {} in a row", limits::kImportDepth),
          "one too many", "import it from a module nearer to the policy");
    return known_[text] = kNone;
  }
  const uint32_t module =
      name.parts.front().text == "std" ? ReadLibrary(name) : ReadFile(name, beside);
  return known_[text] = module;
}

uint32_t ModuleReader::ReadLibrary(const ast::QualifiedName& name) {
  const std::string text = name.Joined();
  const SourceText* module = InLibrary(text);
  if (module == nullptr) {
    ReportMissing(name, {});
    return kNone;
  }
  // "std.money" stands in messages as the file it was: std/money.cap.
  const uint32_t parsed = Parse(PathOf(name), module->text);
  known_[text] = parsed;
  Imports(parsed, {});
  return parsed;
}

/// The only file of a module. Two are an error: which of them binds must not depend on the order
/// of folders, nor on who can write into one of them.
bool ModuleReader::Find(const ast::QualifiedName& name, const Folder& beside, Folder& found) {
  const std::string path = PathOf(name);
  std::vector<Folder> folders = {beside};
  for (const std::string& folder : options_.include) folders.push_back({folder, folder});
  std::string first;
  for (const Folder& folder : folders) {
    std::error_code error;
    if (path.empty() || folder.path.empty()) continue;
    const std::string file = InFolder(folder.path, path);
    if (!fs::is_regular_file(file, error)) continue;
    if (first.empty()) {
      first = file;
      found = folder;
    } else if (!fs::equivalent(first, file, error)) {
      Error(diag::Code::kWrongModule, name.span,
            fmt::format("two files are the module `{}`", name.Joined()), "which one?",
            fmt::format("keep one of `{}` and `{}`", InFolder(found.shown, path),
                        InFolder(folder.shown, path)));
      return false;
    }
  }
  return !first.empty();
}

uint32_t ModuleReader::ReadFile(const ast::QualifiedName& name, const Folder& beside) {
  Folder folder;
  const size_t errors = sink_.errors();
  if (!Find(name, beside, folder)) {
    if (sink_.errors() == errors) ReportMissing(name, beside);
    return kNone;
  }
  const std::string path = PathOf(name);
  Result<std::string> text = ReadSource(InFolder(folder.path, path), limits::kSourceBytes);
  if (!text.has_value()) {
    Error(diag::Code::kNoSuchModule, name.span,
          fmt::format("the module `{}` cannot be read: {}", name.Joined(), text.error().message),
          "not readable", "");
    return kNone;
  }
  if (Full(name.span, text->size())) return kNone;
  const uint32_t module = Parse(InFolder(folder.shown, path), std::move(*text));
  const std::optional<ast::QualifiedName>& own = out_.modules[module].name;
  if (own && own->Joined() != name.Joined()) {
    Error(diag::Code::kWrongModule, name.span,
          fmt::format("`{}` is the module `{}`, not `{}`", InFolder(folder.shown, path),
                      own->Joined(), name.Joined()),
          "another module",
          fmt::format("the file of `{}` begins with `module {}`", name.Joined(), name.Joined()),
          {{own->span, "it says so here"}});
    return kNone;
  }
  known_[name.Joined()] = module;
  files_[module] = InFolder(folder.path, path);
  Imports(module, folder);
  return module;
}

bool ModuleReader::SameFile(const ast::QualifiedName& name, const Folder& beside,
                            const std::string& file) {
  Folder found;
  const size_t errors = sink_.errors();
  if (!Find(name, beside, found)) {
    if (sink_.errors() == errors) ReportMissing(name, beside);
    return false;
  }
  std::error_code error;
  const std::string here = InFolder(found.path, PathOf(name));
  if (fs::equivalent(here, file, error)) return true;
  Error(diag::Code::kWrongModule, name.span,
        fmt::format("two files are the module `{}`", name.Joined()), "which one?",
        fmt::format("one is `{}`; another module imports the other",
                    InFolder(found.shown, PathOf(name))));
  return false;
}

bool ModuleReader::Full(const SourceSpan& span, uint64_t bytes) {
  const bool files = out_.modules.size() >= limits::kSourceFiles;
  if (!files && bytes_ + bytes <= limits::kProgramSourceBytes) return false;
  Error(diag::Code::kSourceTooLarge, span,
        files ? fmt::format("a policy imports more than {} modules", limits::kSourceFiles)
              : fmt::format("the modules of a policy have more than {} bytes",
                            limits::kProgramSourceBytes),
        "one too many", "split the policy");
  return true;
}

void ModuleReader::ReportCycle(uint32_t module, const ast::QualifiedName& import) {
  std::string cycle;
  std::vector<diag::Label> notes;
  bool inside = false;
  for (const Step& step : open_) {
    inside = inside || step.module == module;
    if (!inside) continue;
    const std::optional<ast::QualifiedName>& name = out_.modules[step.module].name;
    cycle += fmt::format("`{}` → ", name ? name->Joined() : "?");
    if (step.import != import.span) notes.push_back({step.import, "imported here"});
  }
  const std::string name = import.Joined();
  const std::string label = notes.empty() ? "itself" : "and so it imports itself";
  Error(diag::Code::kImportCycle, import.span,
        fmt::format("the module `{}` imports itself: {}`{}`", name, cycle, name),
        label, "put what both need into a module that imports neither", std::move(notes));
}

void ModuleReader::ReportMissing(const ast::QualifiedName& name, const Folder& beside) {
  std::vector<std::string_view> known;
  for (const SourceText& module : StandardLibrary()) known.push_back(module.path);
  const std::string text = name.Joined();
  const diag::Nearest nearest = diag::FindNearest(text, known);
  std::string help(nearest.name);
  std::vector<diag::Fix> fixes;
  if (nearest.only) fixes.push_back({name.span, help});
  const bool library = name.parts.front().text == "std";
  if (!help.empty()) {
    help = fmt::format("did you mean `{}`?", help);
  } else if (library) {
    for (const std::string_view module : known) {
      help += fmt::format("{}`{}`", help.empty() ? "there are " : ", ", module);
    }
  } else if (PathOf(name).empty()) {
    help = "a module's name has letters, digits and `_` only";
  } else if (beside.path.empty() && options_.include.empty()) {
    help = "this text is no file, so it imports the standard library only";
  } else {
    help = fmt::format("it would be the file `{}`", InFolder(beside.shown, PathOf(name)));
    for (const std::string& folder : options_.include) {
      help += fmt::format(" or `{}`", InFolder(folder, PathOf(name)));
    }
  }
  Error(diag::Code::kNoSuchModule, name.span, fmt::format("no module `{}`", text),
        library ? "not in the standard library" : "no such file", std::move(help), {},
        std::move(fixes));
}

}  // namespace

std::vector<std::string> ReadModules(SourceText source, const CompileOptions& options,
                                     Compilation& compilation, diag::Sink& sink) {
  return ModuleReader(options, compilation, sink).Run(std::move(source));
}

}  // namespace cap

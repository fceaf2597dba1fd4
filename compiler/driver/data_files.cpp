#include "compiler/driver/data_files.h"

#include <algorithm>
#include <filesystem>

#include "runtime/base/limits.h"

namespace cap {

namespace {

check::DataFile Read(const std::string& path, std::string shown) {
  const Result<std::string> text = ReadSource(path, limits::kRequestBytes);
  if (!text.has_value()) return {std::move(shown), std::unexpected(text.error())};
  return {std::move(shown), JsonTree::Parse(*text)};
}

bool DeclaresData(const ast::Module& module) {
  return std::ranges::any_of(module.decls, [](const ast::Decl& decl) {
    return std::holds_alternative<ast::DataDecl>(decl.node);
  });
}

}  // namespace

check::DataFiles ReadDataFiles(const Compilation& compilation,
                               const std::vector<std::string>& files,
                               const CompileOptions& options) {
  check::DataFiles found;
  for (const std::string& path : options.data) found.given.push_back(Read(path, path));
  found.beside.resize(compilation.modules.size());
  const bool any = std::ranges::any_of(compilation.modules, DeclaresData);
  for (size_t m = 0; m < compilation.modules.size(); ++m) {
    // The policy's own file may give what any module declares.
    const std::string path = m == 0 ? options.data_file : DataFileOf(files[m]);
    const bool wanted = m == 0 ? any : DeclaresData(compilation.modules[m]);
    std::error_code error;
    if (!wanted || path.empty() || !std::filesystem::exists(path, error)) continue;
    const std::string shown = m == 0 ? std::filesystem::path(path).filename().string()
                                     : DataFileOf(compilation.sources.file(FileId(m)).path);
    found.beside[m] = Read(path, shown);
  }
  return found;
}

}  // namespace cap

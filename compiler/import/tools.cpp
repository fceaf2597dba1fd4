#include "compiler/import/tools.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "compiler/driver/compile.h"
#include "compiler/format/format.h"
#include "compiler/import/tool_writer.h"
#include "runtime/base/limits.h"

namespace cap::importer {

namespace {

struct Chunk {
  size_t tool = 0;  // of the found ones
  size_t begin = 0;
  size_t end = 0;
};

class Importer {
 public:
  Importer(FoundTools found, const ToolsOptions& options)
      : found_(std::move(found)), options_(options), reasons_(found_.tools.size()) {}

  Result<ToolsImport> Run() {
    // Each round refuses a tool at least, or is the last one.
    while (true) {
      Result<void> written = Write();
      if (!written.has_value()) return std::unexpected(written.error());
      if (chunks_.empty()) break;
      const Compilation compilation = Compile({options_.module + ".cap", import_.text});
      if (compilation.errors == 0) break;
      if (!Blame(compilation)) {
        return Fail("internal", "the import is no module: " +
                                    compilation.diagnostics.front().message);
      }
    }
    if (chunks_.empty()) import_.text.clear();
    if (!import_.text.empty()) {
      SourceMap sources;
      diag::Sink sink;
      const FileId file = sources.Add(options_.module + ".cap", import_.text);
      std::optional<std::string> formatted = format::Format(sources, file, sink);
      if (!formatted) return Fail("internal", "the import cannot be brought into its layout");
      import_.text = std::move(*formatted);
    }
    import_.refused = std::move(found_.refused);
    for (size_t i = 0; i < reasons_.size(); ++i) {
      if (!reasons_[i]) continue;
      import_.refused.push_back({found_.tools[i].origin, found_.tools[i].name, *reasons_[i]});
    }
    return std::move(import_);
  }

 private:
  /// All tools that nothing speaks against, in their order.
  Result<void> Write() {
    import_ = {};
    chunks_.clear();
    ToolWriter writer(options_);
    std::map<std::string, ToolReport> by_name;
    std::string body;
    for (size_t i = 0; i < found_.tools.size(); ++i) {
      if (reasons_[i]) continue;
      const FoundTool& tool = found_.tools[i];
      const auto first = by_name.find(tool.name);
      if (first != by_name.end()) {
        Again(i, first->second);
        continue;
      }
      ToolReport report;
      const Result<std::string> text = writer.Write(tool, report);
      if (!text.has_value()) {
        reasons_[i] = text.error().message;
        continue;
      }
      body += "\n";
      chunks_.push_back({i, body.size(), body.size() + text->size()});
      body += *text;
      by_name.emplace(tool.name, report);
      import_.tools.push_back(std::move(report));
    }
    const std::string header = writer.Header();
    for (Chunk& chunk : chunks_) {
      chunk.begin += header.size();
      chunk.end += header.size();
    }
    import_.text = header + body;
    if (import_.text.size() <= limits::kSourceBytes) return {};
    return Fail("too-large", fmt::format("the module would have more than {} bytes; import fewer "
                                         "tools into each",
                                         limits::kSourceBytes));
  }

  /// A tool of a name that is there: equal, or one that cannot be told from the other.
  void Again(size_t nth, const ToolReport& first) {
    ToolReport report;
    ToolWriter apart(options_);
    const FoundTool& tool = found_.tools[nth];
    const Result<std::string> text = apart.Write(tool, report);
    const auto same = [](const ArgumentReport& a, const ArgumentReport& b) {
      return a.name == b.name && a.type == b.type;
    };
    if (text.has_value() && std::ranges::equal(report.arguments, first.arguments, same)) {
      ++import_.doubled;
      return;
    }
    reasons_[nth] = fmt::format("{} has a tool of this name with other arguments", first.origin);
  }

  /// Refuses the tools that the errors are about; false where an error is about none of them.
  bool Blame(const Compilation& compilation) {
    bool any = false;
    for (const diag::Diagnostic& d : compilation.diagnostics) {
      if (diag::SeverityOf(d.code) != diag::Severity::kError) continue;
      const auto chunk = std::ranges::find_if(chunks_, [&](const Chunk& each) {
        return d.span.file == FileId{} && d.span.begin >= each.begin && d.span.begin < each.end;
      });
      if (chunk == chunks_.end()) continue;
      any = true;
      std::optional<std::string>& reason = reasons_[chunk->tool];
      if (!reason) reason = fmt::format("{} ({})", d.message, diag::IdOf(d.code));
    }
    return any;
  }

  FoundTools found_;
  const ToolsOptions& options_;
  std::vector<std::optional<std::string>> reasons_;  // parallel to the tools: why it is refused
  std::vector<Chunk> chunks_;
  ToolsImport import_;
};

}  // namespace

Result<ToolsImport> ImportTools(const std::vector<Document>& documents,
                                const ToolsOptions& options) {
  Result<FoundTools> found = FindTools(documents, options.schema);
  if (!found.has_value()) return std::unexpected(found.error());
  return Importer(std::move(*found), options).Run();
}

}  // namespace cap::importer

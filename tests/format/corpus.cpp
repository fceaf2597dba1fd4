#include "tests/format/corpus.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace cap::test {

namespace {

namespace fs = std::filesystem;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The blocks that begin with a line `begin…` and end before the next line that `ends`.
template <typename Ends>
void Cut(const std::string& name, const std::string& text, std::string_view begin, const Ends& ends,
         std::vector<CorpusText>& out) {
  std::istringstream lines(text);
  bool inside = false;
  size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (inside && ends(line)) inside = false;
    if (!inside && line.starts_with(begin)) {
      out.push_back({name + ":" + std::to_string(number), ""});
      inside = true;
    } else if (inside) {
      out.back().text += line + "\n";
    }
  }
}

void Without(std::string& text, std::string_view part) {
  for (size_t at = text.find(part); at != text.npos; at = text.find(part)) {
    text.erase(at, part.size());
  }
}

}  // namespace

std::vector<CorpusText> FormatCorpus(const std::string& root) {
  std::vector<CorpusText> corpus;
  std::vector<fs::path> files{fs::path(root) / "README.md"};
  for (const char* folder : {"docs", "policies", "stdlib", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(root) / folder)) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  for (const fs::path& path : files) {
    const std::string name = fs::relative(path, root).string();
    if (name.ends_with("_mistakes.cap") || name.ends_with("cases.cap")) {
      const auto next = [](std::string_view line) { return line.starts_with("//==="); };
      Cut(name, Read(path), "//===", next, corpus);
    } else if (path.extension() == ".cap") {
      corpus.push_back({name, Read(path)});
    } else if (path.extension() == ".md") {
      Cut(name, Read(path), "```cap", [](std::string_view line) { return line == "```"; }, corpus);
    }
  }
  for (CorpusText& each : corpus) {
    Without(each.text, "«");
    Without(each.text, "»");
  }
  return corpus;
}

}  // namespace cap::test

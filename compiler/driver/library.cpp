#include "compiler/driver/library.h"

#include "compiler/driver/compile.h"

namespace cap {

const std::vector<SourceText>& StandardLibrary() {
  static const std::vector<SourceText> kLibrary = [] {
    std::vector<SourceText> modules;
    for (const LibraryText& entry : LibraryTexts()) {
      modules.push_back({std::string("std.") + entry.name, entry.text});
    }
    return modules;
  }();
  return kLibrary;
}

const std::map<std::string, std::string>& LibraryConstraints() {
  // The declarations are found by their text: parsing every module to word one help would be dear.
  static const std::map<std::string, std::string> kConstraints = [] {
    constexpr std::string_view kWord = "\nconstraint ";
    std::map<std::string, std::string> found;
    for (const SourceText& module : StandardLibrary()) {
      const std::string& text = module.text;
      for (size_t at = text.find(kWord); at != text.npos; at = text.find(kWord, at + 1)) {
        const size_t begin = at + kWord.size();
        const size_t end = text.find_first_of(" (\n{", begin);
        if (end != text.npos) found.emplace(text.substr(begin, end - begin), module.path);
      }
    }
    return found;
  }();
  return kConstraints;
}

}  // namespace cap

// Diagnostics as SARIF 2.1.0, which code hosts and editors read.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diag/diagnostic.h"

namespace cap::diag {

/// One log of one run, over the files of any number of compilations. Not thread-safe.
class SarifLog {
 public:
  /// `version`: of the tool. `page`: the Markdown that explains a code; empty text: there is none.
  SarifLog(std::string version, std::function<std::string(Code)> page)
      : version_(std::move(version)), page_(std::move(page)) {}

  void Add(const Diagnostic& diagnostic, const SourceMap& sources);

  /// A file could not be read: the run is no success, whatever else it found.
  void AddFailure(std::string message) { failures_.push_back(std::move(message)); }

  /// The log, ending in a line feed. Columns count code points. Texts are valid UTF-8 whatever the
  /// sources hold.
  std::string Render() const;

 private:
  std::string version_;
  std::function<std::string(Code)> page_;
  std::vector<Code> rules_;  // in order of appearance
  std::vector<std::string> results_;
  std::vector<std::string> failures_;
};

/// A path as a URI: bytes that a URI may not have are escaped, an absolute path becomes `file://`.
std::string UriOf(std::string_view path);

}  // namespace cap::diag

// Requests from files and standard input, one text each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace cap::cli {

struct RequestText {
  std::string origin;  // "requests/01-permit.json", "calls.jsonl:3"
  std::string text;
};

/// Splits a file: if its first line that is not empty holds a whole object, every line is a request
/// (JSON lines); else the file is one request. What is wrong with a request is the decision's to
/// say.
std::vector<RequestText> SplitRequests(const std::string& path, std::string_view text);

/// Reads `path`, or standard input for "-". Errors: those of ReadSource.
Result<std::vector<RequestText>> ReadRequests(const std::string& path);

}  // namespace cap::cli

// Failures of the host (a bad bundle, misuse of the API): std::expected<T, Error>. A fault of a
// policy or a request is never an Error; it is part of the Decision, and it denies.
#pragma once

#include <expected>
#include <string>

namespace cap {

struct Error {
  std::string code;     // stable, kebab-case: "bundle-truncated"
  std::string message;  // one sentence that says what to do
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> Fail(std::string code, std::string message) {
  return std::unexpected(Error{std::move(code), std::move(message)});
}

}  // namespace cap

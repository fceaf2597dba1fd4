// Traces: what is asked of a store and what it must answer, one line a call. docs/conformance.md
// has the format; another implementation can run the same files.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/state/store.h"

namespace cap::state::test {

/// One store that a case is run on, from empty.
class World {
 public:
  virtual ~World() = default;
  /// A handle on the store: 1 or 2. A store of one process has one handle.
  virtual Store& At(int handle) = 0;
  /// Closes all handles and opens them again. False: the store is gone with its handle.
  virtual bool Reopen() { return false; }
};

struct Maker {
  std::string name;
  std::function<std::unique_ptr<World>(StoreSizes)> make;
  bool has_sizes = true;  // false: how much there is room for is not the store's affair
};

/// A word of a line, `key=value` or alone.
struct Word {
  std::string key;
  std::string value;  // empty for a word that stands alone
  bool has_value = false;
};

struct Step {
  int line = 0;
  int handle = 1;
  int64_t at_us = 0;
  std::string verb;
  std::vector<Word> words;   // up to the arrow
  std::vector<Word> expect;  // behind it
};

struct Case {
  std::string name;
  int line = 0;
  StoreSizes sizes;
  std::vector<Step> steps;
};

/// A text that is no trace: what is wrong, with its line.
struct TraceError {
  int line = 0;
  std::string message;
};

std::optional<TraceError> ReadTrace(std::string_view text, std::vector<Case>& cases);

/// "1500", "20ms", "1h": microseconds. Nothing where it is no time.
std::optional<int64_t> ReadTime(std::string_view text);
std::optional<int64_t> ReadInteger(std::string_view text);

/// Runs a case. What differs, a line each: "LINE: expected …, got …". A store may have shorter ways
/// for callers who do not ask how the counters stand: without `states` nothing behind the status is
/// compared but `failed` and `repeated`.
std::vector<std::string> RunCase(const Case& trace, const Maker& maker, bool states = true);

}  // namespace cap::state::test

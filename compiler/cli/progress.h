// How far something is, on a terminal, in one line that is written over.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace cap::cli {

class Progress {
 public:
  /// Shows nothing unless standard error is a terminal.
  explicit Progress(uint64_t all);
  /// Takes the line away.
  ~Progress() { Clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `note`: what is said behind the bar. Ten times a second at most.
  void Show(uint64_t done, const std::string& note);

  /// Makes room for a line of the output; the next Show() draws again.
  void Clear();

 private:
  uint64_t all_;
  bool wanted_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

/// "[#########-----------]  45 %".
std::string Bar(uint64_t done, uint64_t all);

}  // namespace cap::cli

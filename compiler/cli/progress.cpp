#include "compiler/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace cap::cli {

Progress::Progress(uint64_t all) : all_(all), wanted_(isatty(STDERR_FILENO) != 0) {}

void Progress::Show(uint64_t done, const std::string& note) {
  if (!wanted_) return;
  const auto now = std::chrono::steady_clock::now();
  if (drawn_ && now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  fmt::print(stderr, "\r\033[K{}  {}", Bar(done, all_), note);
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::Clear() {
  if (!drawn_) return;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
  drawn_ = false;
}

std::string Bar(uint64_t done, uint64_t all) {
  constexpr uint64_t kWidth = 20;
  const uint64_t whole = std::max<uint64_t>(all, 1);
  const uint64_t part = std::min(done, whole);
  const auto full = static_cast<size_t>(part * kWidth / whole);
  return fmt::format("[{:#>{}}{:->{}}] {:>3} %", "", full, "", kWidth - full, part * 100 / whole);
}

}  // namespace cap::cli

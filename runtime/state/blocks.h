// Memory for tables that double: blocks of a power of two bytes, cut out of large pages. Two halves
// that are free are one block again, so that tables which grow at about the same time leave no
// holes, and a page that is free as a whole goes back to the system. Thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>

#include "runtime/base/pages.h"

namespace cap::state {

class Blocks {
 public:
  static constexpr size_t kLeastBytes = 512;

  Blocks() = default;
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;

  // `bytes`: a power of two, at least kLeastBytes. A block lies at a multiple of its size, or of a
  // large page's.
  void* Take(size_t bytes);
  void Give(void* block, size_t bytes);

 private:
  static constexpr size_t kSizes = 12;  // of half a page and less
  static_assert(kLeastBytes << kSizes == kLargePageBytes);

  std::set<uintptr_t>& FreeOf(size_t bytes);

  std::mutex mutex_;
  std::array<std::set<uintptr_t>, kSizes> free_;
  size_t pages_ = 0;
};

}  // namespace cap::state

#include "runtime/state/blocks.h"

#include <bit>

namespace cap::state {

std::set<uintptr_t>& Blocks::FreeOf(size_t bytes) {
  return free_[static_cast<size_t>(std::countr_zero(bytes / kLeastBytes))];
}

void* Blocks::Take(size_t bytes) {
  if (bytes > kLargePageBytes) {
    void* const pages = TryPages(bytes, true);
    if (pages == nullptr) throw std::bad_alloc();
    return pages;
  }
  const std::lock_guard lock(mutex_);
  size_t from = bytes;
  while (from < kLargePageBytes && FreeOf(from).empty()) from *= 2;
  uintptr_t block = 0;
  if (from == kLargePageBytes) {
    // The first one is no large page, so that a store of few operations stays small.
    block = reinterpret_cast<uintptr_t>(NewPage(pages_ != 0));
    ++pages_;
  } else {
    block = FreeOf(from).extract(FreeOf(from).begin()).value();
  }
  for (; from > bytes; from /= 2) FreeOf(from / 2).insert(block + from / 2);
  return reinterpret_cast<void*>(block);
}

void Blocks::Give(void* block, size_t bytes) {
  if (bytes > kLargePageBytes) return DeletePage(block);
  const std::lock_guard lock(mutex_);
  auto at = reinterpret_cast<uintptr_t>(block);
  for (; bytes < kLargePageBytes && FreeOf(bytes).erase(at ^ bytes) != 0; bytes *= 2) at &= ~bytes;
  if (bytes < kLargePageBytes) {
    FreeOf(bytes).insert(at);
    return;
  }
  DeletePage(reinterpret_cast<void*>(at));
  --pages_;
}

}  // namespace cap::state

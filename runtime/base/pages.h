// Memory for what grows to many millions of bytes and is read at random: in large pages where the
// system has them, since otherwise nearly every read would also miss the TLB.
#pragma once

#include <cstddef>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace cap {

inline constexpr size_t kLargePageBytes = size_t{2} << 20;

/// Memory of so many bytes, aligned to a large page; null where there is none. `large`: the system
/// is asked for large pages, each of which is resident whole with its first write; without it,
/// memory is resident as it is written.
inline void* TryPages(size_t bytes, bool large) {
  void* memory = ::operator new(bytes, std::align_val_t{kLargePageBytes}, std::nothrow);
#if defined(__linux__)
  // A refusal leaves small pages: slower and as right.
  if (large && memory != nullptr) static_cast<void>(::madvise(memory, bytes, MADV_HUGEPAGE));
#else
  static_cast<void>(large);
#endif
  return memory;
}

/// One large page's worth of memory.
inline void* NewPage(bool large) {
  void* memory = TryPages(kLargePageBytes, large);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

inline void DeletePage(void* memory) {
  ::operator delete(memory, std::align_val_t{kLargePageBytes});
}

}  // namespace cap

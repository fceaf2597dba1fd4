// Memory for what grows to many millions of bytes and is read at random: in large pages where the
// system has them, since otherwise nearly every read would also miss the TLB.
#pragma once

#include <cstddef>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace cap::engine {

inline constexpr size_t kLargePageBytes = size_t{2} << 20;

/// One large page's worth of memory, aligned to it. `large`: the system is asked for a large page,
/// which is resident whole with its first write; without it, memory is resident as it is written.
inline void* NewPage(bool large) {
  void* memory = ::operator new(kLargePageBytes, std::align_val_t{kLargePageBytes});
#if defined(__linux__)
  // A refusal leaves small pages: slower and as right.
  if (large) static_cast<void>(::madvise(memory, kLargePageBytes, MADV_HUGEPAGE));
#else
  static_cast<void>(large);
#endif
  return memory;
}

inline void DeletePage(void* memory) {
  ::operator delete(memory, std::align_val_t{kLargePageBytes});
}

}  // namespace cap::engine

// Memory for the values of one frame or one record: taken piece by piece, given back at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/value/slot.h"
#include "runtime/value/type.h"

namespace cap {

/// Addresses stay valid until the arena is destroyed; an arena neither moves nor is copied, so hold
/// it by unique_ptr where its owner moves. Allocations up to kInlineBytes in all cost no heap. Not
/// thread-safe while it is written to.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// `size` bytes, zero-filled, aligned to `alignment`, a power of two up to 64.
  void* Allocate(size_t size, size_t alignment);

  /// `count` zero slots.
  Slot* AllocateSlots(size_t count) {
    return static_cast<Slot*>(Allocate(count * sizeof(Slot), alignof(Slot)));
  }

  /// A copy of `text` as a string slot. The text has less than 2^32 bytes.
  Slot CopyString(std::string_view text);

  /// A copy of a text in the canonical form of its kind, its header (slot.h) before the bytes.
  Slot CopyText(TypeKind kind, std::string_view canonical);
  Slot CopyEmail(std::string_view canonical) { return CopyText(TypeKind::kEmail, canonical); }

  /// Bytes handed out so far, padding included.
  size_t used() const { return used_; }

 private:
  static constexpr size_t kInlineBytes = 4096;
  static constexpr size_t kChunkBytes = 16384;
  static constexpr size_t kAlignment = 64;
  struct FreeChunk {
    void operator()(std::byte* chunk) const;
  };

  void AddChunk(size_t size);

  alignas(kAlignment) std::byte inline_[kInlineBytes] = {};
  std::byte* next_ = inline_;
  std::byte* end_ = inline_ + kInlineBytes;
  size_t used_ = 0;
  std::vector<std::unique_ptr<std::byte, FreeChunk>> chunks_;
};

}  // namespace cap

#include "runtime/value/arena.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "runtime/value/text.h"

namespace cap {

void Arena::FreeChunk::operator()(std::byte* chunk) const {
  ::operator delete(chunk, std::align_val_t{kAlignment});
}

void Arena::AddChunk(size_t size) {
  const size_t bytes = std::max(size, kChunkBytes);
  auto* chunk = static_cast<std::byte*>(::operator new(bytes, std::align_val_t{kAlignment}));
  chunks_.emplace_back(chunk);
  std::memset(chunk, 0, bytes);
  next_ = chunk;
  end_ = chunk + bytes;
}

void* Arena::Allocate(size_t size, size_t alignment) {
  size_t padding = (0 - reinterpret_cast<uintptr_t>(next_)) & (alignment - 1);
  if (padding + size > static_cast<size_t>(end_ - next_)) {
    AddChunk(size);
    padding = 0;  // a chunk begins at the largest alignment
  }
  std::byte* out = next_ + padding;
  next_ = out + size;
  used_ += padding + size;
  return out;
}

Slot Arena::CopyString(std::string_view text) {
  auto* bytes = static_cast<char*>(Allocate(text.size(), 1));
  if (!text.empty()) std::memcpy(bytes, text.data(), text.size());
  return StringSlot({bytes, text.size()});
}

Slot Arena::CopyText(TypeKind kind, std::string_view canonical) {
  const size_t header = HeaderBytes(kind);
  auto* bytes = static_cast<char*>(Allocate(header + canonical.size(), alignof(uint32_t)));
  WriteHeader(kind, canonical, bytes);
  if (!canonical.empty()) std::memcpy(bytes + header, canonical.data(), canonical.size());
  return StringSlot({bytes + header, canonical.size()});
}

}  // namespace cap

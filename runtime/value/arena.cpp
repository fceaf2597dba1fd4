#include "runtime/value/arena.h"

#include <algorithm>
#include <cstring>
#include <new>

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

Slot Arena::CopyEmail(std::string_view canonical) {
  const size_t domain = canonical.find('@') + 1;
  const EmailHeader header{static_cast<uint32_t>(domain), HashBytes(canonical.substr(domain))};
  const size_t size = sizeof header + canonical.size();
  auto* bytes = static_cast<char*>(Allocate(size, alignof(EmailHeader)));
  std::memcpy(bytes, &header, sizeof header);
  std::memcpy(bytes + sizeof header, canonical.data(), canonical.size());
  return StringSlot({bytes + sizeof header, canonical.size()});
}

}  // namespace cap

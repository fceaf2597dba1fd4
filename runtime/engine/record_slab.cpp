#include "runtime/engine/record_slab.h"

#include <new>

#include "runtime/base/pages.h"

namespace cap::engine {

RecordSlab::RecordSlab() : chunks_(new std::atomic<CapabilityRecord*>[kChunks]{}) {
  AddChunk();
  new (At(0)) CapabilityRecord{};
  next_ = 1;
}

RecordSlab::~RecordSlab() {
  for (uint64_t chunk = 0; chunk < chunk_count_; ++chunk) {
    DeletePage(chunks_[chunk].load(std::memory_order_relaxed));
  }
}

// The first chunk is resident only as far as it is written, so that a small engine stays small.
bool RecordSlab::AddChunk() {
  static_assert(kChunkRecords * sizeof(CapabilityRecord) == kLargePageBytes);
  if (chunk_count_ == kChunks) return false;
  void* memory = NewPage(chunk_count_ > 0);
  chunks_[chunk_count_].store(static_cast<CapabilityRecord*>(memory), std::memory_order_release);
  ++chunk_count_;
  return true;
}

std::optional<uint64_t> RecordSlab::Allocate(uint32_t count) {
  if (auto free = free_.find(count); free != free_.end() && !free->second.empty()) {
    const uint64_t first = free->second.back();
    free->second.pop_back();
    return first;
  }
  const uint64_t end = chunk_count_ * kChunkRecords;
  if (next_ + count > end) {
    if (!AddChunk()) return std::nullopt;
    if (next_ < end) free_[static_cast<uint32_t>(end - next_)].push_back(next_);
    next_ = end;
  }
  const uint64_t first = next_;
  next_ += count;
  return first;
}

void RecordSlab::Free(uint64_t first, uint32_t count) { free_[count].push_back(first); }

}  // namespace cap::engine

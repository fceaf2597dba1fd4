// Where capability records live: chunks that never move, handed out in runs. The records of a grant
// are one run, so that a grant's row needs no list of them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/base/limits.h"
#include "runtime/program/abi.h"

namespace cap::engine {

// Bits of CapabilityRecord::literals_inline.
inline constexpr uint8_t kLiteralsInline = 1;
// The next record of the run has the same key: one index entry serves all of them.
inline constexpr uint8_t kMoreFollow = 2;

inline const char* LiteralsOf(const CapabilityRecord& record) {
  return (record.literals_inline & kLiteralsInline) != 0 ? record.literals : record.literals_far;
}

class RecordSlab {
 public:
  RecordSlab();
  ~RecordSlab();
  RecordSlab(const RecordSlab&) = delete;
  RecordSlab& operator=(const RecordSlab&) = delete;

  /// Record 0 exists and belongs to no grant; an index entry of 0 therefore never matches.
  CapabilityRecord* At(uint64_t index) const {
    return chunks_[index / kChunkRecords].load(std::memory_order_acquire) + index % kChunkRecords;
  }

  /// `count` records in a row, 1 to limits::kGrantRecords; nothing when the slab is full. Writers.
  std::optional<uint64_t> Allocate(uint32_t count);
  void Free(uint64_t first, uint32_t count);

  uint64_t bytes() const { return chunk_count_ * kChunkRecords * sizeof(CapabilityRecord); }

 private:
  static constexpr uint64_t kChunkRecords = 32'768;  // a large page
  static_assert(kChunkRecords >= limits::kGrantRecords);
  static constexpr uint64_t kChunks = 16'384;
  // An entry of the index has 32 bits for a record.
  static_assert(kChunks * kChunkRecords <= uint64_t{1} << 32);

  bool AddChunk();

  std::unique_ptr<std::atomic<CapabilityRecord*>[]> chunks_;
  uint64_t chunk_count_ = 0;
  uint64_t next_ = 0;  // first record that was never handed out
  std::unordered_map<uint32_t, std::vector<uint64_t>> free_;  // by length of run
};

}  // namespace cap::engine

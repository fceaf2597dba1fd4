// From a key (grant, action, skeleton, literals) to its records: an extendible hash of 8-byte slots
// in segments. Readers take no lock and see every entry whole; one writer at a time.
//
//   directory[hash & mask] -> segment of 32 groups of 8 slots (a cache line a group)
//   slot = fingerprint:24 | record:40; 0 = never used, so a group that ends with 0 ends a search
//
// A search compares all fingerprints of a group without a branch, so that its cost does not depend
// on how full the table is.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "runtime/engine/epoch.h"
#include "runtime/engine/hash.h"
#include "runtime/engine/record_slab.h"
#include "runtime/engine/tsan.h"
#include "runtime/frame/frame.h"

namespace cap::engine {

/// The whole key of a record, as a call knows it.
struct RecordKey {
  uint64_t grant = 0;  // generation:32 | index:32
  uint32_t kind = 0;   // skeleton << 16 | action
  uint32_t holes = 0;  // whose texts are the literals
  const ResourceTexts* texts = nullptr;

  bool IsOf(const CapabilityRecord& record) const {
    return (uint64_t{record.generation} << 32 | record.grant) == grant &&
           (record.action | uint32_t{record.skeleton} << 16) == kind && SameLiterals(record);
  }

 private:
  // Texts of neighbouring holes stand together in both, and are compared as one.
  bool SameLiterals(const CapabilityRecord& record) const {
    const char* literals = LiteralsOf(record);
    uint32_t rest = record.literals_length;
    for (uint32_t left = holes; left != 0;) {
      const int first = std::countr_zero(left);
      const int last = first + std::countr_one(left >> first) - 1;
      const uint32_t begin = texts->holes[first].begin;
      const uint32_t length = texts->holes[last].end - begin;
      if (length > rest || !SameBytes(literals, texts->literals + begin, length)) return false;
      literals += length;
      rest -= length;
      left &= left + (uint32_t{1} << first);  // without this run
    }
    return rest == 0;
  }
};

/// The hash under which a record is found.
uint64_t HashOf(const HashSeed& seed, const CapabilityRecord& record);

class RecordIndex {
 public:
  /// `slab` and `limbo` must outlive the index.
  RecordIndex(const HashSeed& seed, const RecordSlab& slab, Limbo& limbo);
  ~RecordIndex();
  RecordIndex(const RecordIndex&) = delete;
  RecordIndex& operator=(const RecordIndex&) = delete;

  const HashSeed& seed() const { return seed_; }

  /// The first record with this key, or null. Inside an epoch.
  const CapabilityRecord* Find(uint64_t hash, const RecordKey& key) const;

  /// Adds an entry for the record, which must be whole. False: the directory is at its largest,
  /// which takes a broken hash. Cost: a search; at times a split of one segment.
  bool Insert(uint64_t record);

  /// Takes the record's entry away. The record itself must stay until readers have left.
  void Erase(uint64_t record);

  uint64_t bytes() const;

 private:
  static constexpr uint32_t kGroups = 32;
  static constexpr uint32_t kGroupSlots = 8;
  static constexpr uint32_t kSplitAt = 192;  // entries of one segment, of 256
  static constexpr uint32_t kMaxDepth = 26;
  static constexpr uint32_t kRecordBits = 40;
  static constexpr uint64_t kRecordMask = (uint64_t{1} << kRecordBits) - 1;
  static constexpr uint64_t kErased = uint64_t{1} << kRecordBits;  // names record 0

  struct alignas(64) Segment {
    std::atomic<uint64_t> slots[kGroups * kGroupSlots] = {};
    uint32_t depth = 0;  // low bits of the hash that its entries share; for the writer only
    uint32_t used = 0;   // slots that are not 0; for the writer only
    uint32_t live = 0;   // … and not erased; for the writer only
  };
  /// Segments come and go with every split; from the allocator, each with its alignment, they would
  /// leave holes that nothing else fits into. For the writer only.
  class SegmentPool {
   public:
    ~SegmentPool();
    /// An empty one.
    Segment* Take();
    void Give(Segment* segment) { free_.push_back(segment); }

   private:
    static constexpr size_t kChunkSegments = 256;

    std::vector<void*> chunks_;
    std::vector<Segment*> free_;
    size_t next_ = kChunkSegments;  // of the last chunk: the first that was never taken
  };
  struct Directory {
    explicit Directory(uint32_t depth);
    uint64_t mask;
    uint32_t depth;
    std::unique_ptr<std::atomic<Segment*>[]> entries;
  };

  /// Bit i: the fingerprint of slot i. A hint only: who acts on it loads the slot again, in order.
  static uint32_t Matching(const std::atomic<uint64_t>* slots, uint64_t fingerprint) {
#if defined(__SSE2__) && !CAP_ENGINE_TSAN
    // Aligned loads of 16 bytes read each half of it whole. The upper words of four slots go into
    // one register, where a shift leaves their fingerprints.
    const auto* words = reinterpret_cast<const __m128*>(slots);
    const auto upper = [&](int pair) {
      return _mm_castps_si128(_mm_shuffle_ps(words[pair], words[pair + 1], 0xDD));
    };
    const __m128i wanted = _mm_set1_epi32(static_cast<int>(fingerprint));
    const auto matching = [&](int pair) {
      const __m128i found = _mm_srli_epi32(upper(pair), kRecordBits - 32);
      return static_cast<uint32_t>(
          _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(found, wanted))));
    };
    return matching(0) | matching(2) << 4;
#else
    uint32_t hits = 0;
    for (uint32_t i = 0; i < kGroupSlots; ++i) {
      const uint64_t slot = slots[i].load(std::memory_order_relaxed);
      hits |= static_cast<uint32_t>(slot >> kRecordBits == fingerprint) << i;
    }
    return hits;
#endif
  }
  static uint64_t GroupOf(uint64_t hash) { return hash >> 32 & (kGroups - 1); }
  static bool Place(Segment& segment, uint64_t hash, uint64_t record);
  bool MakeRoom(uint64_t hash);
  bool Double();

  HashSeed seed_;
  const RecordSlab& slab_;
  Limbo& limbo_;
  SegmentPool segments_;
  std::atomic<Directory*> directory_;
  uint64_t segment_count_ = 1;
};

}  // namespace cap::engine

// From a key (grant, action, skeleton, literals) to its records: an extendible hash of 8-byte slots
// in segments. Readers take no lock and see every entry whole; one writer at a time.
//
//   directory[tag & mask] -> segment of 32 groups of 8 slots (a cache line a group)
//   tag = upper half of the hash; slot = tag:32 | record:32; a slot of 0 was never used, so a group
//   that ends with 0 ends a search
//
// The low bits of the tag choose the segment, its high ones the group, and all of it is compared. A
// split therefore needs the slots alone, not the records.
//
// A search compares all tags of a group without a branch, so that its cost does not depend
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
#include "runtime/base/pages.h"
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

  /// Asks for the memory where a search for this hash begins. Inside an epoch.
  void Prefetch(uint64_t hash) const {
    const uint32_t tag = TagOf(hash);
    const Segment* segment = directory_.load(std::memory_order_acquire)->At(tag);
    __builtin_prefetch(segment->slots + GroupOf(tag) * kGroupSlots);
  }

  /// Adds an entry for the record, which must be whole. False: the directory is at its largest,
  /// which takes a broken hash. Cost: a search; at times a split of one segment.
  bool Insert(uint64_t record);

  /// Takes the record's entry away. The record itself must stay until readers have left.
  void Erase(uint64_t record);

  uint64_t bytes() const;

 private:
  static constexpr uint32_t kGroups = 32;  // a tag's upper five bits
  static constexpr uint32_t kGroupSlots = 8;
  static constexpr uint32_t kSplitAt = 192;  // entries of one segment, of 256
  static constexpr uint32_t kMaxDepth = 26;
  static constexpr uint32_t kGroupShift = 27;  // of the tag; the directory uses the bits below
  static_assert(kMaxDepth < kGroupShift && kGroups == 1u << (32 - kGroupShift));
  static constexpr uint64_t kErased = uint64_t{1} << 32;  // a tag, but record 0, which is nobody's

  struct alignas(64) Segment {
    std::atomic<uint64_t> slots[kGroups * kGroupSlots] = {};
    uint32_t depth = 0;  // low bits of the tag that its entries share; for the writer only
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
    static constexpr size_t kChunkSegments = kLargePageBytes / sizeof(Segment);

    std::vector<void*> chunks_;
    std::vector<Segment*> free_;
    size_t next_ = kChunkSegments;  // of the last chunk: the first that was never taken
  };
  struct Directory {
    explicit Directory(uint32_t depth);
    /// Twice `narrow`. Plain reads: who copies is the only one who writes.
    explicit Directory(const Directory& narrow, uint32_t depth);
    Segment* At(uint32_t tag) const {
      return std::atomic_ref(entries[tag & mask]).load(std::memory_order_acquire);
    }
    uint32_t mask;
    uint32_t depth;
    std::unique_ptr<Segment*[]> entries;
  };

  /// Bit i: slot i has the tag. A hint only: who acts on it loads the slot again, in order.
  static uint32_t Matching(const std::atomic<uint64_t>* slots, uint32_t tag) {
#if defined(__SSE2__) && !CAP_ENGINE_TSAN
    // Aligned loads of 16 bytes read each half of it whole. The upper words of four slots go into
    // one register: they are the tags.
    const auto* words = reinterpret_cast<const __m128*>(slots);
    const auto upper = [&](int pair) {
      return _mm_castps_si128(_mm_shuffle_ps(words[pair], words[pair + 1], 0xDD));
    };
    const __m128i wanted = _mm_set1_epi32(static_cast<int>(tag));
    const auto matching = [&](int pair) {
      return static_cast<uint32_t>(
          _mm_movemask_ps(_mm_castsi128_ps(_mm_cmpeq_epi32(upper(pair), wanted))));
    };
    return matching(0) | matching(2) << 4;
#else
    uint32_t hits = 0;
    for (uint32_t i = 0; i < kGroupSlots; ++i) {
      const uint64_t slot = slots[i].load(std::memory_order_relaxed);
      hits |= static_cast<uint32_t>(TagOf(slot) == tag) << i;
    }
    return hits;
#endif
  }
  static uint32_t TagOf(uint64_t hash_or_slot) { return static_cast<uint32_t>(hash_or_slot >> 32); }
  static uint32_t RecordOf(uint64_t slot) { return static_cast<uint32_t>(slot); }
  static uint64_t EntryOf(uint32_t tag, uint64_t record) { return uint64_t{tag} << 32 | record; }
  static uint32_t GroupOf(uint32_t tag) { return tag >> kGroupShift; }
  class Filling;
  static bool Place(Segment& segment, uint64_t entry);
  bool MakeRoom(uint32_t tag);
  bool Double();

  HashSeed seed_;
  const RecordSlab& slab_;
  Limbo& limbo_;
  SegmentPool segments_;
  std::atomic<Directory*> directory_;
  uint64_t segment_count_ = 1;
};

}  // namespace cap::engine

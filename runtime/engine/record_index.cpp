#include "runtime/engine/record_index.h"

#include <new>

namespace cap::engine {

uint64_t HashOf(const HashSeed& seed, const CapabilityRecord& record) {
  const char* literals = LiteralsOf(record);
  uint64_t joined = 0;
  uint32_t nth = 0;
  for (uint32_t at = 0; at < record.literals_length; ++nth) {
    uint16_t length;
    std::memcpy(&length, literals + at, sizeof length);
    joined = JoinHash(joined, TextHash({literals + at + sizeof length, length}), nth);
    at += static_cast<uint32_t>(sizeof length) + length;
  }
  return KeyHash(seed, uint64_t{record.generation} << 32 | record.grant, record.action)
      .Of(record.skeleton, joined);
}

RecordIndex::Directory::Directory(uint32_t bits)
    : mask((uint64_t{1} << bits) - 1),
      depth(bits),
      entries(new std::atomic<Segment*>[uint64_t{1} << bits]) {}

// Only taken segments are ever written, so that a small engine stays small.
RecordIndex::Segment* RecordIndex::SegmentPool::Take() {
  if (!free_.empty()) {
    Segment* segment = free_.back();
    free_.pop_back();
    return new (segment) Segment;
  }
  if (next_ == kChunkSegments) {
    chunks_.push_back(
        ::operator new(kChunkSegments * sizeof(Segment), std::align_val_t{alignof(Segment)}));
    next_ = 0;
  }
  return new (static_cast<Segment*>(chunks_.back()) + next_++) Segment;
}

RecordIndex::SegmentPool::~SegmentPool() {
  for (void* chunk : chunks_) ::operator delete(chunk, std::align_val_t{alignof(Segment)});
}

RecordIndex::RecordIndex(const HashSeed& seed, const RecordSlab& slab, Limbo& limbo)
    : seed_(seed), slab_(slab), limbo_(limbo), directory_(new Directory(0)) {
  directory_.load(std::memory_order_relaxed)->entries[0].store(segments_.Take());
}

RecordIndex::~RecordIndex() { delete directory_.load(std::memory_order_relaxed); }

const CapabilityRecord* RecordIndex::Find(uint64_t hash, const RecordKey& key) const {
  const Directory* directory = directory_.load(std::memory_order_acquire);
  const Segment* segment =
      directory->entries[hash & directory->mask].load(std::memory_order_acquire);
  const uint64_t fingerprint = hash >> kRecordBits;
  uint64_t group = GroupOf(hash);
  for (uint32_t visited = 0; visited < kGroups; ++visited) {
    const std::atomic<uint64_t>* slots = segment->slots + group * kGroupSlots;
    for (uint32_t hits = Matching(slots, fingerprint); hits != 0; hits &= hits - 1) {
      const uint64_t hit = slots[std::countr_zero(hits)].load(std::memory_order_acquire);
      const CapabilityRecord* record = slab_.At(hit & kRecordMask);
      if (key.IsOf(*record)) [[likely]]
        return record;
    }
    if (slots[kGroupSlots - 1].load(std::memory_order_acquire) == 0) return nullptr;
    group = (group + 1) % kGroups;
  }
  return nullptr;
}

// The record is whole before the slot names it, and a group fills from its first slot.
bool RecordIndex::Place(Segment& segment, uint64_t hash, uint64_t record) {
  const uint64_t entry = hash >> kRecordBits << kRecordBits | record;
  uint64_t group = GroupOf(hash);
  for (uint32_t visited = 0; visited < kGroups; ++visited, group = (group + 1) % kGroups) {
    for (uint32_t i = 0; i < kGroupSlots; ++i) {
      std::atomic<uint64_t>& slot = segment.slots[group * kGroupSlots + i];
      const uint64_t old = slot.load(std::memory_order_relaxed);
      if (old != 0 && old != kErased) continue;
      if (old == 0) ++segment.used;
      ++segment.live;
      slot.store(entry, std::memory_order_release);
      return true;
    }
  }
  return false;
}

bool RecordIndex::Insert(uint64_t record) {
  const uint64_t hash = HashOf(seed_, *slab_.At(record));
  for (;;) {
    Directory& directory = *directory_.load(std::memory_order_relaxed);
    Segment& segment = *directory.entries[hash & directory.mask].load(std::memory_order_relaxed);
    if (segment.used < kSplitAt) return Place(segment, hash, record);
    if (!MakeRoom(hash)) return false;
  }
}

void RecordIndex::Erase(uint64_t record) {
  const uint64_t hash = HashOf(seed_, *slab_.At(record));
  Directory& directory = *directory_.load(std::memory_order_relaxed);
  Segment& segment = *directory.entries[hash & directory.mask].load(std::memory_order_relaxed);
  const uint64_t entry = hash >> kRecordBits << kRecordBits | record;
  uint64_t group = GroupOf(hash);
  for (uint32_t visited = 0; visited < kGroups; ++visited, group = (group + 1) % kGroups) {
    for (uint32_t i = 0; i < kGroupSlots; ++i) {
      std::atomic<uint64_t>& slot = segment.slots[group * kGroupSlots + i];
      if (slot.load(std::memory_order_relaxed) != entry) continue;
      // Not 0: entries that found this group full may stand in the next one.
      slot.store(kErased, std::memory_order_release);
      --segment.live;
      return;
    }
  }
}

// Readers go on in the old segment until the directory names the new ones, and may stay there until
// they leave their epoch; it is never changed again. A segment that is full of erased entries is
// only rebuilt, so that grants that come and go do not make the table grow.
bool RecordIndex::MakeRoom(uint64_t hash) {
  const Directory* before = directory_.load(std::memory_order_relaxed);
  Segment* old = before->entries[hash & before->mask].load(std::memory_order_relaxed);
  const uint32_t depth = old->depth;
  const bool split = old->live > kSplitAt / 2;
  if (split && depth == before->depth && !Double()) return false;
  Segment* low = segments_.Take();
  Segment* high = split ? segments_.Take() : low;
  low->depth = high->depth = depth + (split ? 1 : 0);
  for (const std::atomic<uint64_t>& slot : old->slots) {
    const uint64_t entry = slot.load(std::memory_order_relaxed);
    if (entry == 0 || entry == kErased) continue;
    const uint64_t record = entry & kRecordMask;
    const uint64_t own = HashOf(seed_, *slab_.At(record));
    Place((own >> depth & 1) != 0 ? *high : *low, own, record);
  }
  Directory& directory = *directory_.load(std::memory_order_relaxed);
  const uint64_t step = uint64_t{1} << depth;
  for (uint64_t i = hash & (step - 1); i <= directory.mask; i += step) {
    directory.entries[i].store((i & step) != 0 ? high : low, std::memory_order_release);
  }
  segment_count_ += split ? 1 : 0;
  limbo_.Retire([this, old] { segments_.Give(old); });
  return true;
}

bool RecordIndex::Double() {
  Directory* old = directory_.load(std::memory_order_relaxed);
  if (old->depth == kMaxDepth) return false;
  auto* wide = new Directory(old->depth + 1);
  for (uint64_t i = 0; i <= wide->mask; ++i) {
    wide->entries[i].store(old->entries[i & old->mask].load(std::memory_order_relaxed),
                           std::memory_order_relaxed);
  }
  directory_.store(wide, std::memory_order_release);
  limbo_.Retire([old] { delete old; });
  return true;
}

uint64_t RecordIndex::bytes() const {
  const Directory* directory = directory_.load(std::memory_order_relaxed);
  return segment_count_ * sizeof(Segment) + (directory->mask + 1) * sizeof(Segment*);
}

}  // namespace cap::engine

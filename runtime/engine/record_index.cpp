#include "runtime/engine/record_index.h"

#include <algorithm>
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
    : mask((uint32_t{1} << bits) - 1), depth(bits), entries(new Segment*[size_t{1} << bits]) {}

RecordIndex::Directory::Directory(const Directory& narrow, uint32_t bits) : Directory(bits) {
  const size_t half = size_t{narrow.mask} + 1;
  std::copy_n(narrow.entries.get(), half, entries.get());
  std::copy_n(narrow.entries.get(), half, entries.get() + half);
}

// The first chunk is resident only as far as it is written, so that a small engine stays small.
RecordIndex::Segment* RecordIndex::SegmentPool::Take() {
  if (!free_.empty()) {
    Segment* segment = free_.back();
    free_.pop_back();
    return new (segment) Segment;
  }
  if (next_ == kChunkSegments) {
    chunks_.push_back(NewPage(!chunks_.empty()));
    next_ = 0;
  }
  return new (static_cast<Segment*>(chunks_.back()) + next_++) Segment;
}

RecordIndex::SegmentPool::~SegmentPool() {
  for (void* chunk : chunks_) DeletePage(chunk);
}

RecordIndex::RecordIndex(const HashSeed& seed, const RecordSlab& slab, Limbo& limbo)
    : seed_(seed), slab_(slab), limbo_(limbo), directory_(new Directory(0)) {
  directory_.load(std::memory_order_relaxed)->entries[0] = segments_.Take();
}

RecordIndex::~RecordIndex() { delete directory_.load(std::memory_order_relaxed); }

const CapabilityRecord* RecordIndex::Find(uint64_t hash, const RecordKey& key) const {
  const uint32_t tag = TagOf(hash);
  const Segment* segment = directory_.load(std::memory_order_acquire)->At(tag);
  uint32_t group = GroupOf(tag);
  for (uint32_t visited = 0; visited < kGroups; ++visited) {
    const std::atomic<uint64_t>* slots = segment->slots + group * kGroupSlots;
    for (uint32_t hits = Matching(slots, tag); hits != 0; hits &= hits - 1) {
      const uint64_t hit = slots[std::countr_zero(hits)].load(std::memory_order_acquire);
      const CapabilityRecord* record = slab_.At(RecordOf(hit));
      if (key.IsOf(*record)) [[likely]]
        return record;
    }
    if (slots[kGroupSlots - 1].load(std::memory_order_acquire) == 0) return nullptr;
    group = (group + 1) % kGroups;
  }
  return nullptr;
}

// The record is whole before the slot names it, and a group fills from its first slot.
bool RecordIndex::Place(Segment& segment, uint64_t entry) {
  uint32_t group = GroupOf(TagOf(entry));
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
  const uint32_t tag = TagOf(HashOf(seed_, *slab_.At(record)));
  for (;;) {
    Segment& segment = *directory_.load(std::memory_order_relaxed)->At(tag);
    if (segment.used < kSplitAt) return Place(segment, EntryOf(tag, record));
    if (!MakeRoom(tag)) return false;
  }
}

void RecordIndex::Erase(uint64_t record) {
  const uint32_t tag = TagOf(HashOf(seed_, *slab_.At(record)));
  Segment& segment = *directory_.load(std::memory_order_relaxed)->At(tag);
  const uint64_t entry = EntryOf(tag, record);
  uint32_t group = GroupOf(tag);
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

// A segment that no reader sees yet: where each group's free slots begin is known, so that an entry
// of a split costs a tenth of Place(), and the split is not the worst operation by far.
class RecordIndex::Filling {
 public:
  explicit Filling(Segment& segment) : segment_(segment) {}
  Segment& segment() const { return segment_; }

  /// INVARIANT: fewer entries than slots.
  void Add(uint64_t entry) {
    uint32_t group = GroupOf(TagOf(entry));
    while (filled_[group] == kGroupSlots) group = (group + 1) % kGroups;
    segment_.slots[group * kGroupSlots + filled_[group]++].store(entry, std::memory_order_relaxed);
    ++segment_.used;
    ++segment_.live;
  }

 private:
  Segment& segment_;
  uint8_t filled_[kGroups] = {};
};

// Readers go on in the old segment until the directory names the new ones, and may stay there until
// they leave their epoch; it is never changed again. A segment that is full of erased entries is
// only rebuilt, so that grants that come and go do not make the table grow.
bool RecordIndex::MakeRoom(uint32_t tag) {
  const Directory* before = directory_.load(std::memory_order_relaxed);
  Segment* old = before->At(tag);
  const uint32_t depth = old->depth;
  const bool split = old->live > kSplitAt / 2;
  if (split && depth == before->depth && !Double()) return false;
  Filling low(*segments_.Take());
  Filling high(split ? *segments_.Take() : low.segment());
  low.segment().depth = high.segment().depth = depth + (split ? 1 : 0);
  for (const std::atomic<uint64_t>& slot : old->slots) {
    const uint64_t entry = slot.load(std::memory_order_relaxed);
    if (entry == 0 || entry == kErased) continue;
    (split && (TagOf(entry) >> depth & 1) != 0 ? high : low).Add(entry);
  }
  Directory& directory = *directory_.load(std::memory_order_relaxed);
  const size_t step = size_t{1} << depth;
  for (size_t i = tag & (step - 1); i <= directory.mask; i += step) {
    std::atomic_ref(directory.entries[i])
        .store((i & step) != 0 ? &high.segment() : &low.segment(), std::memory_order_release);
  }
  segment_count_ += split ? 1 : 0;
  limbo_.Retire([this, old] { segments_.Give(old); });
  return true;
}

bool RecordIndex::Double() {
  Directory* old = directory_.load(std::memory_order_relaxed);
  if (old->depth == kMaxDepth) return false;
  directory_.store(new Directory(*old, old->depth + 1), std::memory_order_release);
  limbo_.Retire([old] { delete old; });
  return true;
}

uint64_t RecordIndex::bytes() const {
  const Directory* directory = directory_.load(std::memory_order_relaxed);
  return segment_count_ * sizeof(Segment) + (uint64_t{directory->mask} + 1) * sizeof(Segment*);
}

}  // namespace cap::engine

// One row a grant, at a place that never moves: what a decision asks first. A handle names a row
// and the generation it was made in. Rows outlive every Program; what they hold of one does not.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cap/engine.h"
#include "runtime/base/limits.h"

namespace cap::engine {

enum class GrantStatus : uint32_t { kFree, kLive, kRevoked, kOrphaned, kExpired };

/// What a grant was minted with, packed: it is kept for every grant, and read when a Program is
/// swapped or a decision is shown.
class GrantSpecification {
 public:
  /// `bound`: the values in order of Policy::bound. `chain`: PackChain() of a delegated grant.
  static std::unique_ptr<GrantSpecification> Make(std::string_view subject,
                                                  std::string_view purpose,
                                                  const std::vector<Value>& bound,
                                                  std::string_view chain = {});
  static void operator delete(void* memory) { ::operator delete(memory); }

  std::string_view subject() const { return {bytes(), subject_}; }
  std::string_view purpose() const { return {bytes() + subject_, purpose_}; }
  std::vector<Value> bound() const;
  std::string_view chain() const { return {bytes() + subject_ + purpose_ + bound_, chain_}; }
  size_t size() const { return sizeof *this + subject_ + purpose_ + bound_ + chain_; }

 private:
  GrantSpecification() = default;
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }

  uint16_t subject_ = 0;
  uint16_t purpose_ = 0;
  uint32_t bound_ = 0;
  uint32_t chain_ = 0;
};

/// Which revocation handles were revoked: a byte each, at a place that never moves. An index is
/// never given out twice, so that a grant cannot come to hang on another's handle.
class HandleTable {
 public:
  HandleTable();
  ~HandleTable();
  HandleTable(const HandleTable&) = delete;
  HandleTable& operator=(const HandleTable&) = delete;

  /// Also true for an index that was never handed out: nothing hangs on what nobody made.
  bool IsRevoked(uint32_t index) const {
    if (index >= limits::kRevocationHandles) return true;
    const std::atomic<uint8_t>* chunk = chunks_[index / kChunk].load(std::memory_order_acquire);
    return chunk == nullptr || chunk[index % kChunk].load(std::memory_order_acquire) != kLive;
  }

  /// Nothing when there are too many. One writer at a time.
  std::optional<uint32_t> Allocate();
  /// False: it was not live. From any thread. Cost: one store, whatever hangs on it.
  bool Revoke(uint32_t index);

 private:
  static constexpr uint32_t kChunk = 65'536;
  static constexpr uint8_t kLive = 1;

  std::unique_ptr<std::atomic<std::atomic<uint8_t>*>[]> chunks_;
  uint32_t next_ = 1;  // 0 = no handle
};

/// GrantRow::policy of a delegated grant has this bit: no policy's number does.
inline constexpr uint32_t kDelegatedBit = 0x8000'0000;

struct alignas(64) GrantRow {
  std::atomic<uint64_t> state = 0;  // generation:32 | GrantStatus:32; written last, read first
  std::atomic<int64_t> expires_us = 0;
  std::atomic<const GrantSpecification*> specification = nullptr;
  std::atomic<uint32_t> policy = 0;  // number of the policy's name in this engine
  std::atomic<uint32_t> handles[limits::kGrantHandles] = {};  // the first 0 ends them
  // For the writer: the run of records in the index of the Program in force.
  uint32_t record_count = 0;
  uint64_t first_record = 0;
  std::atomic<uint64_t> parent = 0;  // it was delegated from: generation:32 | row:32; 0: minted
};
static_assert(sizeof(GrantRow) == 64);

inline uint64_t StateOf(uint32_t generation, GrantStatus status) {
  return uint64_t{generation} << 32 | static_cast<uint64_t>(status);
}

/// One number for a handle.
inline uint64_t KeyOf(GrantId grant) { return uint64_t{grant.generation} << 32 | grant.index; }

class GrantRows {
 public:
  GrantRows();
  ~GrantRows();
  GrantRows(const GrantRows&) = delete;
  GrantRows& operator=(const GrantRows&) = delete;

  /// Null: no such row was ever made.
  GrantRow* At(uint32_t index) const {
    GrantRow* chunk = index < limits::kGrants
                          ? chunks_[index / kChunkRows].load(std::memory_order_acquire)
                          : nullptr;
    return chunk == nullptr ? nullptr : chunk + index % kChunkRows;
  }

  /// A free row; nothing when there are too many. One writer at a time.
  std::optional<uint32_t> Allocate();
  void Free(uint32_t index) { free_.push_back(index); }

  HandleTable& handles() { return handles_; }
  const HandleTable& handles() const { return handles_; }

  uint32_t end() const { return next_; }  // rows at and after it were never used
  uint64_t bytes() const { return (next_ + kChunkRows - 1) / kChunkRows * kChunkBytes; }

 private:
  static constexpr uint32_t kChunkRows = 4096;
  static constexpr uint64_t kChunkBytes = kChunkRows * sizeof(GrantRow);

  std::unique_ptr<std::atomic<GrantRow*>[]> chunks_;
  HandleTable handles_;
  uint32_t next_ = 0;
  std::vector<uint32_t> free_;
};

}  // namespace cap::engine

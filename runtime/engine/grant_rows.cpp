#include "runtime/engine/grant_rows.h"

#include <new>

#include "runtime/engine/value_bytes.h"

namespace cap::engine {

std::unique_ptr<GrantSpecification> GrantSpecification::Make(std::string_view subject,
                                                             std::string_view purpose,
                                                             const std::vector<Value>& bound,
                                                             std::string_view chain) {
  std::string bytes;
  bytes.append(subject).append(purpose);
  for (const Value& value : bound) AppendValue(value, bytes);
  const size_t before_chain = bytes.size();
  bytes.append(chain);
  void* memory = ::operator new(sizeof(GrantSpecification) + bytes.size());
  std::unique_ptr<GrantSpecification> made(new (memory) GrantSpecification);
  made->subject_ = static_cast<uint16_t>(subject.size());
  made->purpose_ = static_cast<uint16_t>(purpose.size());
  made->bound_ = static_cast<uint32_t>(before_chain - subject.size() - purpose.size());
  made->chain_ = static_cast<uint32_t>(chain.size());
  if (!bytes.empty()) std::memcpy(made.get() + 1, bytes.data(), bytes.size());
  return made;
}

std::vector<Value> GrantSpecification::bound() const {
  const std::string_view bytes_of_bound{bytes() + subject_ + purpose_, bound_};
  std::vector<Value> values;
  for (size_t at = 0; at < bytes_of_bound.size();) values.push_back(ReadValue(bytes_of_bound, at));
  return values;
}

HandleTable::HandleTable()
    : chunks_(new std::atomic<std::atomic<uint8_t>*>[limits::kRevocationHandles / kChunk]{}) {}

HandleTable::~HandleTable() {
  for (uint32_t chunk = 0; chunk < limits::kRevocationHandles / kChunk; ++chunk) {
    delete[] chunks_[chunk].load(std::memory_order_relaxed);
  }
}

std::optional<uint32_t> HandleTable::Allocate() {
  if (next_ == limits::kRevocationHandles) return std::nullopt;
  std::atomic<std::atomic<uint8_t>*>& place = chunks_[next_ / kChunk];
  std::atomic<uint8_t>* chunk = place.load(std::memory_order_relaxed);
  if (chunk == nullptr) {
    chunk = new std::atomic<uint8_t>[kChunk]{};
    place.store(chunk, std::memory_order_release);
  }
  chunk[next_ % kChunk].store(kLive, std::memory_order_release);
  return next_++;
}

bool HandleTable::Revoke(uint32_t index) {
  if (index >= limits::kRevocationHandles) return false;
  std::atomic<uint8_t>* chunk = chunks_[index / kChunk].load(std::memory_order_acquire);
  return chunk != nullptr && chunk[index % kChunk].exchange(0, std::memory_order_seq_cst) == kLive;
}

GrantRows::GrantRows()
    : chunks_(new std::atomic<GrantRow*>[limits::kGrants / kChunkRows]{}) {}

GrantRows::~GrantRows() {
  for (uint32_t index = 0; index < next_; ++index) {
    delete At(index)->specification.load(std::memory_order_relaxed);
  }
  for (uint32_t chunk = 0; chunk < limits::kGrants / kChunkRows; ++chunk) {
    delete[] chunks_[chunk].load(std::memory_order_relaxed);
  }
}

std::optional<uint32_t> GrantRows::Allocate() {
  if (!free_.empty()) {
    const uint32_t index = free_.back();
    free_.pop_back();
    return index;
  }
  if (next_ == limits::kGrants) return std::nullopt;
  if (next_ % kChunkRows == 0) {
    chunks_[next_ / kChunkRows].store(new GrantRow[kChunkRows], std::memory_order_release);
  }
  return next_++;
}

}  // namespace cap::engine

// What counters are called: keyed hashes (SipHash-2-4 of 128 bits), so that who does not know the
// key can neither foresee nor collide one, and a store that leaks tells no key values. What a
// Program says is hashed link by link when it is loaded; what a call brings is hashed part by part,
// each kind of part under a key of its own, and added to it (decision 0041).
//
//   capability's or shared limit's term   policy, owner, term, `reset`, kind · unit · keys
//   history                               action, names of arguments · subject · their values
//   breaker                               policy · subject
//   block of a delegation                 the counter of the block above it · hash of the block
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "runtime/program/program.h"
#include "runtime/state/store.h"
#include "runtime/value/slot.h"

namespace cap::engine {

class CounterHash {
 public:
  using Key = std::array<uint8_t, 16>;
  using Id = state::CounterId;

  explicit CounterHash(const Key& key);

  /// A name by one more link: of what is made once, and of what a host may see. `tag` says which
  /// kind of link.
  Id Text(const Id& id, char tag, std::string_view text) const;
  Id Number(const Id& id, char tag, uint64_t low, uint64_t high = 0) const;
  Id Join(const Id& id, const Id& other) const { return Number(id, 'h', other.low, other.high); }

  /// A subject's part of a counter's name, to be added to many.
  Id SubjectPart(std::string_view subject) const { return Hash(Part::kSubject, subject); }
  /// … a text's, as ByValue() adds it.
  Id TextPart(std::string_view text) const { return Hash(Part::kText, text); }
  /// The counter that `id` becomes by one more part. In another order parts come to another one.
  static Id By(const Id& id, const Id& part) {
    return {.high = (id.high << 1 | id.low >> 63) ^ part.high,
            .low = (id.low << 1 | id.high >> 63) ^ part.low};
  }
  /// … by a value of the type, as a frame or a constant holds it. Equal values of one kind have one
  /// name in every Program: of an enum its member's text counts, not its place. False: the type is
  /// of a kind that no key has.
  bool ByValue(const Program& program, TypeIndex type, const Slot& slot, Id& id) const;
  /// … by a part that was left open: `id` has nothing at its place, and `shift` parts behind it. By
  /// is linear, so that nobody can tell when it was added.
  static Id Add(const Id& id, const Id& part, uint32_t shift) {
    if (shift == 0) return {.high = id.high ^ part.high, .low = id.low ^ part.low};
    return {.high = id.high ^ (part.high << shift | part.low >> (64 - shift)),
            .low = id.low ^ (part.low << shift | part.high >> (64 - shift))};
  }
  /// As how many parts ByValue() adds a value of the type.
  static uint32_t PartsOf(const Program& program, TypeIndex type) {
    return program.types[type].kind == TypeKind::kDecimal ? 2 : 1;
  }
  /// … by the currency that it counts: no two of one counter come to the same.
  Id ByCurrency(Id id, uint16_t currency) const {
    id.low += currency * currency_factor_;
    return id;
  }

 private:
  /// Kinds of parts.
  enum class Part : uint8_t {
    kSubject, kText, kMember, kBool, kInt, kInstant, kDuration, kDate, kMoney, kScale, kDecimal
  };
  static constexpr size_t kParts = static_cast<size_t>(Part::kDecimal) + 1;

  static Id Hash(const Key& key, const void* bytes, size_t length);
  Id Hash(Part part, std::string_view text) const {
    return Hash(keys_[static_cast<size_t>(part)], text.data(), text.size());
  }
  Id Hash(Part part, const Slot& slot) const {
    const uint64_t words[] = {slot.lo, slot.hi};
    return Hash(keys_[static_cast<size_t>(part)], words, sizeof words);
  }

  Key key_;
  std::array<Key, kParts> keys_;
  uint64_t currency_factor_ = 1;  // odd
};

}  // namespace cap::engine

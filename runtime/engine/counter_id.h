// What counters are called: keyed hashes (SipHash-2-4 of 128 bits), made link by link, so that no
// buffer bounds what a key may be. Who does not know the key can neither foresee nor collide one,
// and a store that leaks tells no key values.
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

  explicit CounterHash(const Key& key) : key_(key) {}

  /// The counter that `id` becomes by one more part of its name. `tag` says which kind of part.
  Id Text(const Id& id, char tag, std::string_view text) const;
  Id Number(const Id& id, char tag, uint64_t low, uint64_t high = 0) const;
  Id Join(const Id& id, const Id& other) const { return Number(id, 'h', other.low, other.high); }

  /// … by a value of the type, as a frame or a constant holds it. Equal values of one kind have one
  /// name in every Program: of an enum its member's text counts, not its place. False: the type is
  /// of a kind that no key has.
  bool Value(const Program& program, TypeIndex type, const Slot& slot, Id& id) const;

 private:
  Id Hash(const void* bytes, size_t length) const;

  Key key_;
};

}  // namespace cap::engine

// The constants of records, as slots. Equal lists of constants are one block, shared by all records
// that have them; a block lives as long as a record refers to it. For writers only: readers follow
// a record's pointer and know nothing of the pool.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/program/program.h"
#include "runtime/value/arena.h"
#include "runtime/value/slot.h"

namespace cap::engine {

/// A checked value, laid out somewhere, and the type that says how.
struct TypedSlot {
  TypeIndex type = kNone;  // kNone: not there
  Slot slot;
};

class ConstPool {
 public:
  /// `program` must outlive the pool.
  explicit ConstPool(const Program& program) : program_(program) {}
  ConstPool(const ConstPool&) = delete;
  ConstPool& operator=(const ConstPool&) = delete;

  /// A block with copies of these slots and of all they point at, one reference taken; null for no
  /// constants at all. `before`: what is to stand right before the result, a copy of it; blocks
  /// that differ in it are two. Errors: "bad-program" (a type that no constant may have).
  Result<const Slot*> Intern(const std::vector<TypedSlot>& constants,
                             std::span<const Slot> before = {});

  /// Takes one more reference to a block of Intern(); null is fine.
  void Retain(const Slot* slots);
  /// Gives one reference back; null is fine.
  void Release(const Slot* slots);

  uint64_t bytes() const { return bytes_; }

 private:
  struct Block {
    std::unique_ptr<Slot[]> memory;
    const Slot* slots = nullptr;  // in it: the constants
    uint64_t references = 0;
    uint64_t bytes = 0;
  };

  const Program& program_;
  std::unordered_map<std::string, Block> blocks_;  // by the bytes of the constants
  std::unordered_map<const Slot*, const std::string*> keys_;
  uint64_t bytes_ = 0;
};

/// The constants of a shape: literals of the Program, laid out in `arena`, or of `bound`, which is
/// parallel to Program::bound. Errors: "bad-program", "missing-bound".
Result<std::vector<TypedSlot>> ConstantsOf(const Program& program, uint32_t shape,
                                           const std::vector<ConstSource>& sources,
                                           const std::vector<TypedSlot>& bound, Arena& arena);

/// The texts that a pattern's hole may have: one, or one an alternative of a bound set. `of` is the
/// hole of the resource: texts for an email or for its domain come out as calls would write them.
/// Errors: "bad-bound" (a value that is no literal segment, or that no call could have there),
/// "missing-bound", "bad-program".
Result<std::vector<std::string>> TextsOf(const Program& program, const PatternHole& hole,
                                         const ResourceHole& of,
                                         const std::vector<TypedSlot>& bound);

}  // namespace cap::engine

#include "runtime/engine/const_pool.h"

#include <algorithm>
#include <cstring>

#include "runtime/base/limits.h"
#include "runtime/frame/encode.h"
#include "runtime/program/layout.h"
#include "runtime/value/date.h"
#include "runtime/value/instant.h"
#include "runtime/value/quote.h"
#include "runtime/value/segment.h"
#include "runtime/value/text.h"

namespace cap::engine {
namespace {

size_t SlotsForBytes(size_t bytes) { return (bytes + sizeof(Slot) - 1) / sizeof(Slot); }


/// Copies slots into one array: first the constants, behind them what they point at. Run twice:
/// without memory it counts and writes the key, with memory it copies.
class Packer {
 public:
  Packer(const Program& program, Slot* memory, size_t first_free, std::string& key)
      : program_(program), memory_(memory), next_(first_free), key_(key) {}

  /// False: the type is none that a constant may have.
  bool Put(const TypedSlot& constant, size_t at);
  size_t used() const { return next_; }

 private:
  void PutText(const Type& type, const Slot& slot, size_t at);
  bool PutList(const Type& type, const Slot& slot, size_t at);
  bool PutRows(const Type& type, const Slot& slot, size_t at);
  void AddKey(const void* bytes, size_t length) {
    if (memory_ == nullptr) key_.append(static_cast<const char*>(bytes), length);
  }

  const Program& program_;
  Slot* memory_;
  size_t next_;
  std::string& key_;
};

bool Packer::Put(const TypedSlot& constant, size_t at) {
  const Type& type = program_.types[constant.type];
  const uint8_t kind = static_cast<uint8_t>(type.kind);
  AddKey(&kind, sizeof kind);
  if (type.kind == TypeKind::kRecord) return false;
  if (IsTextKind(type.kind)) {
    PutText(type, constant.slot, at);
    return true;
  }
  if (ClassOf(program_, constant.type) == ValueClass::kList) {
    return PutList(type, constant.slot, at);
  }
  // A table stays where it is, in the Program: its address is what it is.
  AddKey(&constant.slot, sizeof constant.slot);
  if (memory_ != nullptr) memory_[at] = constant.slot;
  return true;
}

void Packer::PutText(const Type& type, const Slot& slot, size_t at) {
  const std::string_view text = StringOf(slot);
  const size_t header = HeaderBytes(type.kind);
  const uint64_t length = text.size();
  AddKey(&length, sizeof length);
  AddKey(text.data(), text.size());
  const size_t start = next_;
  next_ += SlotsForBytes(header + text.size());
  if (memory_ == nullptr) return;
  char* bytes = reinterpret_cast<char*>(memory_ + start);
  if (header + text.size() > 0) std::memcpy(bytes, text.data() - header, header + text.size());
  memory_[at] = {reinterpret_cast<uintptr_t>(bytes + header), slot.hi};
}

/// The rows of a map. Recursion follows the type, whose depth the verifier bounds.
bool Packer::PutRows(const Type& type, const Slot& slot, size_t at) {
  const uint32_t count = CountOf(slot);
  const uint32_t stride = StrideOf(slot);
  AddKey(&count, sizeof count);
  const size_t first = next_;
  next_ += size_t{count} * stride;
  for (size_t i = 0; i < size_t{count} * stride; ++i) {
    const auto offset = static_cast<uint32_t>(i % stride);
    const Slot& leaf = ElementsOf(slot)[i];
    const uint64_t present = ElementsOf(slot)[i - offset].lo;
    const TypeIndex leaf_type = ElementLeafType(program_, type.element, offset);
    const bool marker = program_.types[leaf_type].kind == TypeKind::kRecord;
    if (offset != 0 && !marker && (present >> offset & 1) != 0) {
      if (!Put({leaf_type, leaf}, first + i)) return false;
      continue;
    }
    AddKey(&leaf, sizeof leaf);
    if (memory_ != nullptr) memory_[first + i] = leaf;
  }
  if (memory_ == nullptr) return true;
  memory_[at] = {reinterpret_cast<uintptr_t>(memory_ + first), PackPair(count, stride)};
  return true;
}

bool Packer::PutList(const Type& type, const Slot& slot, size_t at) {
  if (type.kind == TypeKind::kMap) return PutRows(type, slot, at);
  const TypeKind element = program_.types[type.element].kind;
  if (element == TypeKind::kSet || element == TypeKind::kList || element == TypeKind::kRecord) {
    return false;
  }
  const uint32_t count = CountOf(slot);
  AddKey(&count, sizeof count);
  const size_t first = next_;
  next_ += count;
  for (uint32_t i = 0; i < count; ++i) {
    if (!Put({type.element, ElementsOf(slot)[i]}, first + i)) return false;
  }
  if (memory_ == nullptr) return true;
  memory_[at] = {reinterpret_cast<uintptr_t>(memory_ + first), PackPair(count, 1)};
  return true;
}

Result<std::string> LegalSegment(std::string text) {
  // A record keeps the length in 16 bits.
  if (!IsLegalSegment(text) || text.size() > limits::kLiteralBytes) {
    return Fail("bad-bound",
                "a value that a pattern inserts is no literal segment: it must not be empty, nor "
                "have a separator, a wildcard, a dot segment, a control character or an escape of "
                "these");
  }
  return text;
}

std::unexpected<Error> NoSegment() {
  return Fail("bad-program", "a pattern inserts a value that has no text as a segment");
}

Result<std::string> SegmentOf(const Program& program, TypeIndex index, const Slot& slot) {
  const Type& type = program.types[index];
  if (IsTextKind(type.kind)) return LegalSegment(std::string(StringOf(slot)));
  const auto word = static_cast<int64_t>(slot.lo);
  if (type.kind == TypeKind::kInt) return std::to_string(word);
  if (type.kind == TypeKind::kEnum) return LegalSegment(program.enums[type.ref].members[slot.lo]);
  if (type.kind == TypeKind::kInstant) return FormatInstant({word});
  if (type.kind == TypeKind::kDate) return FormatDate({word});
  return NoSegment();
}

Result<std::string> SegmentOf(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.v)) return LegalSegment(*text);
  if (const auto* number = std::get_if<int64_t>(&value.v)) return std::to_string(*number);
  if (const auto* member = std::get_if<EnumMember>(&value.v)) return LegalSegment(member->name);
  if (const auto* instant = std::get_if<Instant>(&value.v)) return FormatInstant(*instant);
  if (const auto* date = std::get_if<Date>(&value.v)) return FormatDate(*date);
  return NoSegment();
}

// A pattern compares bytes, and calls write emails in one way only: a bound "Evil.com" would never
// match, and a forbid that inserts it would never forbid.
Result<std::string> AsWritten(const Program& program, const ResourceHole& of, std::string text) {
  const TypeKind kind = program.types[of.type].kind;
  if (!IsCanonicalKind(kind)) return text;
  Result<std::string> written = CanonicalSegment(kind, of.email_domain, text);
  if (written) return written;
  const std::string what = !of.email_domain              ? std::string(NameOfText(kind))
                           : kind == TypeKind::kEmail ? "domain of an email"
                                                      : "host of a url";
  return Fail("bad-bound", QuoteCut(text) + " is no " + what);
}

Result<TypedSlot> ResolveConst(const Program& program, const ConstSource& source, TypeIndex type,
                               const std::vector<TypedSlot>& bound, Arena& arena) {
  if (source.bound) {
    if (source.index >= bound.size() || bound[source.index].type == kNone) {
      return Fail("missing-bound", "a bound value that the policy uses was not given");
    }
    return bound[source.index];
  }
  auto slot = EncodeConstant(program, type, program.values[source.index], arena);
  if (!slot) return Fail("bad-program", "a constant: " + slot.error().message);
  return TypedSlot{type, *slot};
}

}  // namespace

Result<const Slot*> ConstPool::Intern(const std::vector<TypedSlot>& constants,
                                      std::span<const Slot> before) {
  if (constants.empty()) return nullptr;
  const uint64_t first = before.size();
  std::string key(reinterpret_cast<const char*>(&first), sizeof first);
  key.append(reinterpret_cast<const char*>(before.data()), before.size_bytes());
  Packer counter(program_, nullptr, constants.size(), key);
  for (size_t i = 0; i < constants.size(); ++i) {
    if (!counter.Put(constants[i], i)) {
      return Fail("bad-program", "a constant of a type that no constant may have");
    }
  }
  if (const auto found = blocks_.find(key); found != blocks_.end()) {
    ++found->second.references;
    return found->second.slots;
  }
  const size_t count = first + counter.used();
  Block block{.memory = std::make_unique<Slot[]>(count),
              .references = 1,
              .bytes = count * sizeof(Slot) + key.size()};
  std::ranges::copy(before, block.memory.get());
  Slot* slots = block.memory.get() + first;
  block.slots = slots;
  Packer writer(program_, slots, constants.size(), key);
  for (size_t i = 0; i < constants.size(); ++i) writer.Put(constants[i], i);
  bytes_ += block.bytes;
  const auto placed = blocks_.emplace(std::move(key), std::move(block)).first;
  keys_.emplace(slots, &placed->first);
  return slots;
}

void ConstPool::Retain(const Slot* slots) {
  const auto key = keys_.find(slots);
  if (key != keys_.end()) ++blocks_.find(*key->second)->second.references;
}

void ConstPool::Release(const Slot* slots) {
  const auto key = keys_.find(slots);
  if (key == keys_.end()) return;
  const auto block = blocks_.find(*key->second);
  if (--block->second.references > 0) return;
  bytes_ -= block->second.bytes;
  keys_.erase(key);
  blocks_.erase(block);
}

Result<std::vector<TypedSlot>> ConstantsOf(const Program& program, uint32_t shape,
                                           const std::vector<ConstSource>& sources,
                                           const std::vector<TypedSlot>& bound, Arena& arena) {
  std::vector<TypedSlot> constants;
  if (shape == kNone) return constants;
  const std::vector<TypeIndex>& types = program.shapes[shape].const_types;
  if (types.size() != sources.size()) {
    return Fail("bad-program", "a shape and its user differ in the number of constants");
  }
  for (size_t i = 0; i < sources.size(); ++i) {
    auto constant = ResolveConst(program, sources[i], types[i], bound, arena);
    if (!constant) return std::unexpected(constant.error());
    constants.push_back(*constant);
  }
  return constants;
}

Result<std::vector<std::string>> TextsOf(const Program& program, const PatternHole& hole,
                                         const ResourceHole& of,
                                         const std::vector<TypedSlot>& bound) {
  const uint32_t index = hole.value.index;
  std::vector<Result<std::string>> made;
  if (!hole.value.bound) {
    made.push_back(SegmentOf(program.values[index]));
  } else if (index >= bound.size() || bound[index].type == kNone) {
    return Fail("missing-bound", "a bound value that a pattern inserts was not given");
  } else {
    const TypedSlot& value = bound[index];
    const Type& type = program.types[value.type];
    if (type.kind != TypeKind::kSet) {
      made.push_back(SegmentOf(program, value.type, value.slot));
    } else if (ClassOf(program, value.type) == ValueClass::kMask) {
      for (uint64_t mask = value.slot.lo; mask != 0; mask &= mask - 1) {
        const auto member = static_cast<uint64_t>(__builtin_ctzll(mask));
        made.push_back(SegmentOf(program, type.element, {member, 0}));
      }
    } else {
      for (uint32_t i = 0; i < CountOf(value.slot); ++i) {
        made.push_back(SegmentOf(program, type.element, ElementsOf(value.slot)[i]));
      }
    }
  }
  std::vector<std::string> texts;
  for (Result<std::string>& text : made) {
    if (text) text = AsWritten(program, of, std::move(*text));
    if (!text) return std::unexpected(text.error());
    texts.push_back(std::move(*text));
  }
  return texts;
}

}  // namespace cap::engine

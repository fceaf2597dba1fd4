// The native ABI: what interpreter and machine code read, and what they may call. Layouts are fixed
// here and asserted; the JIT addresses fields by these offsets. No globals, no allocation, no
// unwinding, no stores but the result.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/base/limits.h"
#include "runtime/value/slot.h"

namespace cap {

/// Start of a sealed frame; slots follow at once. Immutable after Seal().
struct alignas(64) FrameHeader {
  uint64_t layout_hash = 0;        // of the tool's layout
  int64_t now_us = 0;              // one reading of the clock for the whole decision
  uint32_t tool = 0;
  uint32_t slot_count = 0;
  uint64_t present[2] = {0, 0};    // bit s: slot s was given (or defaulted) and is usable
  uint64_t poison[2] = {0, 0};     // bit s: unusable, or owed and not given: reading it, and asking
                                   // whether it is there, faults. INVARIANT: present & poison == 0
  uint64_t approvals = 0;          // bit r: approver r approved exactly this call
};
static_assert(sizeof(FrameHeader) == 64);

inline const Slot* SlotsOf(const FrameHeader* frame) {
  return reinterpret_cast<const Slot*>(frame + 1);
}
inline bool BitOf(const uint64_t (&mask)[2], uint32_t slot) {
  return (mask[slot >> 6] >> (slot & 63) & 1) != 0;
}

/// One capability of one grant: what an index entry points at. Published whole, never edited.
struct alignas(64) CapabilityRecord {
  uint32_t grant = 0;
  uint32_t generation = 0;      // of the grant's slot, so that a reused slot is noticed
  const Slot* consts = nullptr; // the shape's constants, shared between equal records
  int64_t expires_us = 0;
  uint32_t capability = 0;      // of Program::capabilities
  uint32_t shape = 0;           // of Program::shapes
  uint16_t action = 0;
  uint8_t skeleton = 0;
  uint8_t literals_inline = 1;  // bit 0: else `literals_far` holds the bytes; bit 1: the engine's
  uint32_t literals_length = 0;
  // The literals of the pattern's holes, each as u16 length (little endian) and its bytes.
  union {
    char literals[24] = {};
    const char* literals_far;
  };
};
static_assert(sizeof(CapabilityRecord) == 64);
static_assert(offsetof(CapabilityRecord, consts) == 8);
static_assert(limits::kActions <= UINT16_MAX);

inline constexpr uint64_t kAdmitted = 0;
inline constexpr uint64_t kRefused = uint64_t{1} << 63;  // admit: refused; lower bits then are zero

/// explain's result: a bit a clause. A clause with no bit is true. Clauses of cost 1, kRequire and
/// kStepUp alike, are evaluated only if every kRequire clause of cost 0 is true; a step-up that is
/// not satisfied skips nothing. admit refuses if any kRequire clause is not true, which beats every
/// step-up; so a clause is skipped only where admit refuses.
struct ClauseMasks {
  uint64_t fail = 0;     // false
  uint64_t fault = 0;    // neither true nor false
  uint64_t skipped = 0;  // cost 1, while a kRequire clause of cost 0 was not true
  bool operator==(const ClauseMasks&) const = default;
};

/// What a call-out that may fault gives then; no value that it could give otherwise.
inline constexpr int64_t kFaultWord = INT64_MIN;

/// Pure, bounded, allocation-free helpers that every engine shares. Strings, lists and tables are
/// slots, passed by address. Results are 0 or 1.
struct CallOuts {
  uint64_t version = 1;
  uint64_t (*bytes_equal)(const void* a, const void* b, uint64_t length);
  uint64_t (*str_less)(const Slot* a, const Slot* b);
  uint64_t (*str_prefix)(const Slot* text, const Slot* prefix);
  uint64_t (*str_suffix)(const Slot* text, const Slot* suffix);
  uint64_t (*str_contains)(const Slot* text, const Slot* part);
  uint64_t (*str_in)(const Slot* value, const Slot* list);
  uint64_t (*str_subset)(const Slot* left, const Slot* right);
  uint64_t (*str_disjoint)(const Slot* left, const Slot* right);
  uint64_t (*word_in)(uint64_t value, const Slot* list);
  uint64_t (*word_subset)(const Slot* left, const Slot* right);
  uint64_t (*word_disjoint)(const Slot* left, const Slot* right);
  // Times. A result is a word, or kFaultWord.
  int64_t (*date_add)(int64_t date, int64_t span_us);
  int64_t (*date_weekday)(int64_t date);
  int64_t (*zone_date)(int64_t us, const Slot* zone);
  int64_t (*zone_time)(int64_t us, const Slot* zone);
  int64_t (*schedule_has)(int64_t us, const Slot* schedule);  // 0, 1
  uint64_t (*path_under)(const Slot* path, const Slot* root);
  uint64_t (*net_within)(const Slot* inner, const Slot* outer);
  uint64_t (*net_in)(const Slot* address, const Slot* networks);
  uint64_t (*url_under)(const Slot* url, const Slot* place);
  uint64_t (*url_is_place)(const Slot* url);  // neither query nor fragment
  uint64_t (*str_matches)(const Slot* text, const Slot* table);  // of kind kDfa
  uint64_t (*dec_in)(const Slot* value, const Slot* list);
  uint64_t (*dec_subset)(const Slot* left, const Slot* right);
  uint64_t (*dec_disjoint)(const Slot* left, const Slot* right);
  // The address of the row of a map whose key it is; 0: there is none.
  uint64_t (*map_word)(uint64_t key, const Slot* map);
  uint64_t (*map_str)(const Slot* key, const Slot* map);
};
const CallOuts& StandardCallOuts();

// 0 = permit · a bit (i: clause i) a step-up or obligation that is not true · kRefused.
using AdmitFn = uint64_t (*)(const FrameHeader*, const CapabilityRecord*, const CallOuts*);
using ExplainFn = void (*)(const FrameHeader*, const CapabilityRecord*, const CallOuts*,
                           ClauseMasks*);
// kPredicate shapes: bit 0 = true, bit 1 = false, 0 = fault.
using PredicateFn = uint64_t (*)(const FrameHeader*, const CapabilityRecord*, const CallOuts*);

/// The code of one shape. An engine hands out one for each shape of a Program.
struct ShapeCode {
  AdmitFn admit = nullptr;        // kCapability
  ExplainFn explain = nullptr;    // kCapability
  PredicateFn predicate = nullptr;  // kPredicate
};

}  // namespace cap

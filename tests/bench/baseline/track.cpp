// The hand-written predicate of shapes/track.cap. Frozen: see ../README.md. The two expressions are
// written out as the code that they stand for; their tables are not read.
#include "tests/bench/baseline/layout/track.h"

#include <array>

#include "tests/bench/baseline/baselines.h"
#include "tests/bench/baseline/common.h"

namespace cap::bench::track {
namespace {

constexpr uint64_t kRequired =
    Bits(slot::parcel, slot::callback, slot::detail, slot::days, slot::proof);
constexpr uint64_t kOptional = Bits(slot::reason);

constexpr uint8_t kDigit = 1, kUpper = 2, kWordSign = 4;
constexpr std::array<uint8_t, 256> kClass = [] {
  std::array<uint8_t, 256> of{};
  for (unsigned c = '0'; c <= '9'; ++c) of[c] = kDigit | kWordSign;
  for (unsigned c = 'A'; c <= 'Z'; ++c) of[c] = kUpper | kWordSign;
  for (unsigned c = 'a'; c <= 'z'; ++c) of[c] = kWordSign;
  of['_'] = kWordSign;
  return of;
}();
bool Is(char c, uint8_t classes) { return (kClass[static_cast<uint8_t>(c)] & classes) != 0; }

/// Eight bytes at once: all of '0' to '9'.
bool Digits8(const char* p) {
  const uint64_t v = LoadAt<uint64_t>(p);
  constexpr uint64_t kHigh = 0xF0F0F0F0F0F0F0F0, kZero = 0x3030303030303030;
  return ((v & kHigh) == kZero) & (((v + 0x0606060606060606) & kHigh) == kZero);
}
bool UpperOrDigit16(const char* p) {
  bool ok = true;
  for (unsigned i = 0; i < 16; ++i) ok &= Is(p[i], kDigit | kUpper);
  return ok;
}

/// 1Z[0-9A-Z]{16}|JD\d{16,18}|[A-Z]{2}\d{9}[A-Z]{2}: the lengths 13, 18, 19 and 20.
bool IsParcel(const Slot& text) {
  const char* p = reinterpret_cast<const char*>(text.lo);
  const uint32_t n = SizeOf(text);
  if (n == 13) {
    return Is(p[0], kUpper) & Is(p[1], kUpper) & Digits8(p + 2) & Is(p[10], kDigit) &
           Is(p[11], kUpper) & Is(p[12], kUpper);
  }
  if (n < 18 || n > 20) return false;
  const uint16_t start = LoadAt<uint16_t>(p);
  if (start == ('J' | 'D' << 8)) {
    // The last eight overlap those before them.
    return Digits8(p + 2) & Digits8(p + 10) & Digits8(p + n - 8);
  }
  return n == 18 && start == ('1' | 'Z' << 8) && UpperOrDigit16(p + 2);
}

/// (\w+\.)*company\.com: that at the end, before it words that each end in a dot.
bool IsCallback(const Slot& text) {
  static constexpr char kEnd[] = "company.com";
  constexpr uint32_t kLength = sizeof kEnd - 1;
  const uint32_t n = SizeOf(text);
  if (n < kLength) return false;
  if (!SameBytes(text.lo + n - kLength, reinterpret_cast<uintptr_t>(kEnd), kLength)) return false;
  const char* p = reinterpret_cast<const char*>(text.lo);
  const char* end = p + n - kLength;
  while (p != end) {
    const char* word = p;
    while (p != end && Is(*p, kWordSign)) ++p;
    if (p == word || p == end || *p != '.') return false;
    ++p;
  }
  return true;
}

[[gnu::noinline]] ClauseMasks General(const FrameHeader* frame, const CapabilityRecord* record) {
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  Masks m;
  const Rails absent = Absent(frame, slot::reason);
  m.Put(2, Of(Has(frame, slot::detail), MaskIn(s[slot::detail], k[lit::details])));
  m.Put(3, Of(Has(frame, slot::days), Word(s[slot::days]) <= Word(k[lit::max_days])));
  m.Put(4, Or(Of(Has(frame, slot::proof), !True(s[slot::proof])), Not(absent)));
  m.Put(5, Or(absent, Of(Has(frame, slot::reason),
                         SizeOf(s[slot::reason]) <= Word(k[lit::reason_bytes]))));
  if (!m.AllTrue()) {
    m.skipped = Bits(0, 1);
    return m;
  }
  m.Put(0, Of(Has(frame, slot::parcel), IsParcel(s[slot::parcel])));
  m.Put(1, Of(Has(frame, slot::callback), IsCallback(s[slot::callback])));
  return m;
}

}  // namespace

uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*) {
  if (Unusual(frame, kRequired, kOptional)) [[unlikely]]
    return VerdictOf(General(frame, record));
  const Slot* s = SlotsOf(frame);
  const Slot* k = record->consts;
  const bool reason = Has(frame, slot::reason);
  const bool cheap = MaskIn(s[slot::detail], k[lit::details]) &
                     (Word(s[slot::days]) <= Word(k[lit::max_days])) &
                     (!True(s[slot::proof]) | reason) &
                     (!reason | (SizeOf(s[slot::reason]) <= Word(k[lit::reason_bytes])));
  return cheap && IsParcel(s[slot::parcel]) && IsCallback(s[slot::callback]) ? kAdmitted
                                                                             : kRefused;
}

void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts*,
             ClauseMasks* masks) {
  *masks = General(frame, record);
}

}  // namespace cap::bench::track

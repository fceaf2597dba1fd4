// What the hand-written predicates share: two-rail logic for the general path, and comparisons as
// one writes them for speed when the length and a hash stand beside the pointer.
#pragma once

#include <bit>
#include <cstring>

#include "runtime/program/abi.h"

namespace cap::bench {

/// Strong Kleene: neither rail = fault.
struct Rails {
  bool t = false;
  bool f = false;
};
inline Rails Not(Rails a) { return {a.f, a.t}; }
inline Rails And(Rails a, Rails b) {
  return {static_cast<bool>(a.t & b.t), static_cast<bool>(a.f | b.f)};
}
inline Rails Or(Rails a, Rails b) {
  return {static_cast<bool>(a.t | b.t), static_cast<bool>(a.f & b.f)};
}
inline Rails Of(bool known, bool value) {
  return {static_cast<bool>(known & value), static_cast<bool>(known & !value)};
}
inline constexpr Rails kTrue = {true, false};
inline constexpr Rails kFalse = {false, true};

constexpr uint64_t Bit(unsigned i) { return uint64_t{1} << i; }
template <class... Index>
constexpr uint64_t Bits(Index... i) {
  return (Bit(static_cast<unsigned>(i)) | ...);
}

/// The general path's result, clause by clause.
struct Masks : ClauseMasks {
  void Put(unsigned clause, Rails r) {
    fail |= static_cast<uint64_t>(r.f) << clause;
    fault |= static_cast<uint64_t>(!r.t & !r.f) << clause;
  }
  bool AllTrue() const { return (fail | fault) == 0; }
};

inline uint64_t VerdictOf(const ClauseMasks& m, uint64_t step_ups = 0) {
  const uint64_t open = m.fail | m.fault | m.skipped;
  return (open & ~step_ups) != 0 ? kRefused : open;
}

inline uint64_t PresentOf(const FrameHeader* frame) { return frame->present[0]; }
inline bool Has(const FrameHeader* frame, unsigned slot) {
  return (frame->present[0] >> slot & 1) != 0;
}
/// `is absent`: a fault when something unusable was given.
inline Rails Absent(const FrameHeader* frame, unsigned slot) {
  return Of((frame->poison[0] >> slot & 1) == 0, !Has(frame, slot));
}
/// True when the fast path must not run: something required is missing or an optional is unusable.
inline bool Unusual(const FrameHeader* frame, uint64_t required, uint64_t optional = 0) {
  return ((required & ~frame->present[0]) | (optional & frame->poison[0])) != 0;
}

inline int64_t Word(const Slot& s) { return static_cast<int64_t>(s.lo); }
inline bool True(const Slot& s) { return s.lo != 0; }
inline uint32_t SizeOf(const Slot& s) { return static_cast<uint32_t>(s.hi); }

template <class T>
inline T LoadAt(const char* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline bool SameBytes(uint64_t a, uint64_t b, uint32_t n) {
  const char* p = reinterpret_cast<const char*>(a);
  const char* q = reinterpret_cast<const char*>(b);
  if (n > 16) return std::memcmp(p, q, n) == 0;
  if (n >= 8) {
    return ((LoadAt<uint64_t>(p) ^ LoadAt<uint64_t>(q)) |
            (LoadAt<uint64_t>(p + n - 8) ^ LoadAt<uint64_t>(q + n - 8))) == 0;
  }
  if (n >= 4) {
    return ((LoadAt<uint32_t>(p) ^ LoadAt<uint32_t>(q)) |
            (LoadAt<uint32_t>(p + n - 4) ^ LoadAt<uint32_t>(q + n - 4))) == 0;
  }
  for (uint32_t i = 0; i < n; ++i) {
    if (p[i] != q[i]) return false;
  }
  return true;
}
inline bool StrEq(const Slot& a, const Slot& b) {
  return a.hi == b.hi && SameBytes(a.lo, b.lo, SizeOf(a));
}
inline bool StrLess(const Slot& a, const Slot& b) {
  const uint32_t n = SizeOf(a) < SizeOf(b) ? SizeOf(a) : SizeOf(b);
  const int order = n == 0 ? 0
                           : std::memcmp(reinterpret_cast<const char*>(a.lo),
                                         reinterpret_cast<const char*>(b.lo), n);
  return order != 0 ? order < 0 : SizeOf(a) < SizeOf(b);
}
inline bool StartsWith(const Slot& text, const Slot& part) {
  return SizeOf(text) >= SizeOf(part) && SameBytes(text.lo, part.lo, SizeOf(part));
}
inline bool EndsWith(const Slot& text, const Slot& part) {
  return SizeOf(text) >= SizeOf(part) &&
         SameBytes(text.lo + SizeOf(text) - SizeOf(part), part.lo, SizeOf(part));
}
inline bool Contains(const Slot& text, const Slot& part) {
  return SizeOf(part) == 0 ||
         (SizeOf(text) != 0 &&
          memmem(reinterpret_cast<const char*>(text.lo), SizeOf(text),
                 reinterpret_cast<const char*>(part.lo), SizeOf(part)) != nullptr);
}
inline bool DomainEq(const Slot& email, const Slot& domain) {
  return StrEq(EmailDomainOf(email), domain);
}
inline bool StrIn(const Slot& value, const Slot& list) {
  const Slot* e = ElementsOf(list);
  for (uint32_t i = 0, n = CountOf(list); i < n; ++i) {
    if (StrEq(value, e[i])) return true;
  }
  return false;
}
/// Both sorted without duplicates: the left must be a subsequence of the right.
inline bool StrSubset(const Slot& left, const Slot& right) {
  const Slot* l = ElementsOf(left);
  const Slot* r = ElementsOf(right);
  const Slot* l_end = l + CountOf(left);
  const Slot* r_end = r + CountOf(right);
  for (; l != l_end; ++r) {
    if (r == r_end) return false;
    if (StrEq(*l, *r)) ++l;
  }
  return true;
}
inline bool StrDisjoint(const Slot& left, const Slot& right) {
  const Slot* l = ElementsOf(left);
  for (uint32_t i = 0, n = CountOf(left); i < n; ++i) {
    if (StrIn(l[i], right)) return false;
  }
  return true;
}
inline bool WordIn(const Slot& value, const Slot& list) {
  const Slot* e = ElementsOf(list);
  for (uint32_t i = 0, n = CountOf(list); i < n; ++i) {
    if (e[i].lo == value.lo) return true;
  }
  return false;
}
inline bool WordSubset(const Slot& left, const Slot& right) {
  const Slot* l = ElementsOf(left);
  const Slot* r = ElementsOf(right);
  const Slot* l_end = l + CountOf(left);
  const Slot* r_end = r + CountOf(right);
  for (; l != l_end; ++r) {
    if (r == r_end) return false;
    if (l->lo == r->lo) ++l;
  }
  return true;
}

inline bool MaskIn(const Slot& value, const Slot& mask) {
  return (mask.lo >> (value.lo & 63) & 1) != 0;
}
inline bool MaskSubset(const Slot& left, const Slot& right) {
  return ((left.lo & ~right.lo) | left.hi) == 0;
}
inline bool MaskDisjoint(const Slot& left, const Slot& right) { return (left.lo & right.lo) == 0; }
inline int64_t MaskSize(const Slot& mask) {
  return static_cast<int64_t>(static_cast<uint64_t>(std::popcount(mask.lo)) + mask.hi);
}
/// All of them, and at least one is asked for.
inline bool Approved(const FrameHeader* frame, const Slot& approvers) {
  return ((approvers.lo & ~frame->approvals) == 0) & (approvers.lo != 0);
}

inline bool SameCurrency(const Slot& a, const Slot& b) { return a.hi == b.hi; }
inline bool MoneyLe(const Slot& a, const Slot& b) {
  return SameCurrency(a, b) & (Word(a) <= Word(b));
}

/// A checked number; of money, with its currency.
struct Number {
  bool ok = true;
  int64_t value = 0;
  uint64_t currency = 0;
};
inline Number IntOf(const Slot& s) { return {true, Word(s), 0}; }
inline Number MoneyOf(const Slot& s) { return {true, Word(s), s.hi}; }
inline Number Add(Number a, Number b) {
  Number r{static_cast<bool>(a.ok & b.ok & (a.currency == b.currency)), 0, a.currency};
  r.ok &= !__builtin_add_overflow(a.value, b.value, &r.value);
  return r;
}
inline Number Sub(Number a, Number b) {
  Number r{static_cast<bool>(a.ok & b.ok & (a.currency == b.currency)), 0, a.currency};
  r.ok &= !__builtin_sub_overflow(a.value, b.value, &r.value);
  return r;
}
inline Number SubMoney(Number a, Number b) {
  Number r = Sub(a, b);
  r.ok &= r.value >= 0;
  return r;
}
inline Number Mul(Number a, Number b) {
  Number r{static_cast<bool>(a.ok & b.ok), 0, a.currency};
  r.ok &= !__builtin_mul_overflow(a.value, b.value, &r.value);
  return r;
}
inline Number MulMoney(Number a, Number times) {
  Number r = Mul(a, times);
  r.ok &= r.value >= 0;
  return r;
}
inline bool Le(Number a, Number b) {
  return a.ok & b.ok & (a.currency == b.currency) & (a.value <= b.value);
}

}  // namespace cap::bench

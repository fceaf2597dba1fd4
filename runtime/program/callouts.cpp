// Every function here is total on valid slots: pure, bounded by the lengths of its inputs, and free
// of allocation. A list may be unsorted and hold duplicates (only sets are sorted), and nothing
// tells the two apart here, so order is used only after it has been seen.
#include <bit>
#include <cstring>

#include "runtime/program/abi.h"
#include "runtime/value/calendar.h"
#include "runtime/program/table.h"
#include "runtime/value/date.h"
#include "runtime/value/decimal.h"
#include "runtime/value/schedule.h"
#include "runtime/value/zone.h"
#include "runtime/value/net.h"
#include "runtime/value/path.h"
#include "runtime/program/table.h"

namespace cap {
namespace {

// Below this count a scan that compares hashes is cheaper than looking whether a list is sorted.
constexpr uint32_t kScanCount = 16;

bool SameText(const Slot& a, const Slot& b) {
  // `hi` holds length and hash: a difference rejects, bytes decide.
  if (a.hi != b.hi) return false;
  const std::string_view bytes = StringOf(a);
  return bytes.empty() || std::memcmp(bytes.data(), StringOf(b).data(), bytes.size()) == 0;
}

bool TextLess(const Slot& a, const Slot& b) {
  // char_traits<char> compares as unsigned bytes, a prefix first.
  return StringOf(a).compare(StringOf(b)) < 0;
}

bool SameWord(const Slot& a, const Slot& b) { return a.lo == b.lo; }

bool SameDecimal(const Slot& a, const Slot& b) { return a == b; }

bool DecimalLess(const Slot& a, const Slot& b) { return CoefficientOf(a) < CoefficientOf(b); }

bool WordLess(const Slot& a, const Slot& b) {
  return static_cast<int64_t>(a.lo) < static_cast<int64_t>(b.lo);
}

using SameFn = bool (*)(const Slot&, const Slot&);
using LessFn = bool (*)(const Slot&, const Slot&);

template <SameFn kSame>
bool Scan(const Slot& value, const Slot& list) {
  const Slot* elements = ElementsOf(list);
  for (uint32_t i = 0; i < CountOf(list); ++i) {
    if (kSame(value, elements[i])) return true;
  }
  return false;
}

template <LessFn kLess>
bool IsSorted(const Slot& list) {
  const Slot* elements = ElementsOf(list);
  for (uint32_t i = 1; i < CountOf(list); ++i) {
    if (kLess(elements[i], elements[i - 1])) return false;
  }
  return true;
}

template <LessFn kLess>
bool BinarySearch(const Slot& value, const Slot& list) {
  const Slot* elements = ElementsOf(list);
  uint32_t low = 0;
  uint32_t high = CountOf(list);
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (kLess(elements[middle], value)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < CountOf(list) && !kLess(value, elements[low]);
}

/// Whether some element of `left` has `wanted` as its membership in `right`.
template <SameFn kSame, LessFn kLess>
bool SomeElement(const Slot& left, const Slot& right, bool wanted) {
  const bool search = CountOf(right) > kScanCount && CountOf(left) > 1 && IsSorted<kLess>(right);
  const Slot* elements = ElementsOf(left);
  for (uint32_t i = 0; i < CountOf(left); ++i) {
    const bool found =
        search ? BinarySearch<kLess>(elements[i], right) : Scan<kSame>(elements[i], right);
    if (found == wanted) return true;
  }
  return false;
}

uint64_t BytesEqual(const void* a, const void* b, uint64_t length) noexcept {
  return length == 0 || std::memcmp(a, b, length) == 0;
}

uint64_t StrLess(const Slot* a, const Slot* b) noexcept { return TextLess(*a, *b); }

uint64_t StrPrefix(const Slot* text, const Slot* prefix) noexcept {
  return StringOf(*text).starts_with(StringOf(*prefix));
}

uint64_t StrSuffix(const Slot* text, const Slot* suffix) noexcept {
  return StringOf(*text).ends_with(StringOf(*suffix));
}

uint64_t StrContains(const Slot* text, const Slot* part) noexcept {
  const std::string_view whole = StringOf(*text);
  const std::string_view wanted = StringOf(*part);
  // memmem and not string_view::find: linear in the worst case, which hostile text would bring.
  return wanted.empty() ||
         (!whole.empty() &&
          memmem(whole.data(), whole.size(), wanted.data(), wanted.size()) != nullptr);
}

uint64_t StrIn(const Slot* value, const Slot* list) noexcept {
  return Scan<SameText>(*value, *list);
}

uint64_t StrSubset(const Slot* left, const Slot* right) noexcept {
  return !SomeElement<SameText, TextLess>(*left, *right, false);
}

uint64_t StrDisjoint(const Slot* left, const Slot* right) noexcept {
  return !SomeElement<SameText, TextLess>(*left, *right, true);
}

uint64_t WordIn(uint64_t value, const Slot* list) noexcept {
  return Scan<SameWord>(Slot{value, 0}, *list);
}

uint64_t WordSubset(const Slot* left, const Slot* right) noexcept {
  return !SomeElement<SameWord, WordLess>(*left, *right, false);
}

uint64_t WordDisjoint(const Slot* left, const Slot* right) noexcept {
  return !SomeElement<SameWord, WordLess>(*left, *right, true);
}

uint64_t DecIn(const Slot* value, const Slot* list) noexcept {
  return Scan<SameDecimal>(*value, *list);
}

uint64_t DecSubset(const Slot* left, const Slot* right) noexcept {
  return !SomeElement<SameDecimal, DecimalLess>(*left, *right, false);
}

uint64_t DecDisjoint(const Slot* left, const Slot* right) noexcept {
  return !SomeElement<SameDecimal, DecimalLess>(*left, *right, true);
}

/// The row with this key, or null. Keys are sorted, so that a map of 4096 rows costs a dozen
/// comparisons; a short one is scanned, where a difference of length or hash settles a row.
template <SameFn kSame, LessFn kLess>
uint64_t FindRow(const Slot& key, const Slot& map) {
  const Slot* rows = ElementsOf(map);
  const size_t stride = StrideOf(map);
  const auto key_of = [&](uint32_t row) -> const Slot& { return rows[row * stride + 1]; };
  uint32_t low = 0;
  uint32_t high = CountOf(map);
  while (high - low > kScanCount) {
    const uint32_t middle = low + (high - low) / 2;
    if (kLess(key_of(middle), key)) {
      low = middle + 1;
    } else {
      high = middle + 1;  // the middle one may be it
    }
  }
  for (; low < high; ++low) {
    if (kSame(key, key_of(low))) return reinterpret_cast<uintptr_t>(rows + low * stride);
  }
  return 0;
}

uint64_t MapWord(uint64_t key, const Slot* map) noexcept {
  return FindRow<SameWord, WordLess>(Slot{key, 0}, *map);
}

uint64_t MapStr(const Slot* key, const Slot* map) noexcept {
  return FindRow<SameText, TextLess>(*key, *map);
}

int64_t DateAdd(int64_t date, int64_t span_us) noexcept {
  const std::optional<Date> later = AddDays({date}, {span_us});
  return later ? later->days : kFaultWord;
}

int64_t DateWeekday(int64_t date) noexcept { return WeekdayOf(date); }

std::span<const uint32_t> TableOf(const Slot& slot) { return {WordsOf(slot), CountOf(slot)}; }

int64_t ZoneDate(int64_t us, const Slot* table) noexcept {
  const std::optional<int64_t> local = zone::LocalOf(TableOf(*table), us);
  return local ? DayOfUs(*local) : kFaultWord;
}

int64_t ZoneTime(int64_t us, const Slot* table) noexcept {
  const std::optional<int64_t> local = zone::LocalOf(TableOf(*table), us);
  return local ? *local - DayOfUs(*local) * kDayUs : kFaultWord;
}

int64_t ScheduleHas(int64_t us, const Slot* table) noexcept {
  const std::optional<bool> within = schedule::Contains(TableOf(*table), us);
  return within ? int64_t{*within} : kFaultWord;
}

uint64_t PathUnder(const Slot* path, const Slot* root) noexcept {
  return IsUnder(StringOf(*path), StringOf(*root));
}

uint64_t NetIsWithin(const Slot* inner, const Slot* outer) noexcept {
  return IsWithin(NetHeaderOf(*inner), NetHeaderOf(*outer));
}

uint64_t NetIn(const Slot* address, const Slot* networks) noexcept {
  const NetHeader header = NetHeaderOf(*address);
  const Slot* elements = ElementsOf(*networks);
  for (uint32_t i = 0; i < CountOf(*networks); ++i) {
    if (IsWithin(header, NetHeaderOf(elements[i]))) return 1;
  }
  return 0;
}

uint64_t UrlUnder(const Slot* url, const Slot* place) noexcept {
  // Scheme, host and port in canonical form are what stands before the path.
  const std::string_view origin = StringOf(*place).substr(0, UrlHeaderOf(*place).path_offset);
  return StringOf(*url).substr(0, UrlHeaderOf(*url).path_offset) == origin &&
         IsUnder(StringOf(UrlPathOf(*url)), StringOf(UrlPathOf(*place)));
}

uint64_t UrlIsPlace(const Slot* url) noexcept { return UrlHeaderOf(*url).plain; }

// The verifier has seen that no row leads out of the table.
uint64_t StrMatches(const Slot* text, const Slot* table) noexcept {
  const uint32_t* words = WordsOf(*table);
  const uint32_t* rows = words + dfa::kRows;
  // The lowest byte of a word stands first: the classes are an array of bytes as they lie.
  static_assert(std::endian::native == std::endian::little);
  const auto* classes = reinterpret_cast<const uint8_t*>(words + dfa::kClassOf);
  uint32_t row = words[dfa::kStart];
  for (const char byte : StringOf(*text)) {
    row = rows[row + classes[static_cast<uint8_t>(byte)]];
    if (row == 0) return 0;  // the dead state
  }
  return row >= words[dfa::kAccept];
}

}  // namespace

const CallOuts& StandardCallOuts() {
  static constexpr CallOuts kCallOuts = {.bytes_equal = BytesEqual,
                                         .str_less = StrLess,
                                         .str_prefix = StrPrefix,
                                         .str_suffix = StrSuffix,
                                         .str_contains = StrContains,
                                         .str_in = StrIn,
                                         .str_subset = StrSubset,
                                         .str_disjoint = StrDisjoint,
                                         .word_in = WordIn,
                                         .word_subset = WordSubset,
                                         .word_disjoint = WordDisjoint,
                                         .date_add = DateAdd,
                                         .date_weekday = DateWeekday,
                                         .zone_date = ZoneDate,
                                         .zone_time = ZoneTime,
                                         .schedule_has = ScheduleHas,
                                         .path_under = PathUnder,
                                         .net_within = NetIsWithin,
                                         .net_in = NetIn,
                                         .url_under = UrlUnder,
                                         .url_is_place = UrlIsPlace,
                                         .str_matches = StrMatches,
                                         .dec_in = DecIn,
                                         .dec_subset = DecSubset,
                                         .dec_disjoint = DecDisjoint,
                                         .map_word = MapWord,
                                         .map_str = MapStr};
  return kCallOuts;
}

}  // namespace cap

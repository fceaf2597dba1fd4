#include "compiler/zones/tzif.h"

#include <algorithm>
#include <map>

#include "compiler/zones/posix_rule.h"
#include "runtime/value/calendar.h"
#include "runtime/value/zone.h"

namespace cap::zones {
namespace {

constexpr int64_t kBegin = DaysOf({kFirstYear, 1, 1}) * 86'400;
constexpr int64_t kEnd = DaysOf({kLastYear + 1, 1, 1}) * 86'400;

/// Numbers of the file, most significant byte first. After a failure everything is zero.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  std::string_view Take(size_t count) {
    if (count > bytes_.size()) good_ = false;
    const std::string_view taken = good_ ? bytes_.substr(0, count) : std::string_view();
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  uint64_t Number(size_t width) {
    uint64_t number = 0;
    for (const char c : Take(width)) number = number << 8 | static_cast<uint8_t>(c);
    return number;
  }
  size_t left() const { return bytes_.size(); }
  bool good() const { return good_; }

 private:
  std::string_view bytes_;
  bool good_ = true;
};

struct Header {
  uint8_t version = 0;
  size_t utc_marks = 0, standard_marks = 0, leaps = 0, times = 0, types = 0, chars = 0;

  size_t BodyBytes(size_t time_bytes) const {
    return times * (time_bytes + 1) + types * 6 + chars + leaps * (time_bytes + 4) +
           standard_marks + utc_marks;
  }
};

bool TakeHeader(Bytes& bytes, Header& header) {
  const std::string_view magic = bytes.Take(4);
  header.version = static_cast<uint8_t>(bytes.Number(1));
  bytes.Take(15);
  for (size_t* count : {&header.utc_marks, &header.standard_marks, &header.leaps, &header.times,
                        &header.types, &header.chars}) {
    *count = bytes.Number(4);
  }
  return bytes.good() && magic == "TZif" && header.version >= '2' && header.types > 0;
}

/// The offsets by the second at which they begin.
using Changes = std::map<int64_t, int64_t>;

bool TakeBody(Bytes& bytes, const Header& header, int64_t& before, Changes& changes) {
  if (header.leaps != 0 || header.BodyBytes(8) > bytes.left()) return false;
  std::vector<int64_t> times(header.times);
  for (int64_t& time : times) time = static_cast<int64_t>(bytes.Number(8));
  const std::string_view type_of = bytes.Take(header.times);
  std::vector<int64_t> offsets(header.types);
  for (int64_t& offset : offsets) {
    offset = static_cast<int32_t>(bytes.Number(4));
    bytes.Take(2);  // whether it is summer, and what it is called
    if (offset <= -zone::kOffsetSeconds || offset >= zone::kOffsetSeconds) return false;
  }
  bytes.Take(header.chars + header.standard_marks + header.utc_marks);
  before = offsets.front();
  for (size_t i = 0; i < times.size(); ++i) {
    const auto type = static_cast<uint8_t>(type_of[i]);
    if (type >= offsets.size() || (i > 0 && times[i] <= times[i - 1])) return false;
    changes[times[i]] = offsets[type];
  }
  return bytes.good();
}

/// What the rule says after the last change that is written out.
bool Continue(std::string_view text, Changes& changes, int64_t& before) {
  const std::optional<PosixRule> rule = ReadPosixRule(text);
  if (!rule) return false;
  const bool none = changes.empty();
  const int64_t last = none ? INT64_MIN : changes.rbegin()->first;
  if (!rule->changes) {
    if (none) before = rule->standard;
    return true;
  }
  for (int64_t year = kFirstYear - 1; year <= kLastYear; ++year) {
    const int64_t summer = SecondOf(rule->to_summer, year, rule->standard);
    const int64_t standard = SecondOf(rule->to_standard, year, rule->summer);
    if (summer > last) changes[summer] = rule->summer;
    if (standard > last) changes[standard] = rule->standard;
  }
  return true;
}

}  // namespace

Result<std::vector<uint32_t>> ReadZone(std::string_view text) {
  const auto malformed = Fail("zone-malformed", "it is no time zone information of version 2");
  Bytes bytes(text);
  Header header;
  if (!TakeHeader(bytes, header)) return malformed;
  bytes.Take(header.BodyBytes(4));  // the same with times of 32 bits
  int64_t offset = 0;
  Changes changes;
  if (!TakeHeader(bytes, header) || !TakeBody(bytes, header, offset, changes)) return malformed;
  std::string_view rule = bytes.Take(bytes.left());
  if (rule.size() < 2 || rule.front() != '\n' || rule.back() != '\n') return malformed;
  rule = rule.substr(1, rule.size() - 2);
  if (!rule.empty() && !Continue(rule, changes, offset)) return malformed;
  std::vector<uint32_t> words;
  int64_t begin = kBegin;
  for (const auto& [second, next] : changes) {
    if (second >= kEnd) break;
    if (second > kBegin && next != offset) {
      zone::Append(begin, offset, words);
      begin = second;
    }
    offset = next;
  }
  zone::Append(begin, offset, words);
  zone::Append(kEnd, 0, words);
  if (!zone::IsTable(words)) return malformed;
  return words;
}

}  // namespace cap::zones

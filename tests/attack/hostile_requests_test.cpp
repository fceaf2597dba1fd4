// Requests that were damaged at random: each becomes a frame or a refusal, and what it became holds
// the invariants that engines rely on. Run under the sanitizers, this is the proof that no text
// makes the reader read or write where it must not.
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "runtime/frame/request_json.h"
#include "runtime/value/text.h"
#include "tests/unit/frame_world.h"

namespace cap::test {
namespace {

constexpr std::string_view kSeeds[] = {
    R"({"tool":"process_refund","arguments":{"order_id":"O-1"}})",
    R"({"tool":"process_refund",
"arguments":{"order_id":"O-1","amount":98.70,"reason":null,"rows":3},
"facts":[{"name":"order","key":{"order_id":"O-1"},"as_of":"2026-03-31T11:59:50Z","by":"shop",
"value":{"owner":"C1","status":"delivered","total":120.00,"note":null}}],
"live":{"environment":"prod"},
"resource":"order://customer:C1/O-1","id":7})",
    R"({"tool":"send_email","arguments":{"recipients":["Ann@COMPANY.com"],"bcc":["eve@evil.io"]}})",
    R"({"tool":"transfer","arguments":{"currency":"JPY","amount":500,
"fee":{"amount":1.5,"currency":"USD"},"cents":5,"urgent":true,"count":-3,"kind":"gift",
"kinds":["loan","gift"],"tags":["b","a","b"],"numbers":[3,1,3],"at":"2026-03-31T12:00:00Z",
"to":"a@b.org","order":{"owner":"a","status":"b","total":1},
"lines":[{"code":"x"},{"price":2,"currency":"EUR"}]}})"};

/// Touches every byte that the slot's type makes reachable, so that a sanitizer sees it.
uint64_t Touch(const Program& program, TypeIndex type, const Slot& slot) {
  const Type& t = program.types[type];
  if (IsTextKind(t.kind)) {
    uint64_t sum = HashBytes(StringOf(slot));
    CHECK(sum == slot.hi >> 32);
    if (t.kind == TypeKind::kUrl) {
      for (const Slot& part : {UrlSchemeOf(slot), UrlHostOf(slot), UrlPathOf(slot)}) {
        sum += HashBytes(StringOf(part));
      }
    }
    if (t.kind == TypeKind::kIp || t.kind == TypeKind::kCidr) sum += NetHeaderOf(slot).prefix;
    if (t.kind == TypeKind::kEmail) sum += HashBytes(StringOf(EmailDomainOf(slot)));
    return sum;
  }
  if (ClassOf(program, type) != ValueClass::kList || t.kind == TypeKind::kRecord) return slot.lo;
  uint64_t sum = 0;
  REQUIRE(StrideOf(slot) == SlotsOf(program, t.element));
  for (uint32_t i = 0; i < CountOf(slot) * StrideOf(slot); ++i) {
    const uint32_t offset = i % StrideOf(slot);
    const Slot* element = ElementsOf(slot) + (i - offset);
    const bool is_record = StrideOf(slot) > 1;
    const bool leaf_there = !is_record || (offset > 0 && (element->lo >> offset & 1) != 0);
    const TypeIndex leaf = ElementLeafType(program, t.element, offset);
    if (leaf_there) sum += Touch(program, leaf, element[offset]);
  }
  return sum;
}

void CheckInvariants(const Frame& frame) {
  const FrameHeader* header = frame.header();
  if (frame.malformed().kind != MalformedKind::kFine) {
    CHECK(header == nullptr);
    CHECK(frame.canonical_arguments().empty());
    CHECK(frame.malformed().detail.size() < 400);
    return;
  }
  REQUIRE(header != nullptr);
  const Program& program = World();
  const Tool& tool = program.tools[header->tool];
  CHECK(header->layout_hash == tool.layout_hash);
  CHECK(header->slot_count == tool.slots.size());
  for (int word = 0; word < 2; ++word) CHECK((header->present[word] & header->poison[word]) == 0);
  for (uint32_t slot = 0; slot < header->slot_count; ++slot) {
    if (BitOf(header->present, slot)) {
      Touch(program, tool.slots[slot].type, SlotsOf(header)[slot]);
    } else {
      const Slot absent = SlotsOf(header)[slot];
      CHECK((absent == Slot{} || absent == kNullSlot));
    }
    // A record's marker vouches for the fields that must be there.
    if (tool.slots[slot].source == SlotSource::kArgument && !tool.slots[slot].optional &&
        tool.slots[slot].path.find('.') == std::string::npos) {
      CHECK(BitOf(header->present, slot));
    }
  }
  CHECK_FALSE(frame.canonical_arguments().empty());
}

TEST_CASE("damaged requests become frames that hold, or refusals") {
  constexpr std::string_view kBytes =
      "{}[]:,\"\\ \n0123456789.-+eE@/%*abtrufnslOCxZT\x01\x7f\x80\xc3\xff";
  std::mt19937 random(41);
  const auto below = [&](size_t n) { return random() % n; };
  size_t good = 0;
  size_t kinds[16] = {};
  constexpr size_t kRounds = 20'000;
  for (size_t round = 0; round < kRounds; ++round) {
    std::string text(kSeeds[below(std::size(kSeeds))]);
    for (size_t edits = below(4); edits > 0 && !text.empty(); --edits) {
      const size_t at = below(text.size());
      switch (below(5)) {
        case 0: text[at] = kBytes[below(kBytes.size())]; break;
        case 1: text.erase(at, 1 + below(8)); break;
        case 2: text.insert(at, 1, kBytes[below(kBytes.size())]); break;
        case 3: text.insert(at, text.substr(below(text.size()), below(24))); break;
        case 4: text.resize(at + 1); break;
      }
    }
    CAPTURE(text);
    const Frame frame = ParseRequest(World(), text, "agent-7", kNowUs);
    CheckInvariants(frame);
    ++kinds[static_cast<size_t>(frame.malformed().kind)];
    good += frame.header() != nullptr ? 1 : 0;
  }
  CHECK(good > kRounds / 5);
  CHECK(good < kRounds * 4 / 5);
  for (const MalformedKind kind :
       {MalformedKind::kUnknownTool, MalformedKind::kUndeclaredArgument, MalformedKind::kBadJson,
        MalformedKind::kMissingArgument, MalformedKind::kBadArgument,
        MalformedKind::kResourceMismatch, MalformedKind::kUndeclaredFact}) {
    CAPTURE(static_cast<int>(kind));
    CHECK(kinds[static_cast<size_t>(kind)] > 0);
  }
}

}  // namespace
}  // namespace cap::test

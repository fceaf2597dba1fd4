// Layouts, texts, the verifier and bundles of Programs.
#include "runtime/program/program.h"

#include <doctest/doctest.h>

#include <functional>

#include "runtime/base/limits.h"
#include "runtime/interp/interp.h"
#include "runtime/program/bundle.h"
#include "runtime/program/layout.h"
#include "runtime/program/print.h"
#include "runtime/program/verify.h"
#include "tests/support/random_frame.h"
#include "tests/support/shape_builder.h"

namespace cap {
namespace {

using test::ShapeBuilder;
using namespace test;  // the type indices

/// A little of everything: a fact, a let, a resource with holes, a quantifier, a step-up, texts.
Program Example() {
  ShapeBuilder builder;
  const uint32_t text = builder.Slot(kTString);
  const uint32_t amount = builder.Slot(kTMoney);
  const uint32_t names = builder.Slot(kTStrings);
  builder.Slot(kTItem);
  const uint32_t items = builder.Slot(kTItems);
  const uint32_t spent = builder.Add(Op::kLoad, kTMoney, amount);
  const uint32_t limit = builder.AddConst(kTMoney, {Money{50000, kUsd}});
  const uint32_t over = builder.Add(Op::kMoneyLt, kTBool, limit, spent);
  builder.Add(Op::kNot, kTBool, over);
  builder.EndClause(ClauseKind::kRequire, spent, limit);
  builder.Add(Op::kApproved, kTBool, builder.AddConst(kTApprovers, {ApproverMask{1}}));
  builder.EndClause(ClauseKind::kStepUp);
  const uint32_t list = builder.Add(Op::kLoad, kTItems, items);
  const uint32_t any = builder.Add(Op::kAny, kTBool, list);
  const uint32_t name = builder.Add(Op::kElement, kTString, any, kItemName);
  const uint32_t known = builder.Add(Op::kLoad, kTStrings, names);
  builder.Add(Op::kStrIn, kTBool, name, known);
  builder.Close(any);
  builder.EndClause();
  Program p = builder.Finish();

  Tool& tool = p.tools[0];
  AppendSlots(p, "order", kTItem, SlotSource::kFact, false, tool.slots);
  FactDesc fact;
  fact.name = "order";
  fact.type = kTItem;
  fact.slot = static_cast<uint32_t>(tool.slots.size() - kItemSlots);
  fact.key_slots = {text};
  fact.max_age_us = 30'000'000;
  fact.attestor = "shop";
  tool.facts.push_back(fact);
  LetDesc let;
  let.name = "everyone";
  let.slot = static_cast<uint32_t>(tool.slots.size());
  let.source_slots = {names, names};
  tool.lets.push_back(let);
  AppendSlots(p, "everyone", kTStrings, SlotSource::kLet, false, tool.slots);
  Action& action = p.actions[0];
  action.has_resource = true;
  action.resource.scheme = "order";
  action.resource.segments = {{"customer", "", 0}, {"", "fixed", kNone}};
  action.resource.holes = {{HoleSource::kSlot, text, false, kTString}};
  action.skeletons = {0, 1};
  p.bound.push_back({"customer_id", kTString, false, ""});
  p.purposes.push_back({"support", "work on one ticket"});
  p.policies[0].bound = {0};
  p.policies[0].purposes = {0};
  Pattern pattern;
  pattern.text = "order://customer:{{customer_id}}/**";
  pattern.skeleton = 1;
  pattern.holes = {{0, {true, 0}}};
  p.capabilities[0].patterns.push_back(pattern);
  TextPiece piece;
  piece.kind = TextPiece::Kind::kSlot;
  piece.index = amount;
  p.capabilities[0].clauses[0].text = {piece};
  tool.arguments[0].default_value = static_cast<uint32_t>(p.values.size());
  p.values.push_back({std::string("none")});
  tool.layout_hash = LayoutHash(p, tool);
  return p;
}

TEST_CASE("records take a marker and their fields") {
  const Program p = Example();
  CHECK(SlotsOf(p, kTInt) == 1);
  CHECK(SlotsOf(p, kTItems) == 1);
  CHECK(SlotsOf(p, kTItem) == kItemSlots);
  CHECK(FieldOffset(p, 0, 1) == kItemName);
  CHECK(ElementLeafType(p, kTItem, kItemTags) == kTInts);
  CHECK(ElementLeafType(p, kTItem, kItemSlots) == kNone);
  std::vector<SlotDesc> slots;
  AppendSlots(p, "x", kTItem, SlotSource::kFact, true, slots);
  REQUIRE(slots.size() == kItemSlots);
  CHECK(slots[kItemName].path == "x.name");
  CHECK(slots[0].type == kTItem);
}

TEST_CASE("a layout's hash follows its meaning, not its indices") {
  Program p = Example();
  const uint64_t hash = p.tools[0].layout_hash;
  Program moved = p;
  moved.types.push_back(moved.types[kTString]);
  moved.tools[0].slots[0].type = static_cast<TypeIndex>(moved.types.size() - 1);
  CHECK(LayoutHash(moved, moved.tools[0]) == hash);
  Program renamed = p;
  renamed.records[0].fields[0].name = "number";
  CHECK(LayoutHash(renamed, renamed.tools[0]) != hash);
  Program other_member = p;
  other_member.types[kTInt].kind = TypeKind::kInstant;
  CHECK(LayoutHash(other_member, other_member.tools[0]) != hash);
}

TEST_CASE("a Program prints as text") {
  const std::string text = PrintProgram(Example());
  for (std::string_view line :
       {"    %2 = money.lt %1, %0 : bool  ; test.cap:3:1\n", "    const 0 = 500.00 USD\n",
        "    %1 = const #0 : money  ; test.cap:2:1\n",
        "  clause 0 require cost 0 observed %0 limit %1\n",
        "      %8 = element %7, field 2 : string",
        "  slot 12 let everyone : list<string>\n", "    clause 1 require step-up approval by"}) {
    CHECK_MESSAGE(text.find(line) != std::string::npos, line, "\n", text);
  }
}

using Edit = std::function<void(Program&)>;
struct Broken {
  std::string_view what;
  Edit edit;
};

void CheckRefused(const std::vector<Broken>& rows, bool rehash) {
  for (const Broken& row : rows) {
    Program p = Example();
    row.edit(p);
    if (rehash) p.tools[0].layout_hash = LayoutHash(p, p.tools[0]);
    const Result<void> verified = Verify(p);
    REQUIRE_MESSAGE(!verified.has_value(), row.what);
    CHECK(verified.error().code == "program-invalid");
    CHECK_MESSAGE(verified.error().message.find(row.what) != std::string::npos,
                  verified.error().message, " / ", row.what);
  }
}

TEST_CASE("the example is accepted") {
  const Result<void> verified = Verify(Example());
  CHECK_MESSAGE(verified.has_value(), verified.error().message);
}

TEST_CASE("the verifier refuses broken types and values") {
  CheckRefused(
      {
          {"there is no such enum", [](Program& p) { p.types[kTColor].ref = 9; }},
          {"there is no such record", [](Program& p) { p.types[kTItem].ref = 9; }},
          {"no such element type", [](Program& p) { p.types[kTInts].element = 99; }},
          {"contains itself", [](Program& p) { p.types[kTInts].element = kTInts; }},
          {"contains itself", [](Program& p) { p.records[0].fields[0].type = kTItem; }},
          {"too many fields",
           [](Program& p) {
             for (int i = 0; i < 70; ++i) {
               p.records[0].fields.push_back({std::to_string(i), kTInt, false, kNone});
             }
           }},
          {"a set cannot hold", [](Program& p) { p.types[kTIntSet].element = kTItem; }},
          {"the currency is missing", [](Program& p) { p.types[kTUsd].currency = 1; }},
          {"1 to 64 members", [](Program& p) { p.enums[0].members.clear(); }},
          {"stands there twice", [](Program& p) { p.enums[0].members[1] = "red"; }},
          {"nested too deeply",
           [](Program& p) {
             Value deep{int64_t{1}};
             for (int i = 0; i < 20; ++i) deep = Value{Value::List{deep}};
             p.values.push_back(deep);
           }},
          {"there are too many", [](Program& p) { p.approvers.assign(65, "x"); }},
      },
      false);
}

TEST_CASE("the verifier keeps numbers, spans and points of time apart") {
  const auto accepts = [](Op op, TypeIndex a, TypeIndex b, TypeIndex result) {
    ShapeBuilder shape;
    const uint32_t left = shape.AddLoad(a);
    const uint32_t made = shape.Add(op, result, left, shape.AddLoad(b));
    shape.Add(Op::kWordEq, kTBool, made, made);
    shape.EndClause();
    return Verify(shape.Finish()).has_value();
  };
  CHECK(accepts(Op::kIntAdd, kTInt, kTInt, kTInt));
  CHECK(accepts(Op::kIntAdd, kTDuration, kTDuration, kTDuration));
  CHECK(accepts(Op::kIntSub, kTInstant, kTInstant, kTDuration));
  CHECK(accepts(Op::kIntSub, kTInstant, kTDuration, kTInstant));
  CHECK(accepts(Op::kIntMul, kTDuration, kTInt, kTDuration));
  CHECK_FALSE(accepts(Op::kIntAdd, kTInstant, kTInstant, kTInstant));
  CHECK_FALSE(accepts(Op::kIntSub, kTInstant, kTInstant, kTInstant));
  CHECK_FALSE(accepts(Op::kIntSub, kTDuration, kTInstant, kTInstant));
  CHECK_FALSE(accepts(Op::kIntAdd, kTInt, kTInt, kTDuration));
  CHECK_FALSE(accepts(Op::kIntAdd, kTInstant, kTInt, kTInstant));
  CHECK_FALSE(accepts(Op::kIntMul, kTDuration, kTDuration, kTDuration));
  CHECK_FALSE(accepts(Op::kIntMul, kTInt, kTDuration, kTDuration));
}

TEST_CASE("the verifier keeps decimals of two scales apart") {
  const auto accepts = [](Op op, TypeIndex a, TypeIndex b, TypeIndex result) {
    ShapeBuilder shape;
    const uint32_t left = shape.AddLoad(a);
    const uint32_t made = shape.Add(op, result, left, shape.AddLoad(b));
    if (result != kTBool) shape.Add(Op::kDecEq, kTBool, made, made);
    shape.EndClause();
    return Verify(shape.Finish()).has_value();
  };
  CHECK(accepts(Op::kDecEq, kTShare, kTShare, kTBool));
  CHECK(accepts(Op::kDecAdd, kTShare, kTShare, kTShare));
  CHECK(accepts(Op::kDecMul, kTShare, kTInt, kTShare));
  CHECK_FALSE(accepts(Op::kDecLt, kTShare, kTFine, kTBool));
  CHECK_FALSE(accepts(Op::kDecSub, kTShare, kTShare, kTFine));
  CHECK_FALSE(accepts(Op::kDecAdd, kTShare, kTFine, kTShare));
  CHECK_FALSE(accepts(Op::kDecMul, kTShare, kTDuration, kTShare));
  CHECK_FALSE(accepts(Op::kDecMul, kTShare, kTInt, kTFine));
}

TEST_CASE("the verifier refuses broken tools and actions") {
  CheckRefused(
      {
          {"does not fit its type", [](Program& p) { p.tools[0].slots[0].type = kTInt; }},
          {"past the last", [](Program& p) { p.tools[0].arguments[0].slot = 500; }},
          {"belongs to nothing", [](Program& p) { p.tools[0].lets.clear(); }},
          {"there are too many",
           [](Program& p) { p.tools[0].slots.resize(129, p.tools[0].slots[0]); }},
          {"stands there twice",
           [](Program& p) {
             p.tools[0].arguments[1].name = "s0";
             p.tools[0].slots[1].path = "s0";
           }},
          {"the default does not fit",
           [](Program& p) { p.tools[0].arguments[1].default_value = 0; p.values[0] = {true}; }},
          {"a key is no argument", [](Program& p) { p.tools[0].facts[0].key_slots = {99}; }},
          {"a fact is keyed", [](Program& p) { p.tools[0].facts[0].key_slots.clear(); }},
          {"no such source", [](Program& p) { p.tools[0].lets[0].source_slots = {99}; }},
          {"a source is made later",
           [](Program& p) { p.tools[0].lets[0].source_slots = {p.tools[0].lets[0].slot}; }},
          {"currency slot", [](Program& p) { p.tools[0].arguments[0].currency_slot = 1; }},
          {"hole does not fit", [](Program& p) { p.actions[0].resource.holes[0].index = 99; }},
          {"names no hole", [](Program& p) { p.actions[0].resource.segments[0].hole = 3; }},
          {"a skeleton is doubled", [](Program& p) { p.actions[0].skeletons = {1, 1}; }},
      },
      true);
  CheckRefused({{"is not the layout's", [](Program& p) { p.tools[0].layout_hash ^= 1; }}}, false);
}

TEST_CASE("numbers and money are charged, and everything but a bool can be asked for its use") {
  const auto verified = [](Op op, TypeIndex type) {
    ShapeBuilder builder;
    const uint32_t a = builder.AddLoad(type);
    builder.Add(op, kTBool, a, op == Op::kUsable ? 0 : a);
    builder.EndClause();
    return Verify(builder.Finish()).has_value();
  };
  CHECK(verified(Op::kWordCharge, kTInt));
  CHECK(verified(Op::kMoneyCharge, kTUsd));
  CHECK(verified(Op::kUsable, kTString));
  CHECK_FALSE(verified(Op::kWordCharge, kTDuration));
  CHECK_FALSE(verified(Op::kWordCharge, kTUsd));
  CHECK_FALSE(verified(Op::kMoneyCharge, kTInt));
  CHECK_FALSE(verified(Op::kUsable, kTBool));
}

TEST_CASE("the verifier refuses broken code") {
  CheckRefused(
      {
          {"not known here", [](Program& p) { p.insts[2].b = 2; }},
          {"not known here", [](Program& p) { p.insts[5].a = 0; }},
          {"has not ended", [](Program& p) { p.insts[10] = {Op::kNot, kTBool, 7, 0, 0}; }},
          {"no enclosing quantifier", [](Program& p) { p.insts[8].a = 6; }},
          {"no such slot", [](Program& p) { p.insts[8].b = 4; }},
          {"no such slot", [](Program& p) { p.insts[0].a = 99; }},
          {"no such constant", [](Program& p) { p.insts[1].a = 2; }},
          {"the body is empty", [](Program& p) { p.insts[7].b = 0; }},
          {"the body is empty", [](Program& p) { p.insts[7].b = 4; }},
          {"must end in a bool", [](Program& p) { p.insts[10].op = Op::kStrSize;
                                                  p.insts[10] = {Op::kStrSize, kTInt, 8, 0, 0}; }},
          {"wrong class", [](Program& p) { p.insts[2].op = Op::kWordLt; }},
          {"wrong type", [](Program& p) { p.insts[2].type = kTInt; }},
          {"another type", [](Program& p) { p.insts[0].type = kTUsd; }},
          {"another type", [](Program& p) { p.insts[8].type = kTEmail; }},
          {"there is no such type", [](Program& p) { p.insts[0].type = 999; }},
          {"no such opcode", [](Program& p) { p.insts[0].op = static_cast<Op>(kOpCount); }},
          {"unused operand", [](Program& p) { p.insts[0].b = 1; }},
          {"reserved", [](Program& p) { p.insts[0].reserved = 1; }},
          {"the cost is not", [](Program& p) { p.clauses[2].cost = 0; }},
          {"another clause", [](Program& p) { p.clauses[0].observed = 5; }},
          {"must follow each other", [](Program& p) { p.clauses[1].begin = 5; }},
          {"outside of every clause", [](Program& p) { p.shapes[0].inst_count = 12;
                                                      p.insts.resize(12); }},
          {"past the last", [](Program& p) { p.shapes[0].first_inst = 1; }},
          {"past the last", [](Program& p) { p.shapes[0].clause_count = 4; }},
          {"required slots", [](Program& p) { p.shapes[0].required[0] ^= 1; }},
          {"no such tool", [](Program& p) { p.shapes[0].tool = 1; }},
          {"has no type", [](Program& p) { p.shapes[0].const_types[0] = 99; }},
          {"one clause", [](Program& p) { p.shapes[0].kind = ShapeKind::kPredicate; }},
      },
      false);
}

TEST_CASE("a body's values are unknown after it") {
  ShapeBuilder builder;
  const uint32_t any = builder.Add(Op::kAny, kTBool, builder.AddLoad(kTBools));
  const uint32_t element = builder.Add(Op::kElement, kTBool, any, 0);
  builder.Close(any);
  builder.Add(Op::kNot, kTBool, element);
  builder.EndClause();
  const Result<void> verified = Verify(builder.Finish());
  REQUIRE(!verified.has_value());
  CHECK(verified.error().message == "shapes[0].insts[3]: that value is inside of another body");
}

TEST_CASE("an email's domain is read only of emails, approvers only approve") {
  ShapeBuilder builder;
  const uint32_t domain = builder.Add(Op::kEmailDomain, kTString, builder.AddLoad(kTString));
  builder.Add(Op::kStrEq, kTBool, domain, domain);
  builder.EndClause();
  CHECK(!Verify(builder.Finish()).has_value());
  ShapeBuilder masks;
  masks.Add(Op::kApproved, kTBool, masks.AddLoad(kTColors));
  masks.EndClause();
  CHECK(!Verify(masks.Finish()).has_value());
  ShapeBuilder made;
  const uint32_t from = made.Add(Op::kEmailDomain, kTEmail, made.AddLoad(kTEmail));
  made.Add(Op::kStrEq, kTBool, from, from);
  made.EndClause();
  CHECK(!Verify(made.Finish()).has_value());
}

TEST_CASE("quantifiers nest as deep as the limit, and no deeper") {
  for (uint32_t depth : {limits::kQuantifierDepth, limits::kQuantifierDepth + 1}) {
    ShapeBuilder builder;
    const uint32_t list = builder.AddLoad(kTBools);
    std::vector<uint32_t> open;
    for (uint32_t i = 0; i < depth; ++i) open.push_back(builder.Add(Op::kAny, kTBool, list));
    builder.Add(Op::kElement, kTBool, open[0], 0);
    for (uint32_t quantifier : open) builder.Close(quantifier);
    builder.EndClause();
    CHECK(Verify(builder.Finish()).has_value() == (depth <= limits::kQuantifierDepth));
  }
}

TEST_CASE("loops over long lists do not multiply without bound") {
  ShapeBuilder builder;
  const uint32_t list = builder.AddLoad(kTItems);  // 64 elements: 64^4 turns
  std::vector<uint32_t> open;
  for (int i = 0; i < 4; ++i) open.push_back(builder.Add(Op::kAny, kTBool, list));
  builder.Add(Op::kElementPresent, kTBool, open[3], kItemName);
  for (uint32_t quantifier : open) builder.Close(quantifier);
  builder.EndClause();
  const Result<void> verified = Verify(builder.Finish());
  REQUIRE(!verified.has_value());
  CHECK(verified.error().message == "shapes[0]: its worst case takes too many steps");
}

TEST_CASE("the verifier refuses broken policies") {
  CheckRefused(
      {
          {"no such shape", [](Program& p) { p.capabilities[0].shape = 1; }},
          {"no such action", [](Program& p) { p.capabilities[0].action = 1; }},
          {"another policy's", [](Program& p) { p.capabilities[0].policy = 1; }},
          {"missing, doubled", [](Program& p) { p.policies[0].capabilities = {0, 0}; }},
          {"belongs to no policy", [](Program& p) { p.policies[0].capabilities = {}; }},
          {"does not fit its type", [](Program& p) { p.values[0] = {Money{-1, kUsd}}; }},
          {"does not fit its type", [](Program& p) { p.values[0] = {Money{1, 1}}; }},
          {"does not fit its type", [](Program& p) { p.values[1] = {ApproverMask{8}}; }},
          {"does not fit its type", [](Program& p) { p.capabilities[0].consts[0].index = 99; }},
          {"does not fit its type", [](Program& p) { p.capabilities[0].consts[0] = {true, 0}; }},
          {"are not those of its shape", [](Program& p) { p.capabilities[0].consts.clear(); }},
          {"are not those of its shape", [](Program& p) { p.capabilities[0].clauses.clear(); }},
          {"past the last", [](Program& p) { p.capabilities[0].first_inst_span = 1; }},
          {"no such skeleton", [](Program& p) { p.capabilities[0].patterns[0].skeleton = 2; }},
          {"holes of its skeleton", [](Program& p) { p.capabilities[0].patterns[1].skeleton = 0; }},
          {"no pattern", [](Program& p) { p.capabilities[0].patterns.clear(); }},
          {"value is missing", [](Program& p) { p.policies[0].bound.clear(); }},
          {"the step-up", [](Program& p) { p.capabilities[0].clauses[1].step_up = "prayer"; }},
          {"what is not there",
           [](Program& p) { p.capabilities[0].clauses[0].text[0].index = 99; }},
          {"no approvers", [](Program& p) { p.capabilities[0].clauses[1].approvers_const = 0; }},
          {"no such file", [](Program& p) { p.capabilities[0].span = {7, 1, 1, 1}; }},
          {"no such file", [](Program& p) { p.spans[0].file = 7; }},
          {"no such purpose", [](Program& p) { p.policies[0].purposes = {1}; }},
      },
      false);
}

std::string CodeOf(std::string_view bytes) {
  const auto read = ReadBundle(bytes);
  return read.has_value() ? "" : read.error().code;
}

TEST_CASE("a bundle gives back the same Program, and equal Programs equal bytes") {
  const Program p = Example();
  const std::string bytes = WriteBundle(p);
  CHECK(IsBundle(bytes));
  const auto read = ReadBundle(bytes);
  REQUIRE_MESSAGE(read.has_value(), read.error().message);
  CHECK(**read == p);
  CHECK(WriteBundle(**read) == bytes);
}

TEST_CASE("a damaged bundle says how") {
  const std::string good = WriteBundle(Example());
  CHECK(CodeOf("") == "bundle-truncated");
  CHECK(CodeOf("module support") == "bundle-magic");
  std::string bytes = good;
  bytes[8] = 9;
  CHECK(CodeOf(bytes) == "bundle-version");
  bytes = good;
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  CHECK(CodeOf(bytes) == "bundle-checksum");
  CHECK(CodeOf(good + "x") == "bundle-malformed");
  Program broken = Example();
  broken.insts[0].a = 99;
  CHECK(CodeOf(WriteBundle(broken)) == "bundle-verify");
  for (size_t length = 0; length < good.size(); ++length) {
    REQUIRE_MESSAGE(CodeOf(good.substr(0, length)) == "bundle-truncated", length);
  }
}

/// Runs every rule of an accepted Program on random frames: it may decide anything, but it ends.
void RunAll(const Program& program, test::Random& random) {
  const Hints hints(program);
  RandomSlots slots(program, hints, random);
  for (const Capability& capability : program.capabilities) {
    const Shape& shape = program.shapes[capability.shape];
    Arena arena;
    const RecordImage record(slots.Consts(capability.shape, capability.consts, arena));
    for (int i = 0; i < 4; ++i) {
      const FrameImage frame = slots.Frame(shape.tool);
      ClauseMasks masks;
      interp::Explain(program, shape, frame.get(), record.get(), StandardCallOuts(), &masks);
      const uint64_t admit =
          interp::Admit(program, shape, frame.get(), record.get(), StandardCallOuts());
      CHECK((admit == kAdmitted) == (masks == ClauseMasks{}));
      for (uint32_t c = 0; c < shape.clause_count; ++c) {
        interp::Trace(program, shape, c, frame.get(), record.get(), StandardCallOuts(),
                      program.spans.data() + capability.first_inst_span);
      }
    }
  }
  CHECK(!PrintProgram(program).empty());
}

TEST_CASE("a bundle with any bit flipped is refused or harmless, its checksum repaired") {
  constexpr size_t kPayloadAt = 52;
  const std::string good = WriteBundle(Example());
  test::Random random(20'261);
  size_t decode = 0;
  size_t verify = 0;
  size_t harmless = 0;
  for (size_t bit = kPayloadAt * 8; bit < good.size() * 8; ++bit) {
    std::string bytes = good;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    RepairChecksum(bytes);
    const auto read = ReadBundle(bytes);
    if (read.has_value()) {
      ++harmless;
      RunAll(**read, random);
    } else if (read.error().code == "bundle-verify") {
      ++verify;
    } else {
      CHECK(read.error().code == "bundle-malformed");
      ++decode;
    }
  }
  MESSAGE("bit flips: ", decode, " refused by the decoder, ", verify, " by the verifier, ",
          harmless, " accepted and harmless");
  // Every kind happens, or the test does not reach what it is for.
  CHECK(decode > 100);
  CHECK(verify > 100);
  CHECK(harmless > 100);
}

}  // namespace
}  // namespace cap

// Every opcode true, false and faulting, and the rules of clauses, quantifiers and traces.
#include "runtime/interp/interp.h"

#include <doctest/doctest.h>

#include <functional>
#include <limits>

#include "runtime/program/layout.h"
#include "runtime/program/verify.h"
#include "tests/support/shape_builder.h"

namespace cap {
namespace {

using test::FrameImage;
using test::ItemsOf;
using test::ListOf;
using test::RecordImage;
using test::ShapeBuilder;
using namespace test;  // the type indices

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
enum Outcome : uint64_t { kFaulted = 0, kIsTrue = 1, kIsFalse = 2 };

using Fill = std::function<void(FrameImage&)>;

/// A predicate over loads of slots 0, 1, …; asked again for each frame.
class Asker {
 public:
  explicit Asker(ShapeBuilder& builder) {
    builder.EndClause();
    program_ = builder.Finish(ShapeKind::kPredicate);
    const Result<void> verified = Verify(program_);
    REQUIRE_MESSAGE(verified.has_value(), verified.error().message);
  }
  uint64_t operator()(const Fill& fill, std::vector<Slot> consts = {}) {
    FrameImage frame;
    fill(frame);
    const RecordImage record(std::move(consts));
    return interp::Predicate(program_, program_.shapes[0], frame.get(), record.get(),
                             StandardCallOuts());
  }

 private:
  Program program_;
};

/// `op` on two slots of these types.
Asker Binary(Op op, TypeIndex a, TypeIndex b) {
  ShapeBuilder builder;
  const uint32_t left = builder.AddLoad(a);
  builder.Add(op, kTBool, left, builder.AddLoad(b));
  return Asker(builder);
}

/// Whether `op` on slots 0 and 1 equals slot 2.
Asker BinaryEquals(Op op, TypeIndex type, TypeIndex right, Op equal) {
  ShapeBuilder builder;
  const uint32_t a = builder.AddLoad(type);
  const uint32_t b = builder.AddLoad(right);
  const uint32_t result = builder.Add(op, type, a, b);
  builder.Add(equal, kTBool, result, builder.AddLoad(type));
  return Asker(builder);
}

/// Whether a size (or other word) of slot 0 equals slot 1.
Asker UnaryEquals(Op op, TypeIndex type, TypeIndex result, Op equal) {
  ShapeBuilder builder;
  const uint32_t value = builder.Add(op, result, builder.AddLoad(type));
  builder.Add(equal, kTBool, value, builder.AddLoad(result));
  return Asker(builder);
}

Fill Words(std::vector<int64_t> words) {
  return [words](FrameImage& f) {
    for (uint32_t i = 0; i < words.size(); ++i) f.SetWord(i, words[i]);
  };
}
Fill Texts(std::string_view a, std::string_view b) {
  return [=](FrameImage& f) { f.SetText(0, a).SetText(1, b); };
}
const Fill kNothing = [](FrameImage&) {};

TEST_CASE("sources: const, load, present, now") {
  ShapeBuilder constant;
  constant.AddConst(kTBool, {true});
  Asker ask_const(constant);
  CHECK(ask_const(kNothing, {{1, 0}}) == kIsTrue);
  CHECK(ask_const(kNothing, {{0, 0}}) == kIsFalse);

  ShapeBuilder load;
  load.AddLoad(kTBool);
  Asker ask_load(load);
  CHECK(ask_load(Words({1})) == kIsTrue);
  CHECK(ask_load(Words({0})) == kIsFalse);
  CHECK(ask_load(kNothing) == kFaulted);
  CHECK(ask_load([](FrameImage& f) { f.Poison(0); }) == kFaulted);

  ShapeBuilder present;
  present.Add(Op::kPresent, kTBool, present.Slot(kTInt));
  Asker ask_present(present);
  CHECK(ask_present(Words({7})) == kIsTrue);
  CHECK(ask_present(kNothing) == kIsFalse);
  CHECK(ask_present([](FrameImage& f) { f.Poison(0); }) == kFaulted);

  ShapeBuilder null;
  null.Add(Op::kNull, kTBool, null.Slot(kTInt));
  Asker ask_null(null);
  CHECK(ask_null([](FrameImage& f) { f.MarkNull(0); }) == kIsTrue);
  CHECK(ask_null(kNothing) == kIsFalse);
  CHECK(ask_null(Words({1})) == kIsFalse);
  CHECK(ask_null([](FrameImage& f) { f.Poison(0); }) == kFaulted);

  ShapeBuilder now;
  const uint32_t at = now.Add(Op::kNow, kTInstant);
  now.Add(Op::kWordEq, kTBool, at, now.AddLoad(kTInstant));
  Asker ask_now(now);
  const auto clock = [](int64_t us) {
    return [us](FrameImage& f) { f.SetWord(0, 5).header().now_us = us; };
  };
  CHECK(ask_now(clock(5)) == kIsTrue);
  CHECK(ask_now(clock(6)) == kIsFalse);
}

TEST_CASE("approved: every approver of a mask that is not empty") {
  ShapeBuilder builder;
  builder.Add(Op::kApproved, kTBool, builder.AddConst(kTApprovers, {ApproverMask{3}}));
  Asker ask(builder);
  const auto approvals = [](uint64_t mask) {
    return [mask](FrameImage& f) { f.header().approvals = mask; };
  };
  CHECK(ask(approvals(7), {{3, 0}}) == kIsTrue);
  CHECK(ask(approvals(2), {{3, 0}}) == kIsFalse);
  CHECK(ask(approvals(7), {{0, 0}}) == kIsFalse);
}

TEST_CASE("logic follows strong Kleene") {
  // Rows and columns: false, true, fault.
  const std::vector<Fill> values = {Words({0}), Words({1}), kNothing};
  const auto table = [&](Op op, std::vector<uint64_t> expected) {
    Asker ask = Binary(op, kTBool, kTBool);
    for (uint32_t a = 0; a < 3; ++a) {
      for (uint32_t b = 0; b < 3; ++b) {
        const uint64_t got = ask([&](FrameImage& f) {
          if (a < 2) f.SetWord(0, a);
          if (b < 2) f.SetWord(1, b);
        });
        CHECK_MESSAGE(got == expected[a * 3 + b], InfoOf(op).text, " ", a, " ", b);
      }
    }
  };
  table(Op::kAnd, {2, 2, 2, 2, 1, 0, 2, 0, 0});
  table(Op::kOr, {2, 1, 0, 1, 1, 1, 0, 1, 0});
  table(Op::kBoolEq, {1, 2, 0, 2, 1, 0, 0, 0, 0});
  for (const auto& [op, expected] : {std::pair<Op, std::vector<uint64_t>>{Op::kNot, {1, 2, 0}},
                                     {Op::kActs, {2, 1, 1}}}) {
    ShapeBuilder builder;
    builder.Add(op, kTBool, builder.AddLoad(kTBool));
    Asker ask(builder);
    for (size_t i = 0; i < 3; ++i) CHECK(ask(values[i]) == expected[i]);
  }
}

TEST_CASE("words are signed, and arithmetic that overflows faults") {
  Asker eq = Binary(Op::kWordEq, kTInt, kTInt);
  CHECK(eq(Words({-1, -1})) == kIsTrue);
  CHECK(eq(Words({-1, 1})) == kIsFalse);
  CHECK(eq(Words({-1})) == kFaulted);
  Asker lt = Binary(Op::kWordLt, kTInt, kTInt);
  CHECK(lt(Words({kMin, kMax})) == kIsTrue);
  CHECK(lt(Words({3, 3})) == kIsFalse);
  CHECK(lt(kNothing) == kFaulted);
  Asker add = BinaryEquals(Op::kIntAdd, kTInt, kTInt, Op::kWordEq);
  CHECK(add(Words({kMax - 1, 1, kMax})) == kIsTrue);
  CHECK(add(Words({kMax, 1, kMin})) == kFaulted);
  Asker sub = BinaryEquals(Op::kIntSub, kTInt, kTInt, Op::kWordEq);
  CHECK(sub(Words({kMin + 1, 1, kMin})) == kIsTrue);
  CHECK(sub(Words({kMin, 1, kMax})) == kFaulted);
  Asker mul = BinaryEquals(Op::kIntMul, kTInt, kTInt, Op::kWordEq);
  CHECK(mul(Words({-3, 4, -12})) == kIsTrue);
  CHECK(mul(Words({kMin, -1, kMin})) == kFaulted);
}

TEST_CASE("money: one currency, never negative, never over the range") {
  const auto money = [](int64_t a, uint32_t ca, int64_t b, uint32_t cb, int64_t c = 0) {
    return [=](FrameImage& f) { f.SetMoney(0, a, ca).SetMoney(1, b, cb).SetMoney(2, c, ca); };
  };
  Asker eq = Binary(Op::kMoneyEq, kTMoney, kTMoney);
  CHECK(eq(money(5, kUsd, 5, kUsd)) == kIsTrue);
  CHECK(eq(money(5, kUsd, 6, kUsd)) == kIsFalse);
  CHECK(eq(money(5, kUsd, 5, kEur)) == kFaulted);
  Asker lt = Binary(Op::kMoneyLt, kTMoney, kTMoney);
  CHECK(lt(money(5, kUsd, 6, kUsd)) == kIsTrue);
  CHECK(lt(money(6, kUsd, 6, kUsd)) == kIsFalse);
  CHECK(lt(money(5, kUsd, 6, kEur)) == kFaulted);
  Asker add = BinaryEquals(Op::kMoneyAdd, kTMoney, kTMoney, Op::kMoneyEq);
  CHECK(add(money(kMax - 1, kUsd, 1, kUsd, kMax)) == kIsTrue);
  CHECK(add(money(kMax, kUsd, 1, kUsd)) == kFaulted);
  CHECK(add(money(1, kUsd, 1, kEur)) == kFaulted);
  Asker sub = BinaryEquals(Op::kMoneySub, kTMoney, kTMoney, Op::kMoneyEq);
  CHECK(sub(money(5, kUsd, 5, kUsd, 0)) == kIsTrue);
  CHECK(sub(money(5, kUsd, 6, kUsd)) == kFaulted);
  Asker mul = BinaryEquals(Op::kMoneyMul, kTMoney, kTInt, Op::kMoneyEq);
  CHECK(mul(money(5, kUsd, 3, 0, 15)) == kIsTrue);
  CHECK(mul(money(5, kUsd, -1, 0)) == kFaulted);
  CHECK(mul(money(kMax, kUsd, 2, 0)) == kFaulted);
}

TEST_CASE("strings by unsigned bytes") {
  struct Row {
    Op op;
    std::string_view a, yes, no;
  };
  const std::string long_text(40, 'x');
  for (const Row& row : std::vector<Row>{{Op::kStrEq, long_text, long_text, "x"},
                                         {Op::kStrLt, "a", "\xC3\xA9", "A"},
                                         {Op::kStrPrefix, "abc", "ab", "bc"},
                                         {Op::kStrSuffix, "abc", "bc", "ab"},
                                         {Op::kStrContains, "abc", "b", "ac"}}) {
    Asker ask = Binary(row.op, kTString, kTString);
    CHECK_MESSAGE(ask(Texts(row.a, row.yes)) == kIsTrue, InfoOf(row.op).text);
    CHECK_MESSAGE(ask(Texts(row.a, row.no)) == kIsFalse, InfoOf(row.op).text);
    CHECK_MESSAGE(ask([&](FrameImage& f) { f.SetText(0, row.a); }) == kFaulted,
                  InfoOf(row.op).text);
  }
  Asker contains = Binary(Op::kStrContains, kTString, kTString);
  CHECK(contains(Texts("", "")) == kIsTrue);
  Asker size = UnaryEquals(Op::kStrSize, kTString, kTInt, Op::kWordEq);
  CHECK(size([](FrameImage& f) { f.SetText(0, "\xC3\xA9").SetWord(1, 2); }) == kIsTrue);
  CHECK(size([](FrameImage& f) { f.SetWord(1, 0); }) == kFaulted);
  Asker domain = UnaryEquals(Op::kEmailDomain, kTEmail, kTString, Op::kStrEq);
  CHECK(domain([](FrameImage& f) { f.SetEmail(0, "a@b.org").SetText(1, "b.org"); }) == kIsTrue);
  CHECK(domain([](FrameImage& f) { f.SetEmail(0, "a@b.org").SetText(1, "a"); }) == kIsFalse);
  CHECK(domain([](FrameImage& f) { f.SetText(1, "b.org"); }) == kFaulted);
}

TEST_CASE("closed sets are masks, and count what is not declared") {
  const auto masks = [](Slot a, Slot b) {
    return [=](FrameImage& f) { f.Set(0, a).Set(1, b); };
  };
  Asker in = Binary(Op::kMaskIn, kTColor, kTColors);
  CHECK(in(masks({1, 0}, {2, 0})) == kIsTrue);
  CHECK(in(masks({2, 0}, {2, 0})) == kIsFalse);
  CHECK(in(Words({1})) == kFaulted);
  Asker subset = Binary(Op::kMaskSubset, kTColors, kTColors);
  CHECK(subset(masks({1, 0}, {3, 0})) == kIsTrue);
  CHECK(subset(masks({4, 0}, {3, 0})) == kIsFalse);
  CHECK(subset(masks({1, 1}, {3, 0})) == kIsFalse);
  CHECK(subset(kNothing) == kFaulted);
  Asker disjoint = Binary(Op::kMaskDisjoint, kTColors, kTColors);
  CHECK(disjoint(masks({1, 1}, {2, 0})) == kIsTrue);
  CHECK(disjoint(masks({1, 0}, {3, 0})) == kIsFalse);
  CHECK(disjoint(masks({1, 1}, {2, 1})) == kIsFalse);
  CHECK(disjoint(kNothing) == kFaulted);
  Asker size = UnaryEquals(Op::kMaskSize, kTColors, kTInt, Op::kWordEq);
  CHECK(size(masks({5, 1}, {3, 0})) == kIsTrue);
  CHECK(size(masks({5, 0}, {3, 0})) == kIsFalse);
  CHECK(size([](FrameImage& f) { f.SetWord(1, 0); }) == kFaulted);
}

TEST_CASE("lists and open sets, sorted or not") {
  std::vector<int64_t> many;
  for (int64_t i = 0; i < 40; ++i) many.push_back(i * 7 % 40);  // unsorted, all of 0…39
  std::vector<int64_t> sorted(40);
  for (size_t i = 0; i < 40; ++i) sorted[i] = static_cast<int64_t>(i);
  Asker in = Binary(Op::kWordIn, kTInt, kTInts);
  const auto word_in = [](int64_t value, std::vector<int64_t> list) {
    return [=](FrameImage& f) { f.SetWord(0, value).SetInts(1, list); };
  };
  CHECK(in(word_in(39, many)) == kIsTrue);
  CHECK(in(word_in(40, many)) == kIsFalse);
  CHECK(in(word_in(40, {})) == kIsFalse);
  CHECK(in(Words({1})) == kFaulted);
  const auto lists = [](std::vector<int64_t> a, std::vector<int64_t> b) {
    return [=](FrameImage& f) { f.SetInts(0, a).SetInts(1, b); };
  };
  Asker subset = Binary(Op::kWordSubset, kTInts, kTInts);
  Asker disjoint = Binary(Op::kWordDisjoint, kTInts, kTInts);
  for (const auto& right : {many, sorted}) {
    CHECK(subset(lists({39, 0, 39}, right)) == kIsTrue);
    CHECK(subset(lists({39, 40}, right)) == kIsFalse);
    CHECK(disjoint(lists({40, -1}, right)) == kIsTrue);
    CHECK(disjoint(lists({40, 17}, right)) == kIsFalse);
  }
  CHECK(subset(lists({}, {})) == kIsTrue);
  CHECK(subset(kNothing) == kFaulted);
  CHECK(disjoint(kNothing) == kFaulted);
  Asker size = UnaryEquals(Op::kListSize, kTInts, kTInt, Op::kWordEq);
  CHECK(size([](FrameImage& f) { f.SetInts(0, {1, 1}).SetWord(1, 2); }) == kIsTrue);
  CHECK(size([](FrameImage& f) { f.SetWord(1, 2); }) == kFaulted);
}

TEST_CASE("lists of strings") {
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back("n" + std::to_string(i * 7 % 40));
  const std::vector<std::string_view> many(names.begin(), names.end());
  Asker in = Binary(Op::kStrIn, kTString, kTStrings);
  const auto text_in = [&](std::string_view value) {
    return [&, value](FrameImage& f) { f.SetText(0, value).SetTexts(1, many); };
  };
  CHECK(in(text_in("n13")) == kIsTrue);
  CHECK(in(text_in("n")) == kIsFalse);
  CHECK(in([](FrameImage& f) { f.SetText(0, "a"); }) == kFaulted);
  const auto lists = [&](std::vector<std::string_view> left) {
    return [&, left](FrameImage& f) { f.SetTexts(0, left).SetTexts(1, many); };
  };
  Asker subset = Binary(Op::kStrSubset, kTStrings, kTStrings);
  CHECK(subset(lists({"n3", "n1", "n3"})) == kIsTrue);
  CHECK(subset(lists({"n3", "m"})) == kIsFalse);
  CHECK(subset(kNothing) == kFaulted);
  Asker disjoint = Binary(Op::kStrDisjoint, kTStrings, kTStrings);
  CHECK(disjoint(lists({"m"})) == kIsTrue);
  CHECK(disjoint(lists({"m", "n39"})) == kIsFalse);
  CHECK(disjoint(kNothing) == kFaulted);
}

/// Quantifies over a list of bools, where absent items stand for faults: items without a name.
Asker Quantifier(Op op) {
  ShapeBuilder builder;
  const uint32_t list = builder.AddLoad(kTItems);
  const uint32_t quantifier = builder.Add(op, kTBool, list);
  const uint32_t name = builder.Add(Op::kElement, kTString, quantifier, kItemName);
  builder.Add(Op::kStrEq, kTBool, name, builder.AddConst(kTString, {std::string("yes")}));
  builder.Close(quantifier);
  return Asker(builder);
}

/// One item a letter: y = its name is "yes", n = "no", - = it has none.
Fill Items(std::string_view letters) {
  return [letters](FrameImage& f) {
    std::vector<std::vector<Slot>> items;
    for (char letter : letters) {
      const uint64_t mask = letter == '-' ? 0b0011 : 0b0111;
      items.push_back({{mask, 0}, {1, 0}, StringSlot(letter == 'y' ? "yes" : "no"), {}});
    }
    f.Set(0, ItemsOf(f.arena(), items));
  };
}

TEST_CASE("quantifiers follow Kleene over the elements") {
  const std::vector<Slot> consts = {StringSlot("yes")};
  Asker any = Quantifier(Op::kAny);
  CHECK(any(Items("-ny"), consts) == kIsTrue);
  CHECK(any(Items("nn"), consts) == kIsFalse);
  CHECK(any(Items(""), consts) == kIsFalse);
  CHECK(any(Items("n-n"), consts) == kFaulted);
  CHECK(any(kNothing, consts) == kFaulted);
  Asker all = Quantifier(Op::kAll);
  CHECK(all(Items("yy"), consts) == kIsTrue);
  CHECK(all(Items(""), consts) == kIsTrue);
  CHECK(all(Items("-n"), consts) == kIsFalse);
  CHECK(all(Items("y-"), consts) == kFaulted);
  CHECK(all(kNothing, consts) == kFaulted);
}

TEST_CASE("an element that was given as null is not one that was left out") {
  ShapeBuilder builder;
  const uint32_t any = builder.Add(Op::kAny, kTBool, builder.AddLoad(kTItems));
  builder.Add(Op::kElementNull, kTBool, any, kItemTags);
  builder.Close(any);
  Asker ask(builder);
  const auto items = [](uint64_t present, uint64_t nulls) {
    return [=](FrameImage& f) {
      f.Set(0, ItemsOf(f.arena(), {{{present, nulls}, {5, 0}, {}, {}}}));
    };
  };
  CHECK(ask(items(0b0011, 0b1000)) == kIsTrue);
  CHECK(ask(items(0b0011, 0b0100)) == kIsFalse);
  CHECK(ask(items(0b1011, 0)) == kIsFalse);
}

TEST_CASE("nested quantifiers read the elements of both") {
  // any(i in items: all(t in i.tags: t < i.count)), with `i.tags is present`
  ShapeBuilder builder;
  const uint32_t any = builder.Add(Op::kAny, kTBool, builder.AddLoad(kTItems));
  const uint32_t has = builder.Add(Op::kElementPresent, kTBool, any, kItemTags);
  const uint32_t tags = builder.Add(Op::kElement, kTInts, any, kItemTags);
  const uint32_t all = builder.Add(Op::kAll, kTBool, tags);
  const uint32_t tag = builder.Add(Op::kElement, kTInt, all, 0);
  const uint32_t count = builder.Add(Op::kElement, kTInt, any, kItemCount);
  builder.Add(Op::kWordLt, kTBool, tag, count);
  builder.Close(all);
  builder.Add(Op::kAnd, kTBool, has, all);
  builder.Close(any);
  Asker ask(builder);
  const auto items = [](std::vector<int64_t> tags_of_second) {
    return [=](FrameImage& f) {
      std::vector<Slot> slots;
      for (int64_t t : tags_of_second) slots.push_back({static_cast<uint64_t>(t), 0});
      f.Set(0, ItemsOf(f.arena(), {{{0b0011, 0}, {5, 0}, {}, {}},
                                   {{0b1011, 0}, {5, 0}, {}, ListOf(f.arena(), slots)}}));
    };
  };
  CHECK(ask(items({1, 4})) == kIsTrue);
  CHECK(ask(items({1, 5})) == kIsFalse);
}

// Clauses: 0 require slot 0, 1 step-up slot 1, 2 (cost 1) require a text in slot 2 to contain "y".
Program ThreeClauses() {
  ShapeBuilder builder;
  builder.AddLoad(kTBool);
  builder.EndClause();
  builder.AddLoad(kTBool);
  builder.EndClause(ClauseKind::kStepUp);
  const uint32_t text = builder.AddLoad(kTString);
  builder.Add(Op::kStrContains, kTBool, text, builder.AddConst(kTString, {std::string("y")}));
  builder.EndClause();
  return builder.Finish();
}

TEST_CASE("admit and explain agree: refused beats step-up, a step-up skips nothing") {
  const Program program = ThreeClauses();
  REQUIRE(Verify(program).has_value());
  const RecordImage record({StringSlot("y")});
  struct Row {
    Fill fill;
    uint64_t admit;
    ClauseMasks masks;
  };
  const auto fill = [](int64_t require, int64_t step_up, std::string_view text) {
    return [=](FrameImage& f) { f.SetWord(0, require).SetWord(1, step_up).SetText(2, text); };
  };
  const std::vector<Row> rows = {
      {fill(1, 1, "y"), kAdmitted, {}},
      {fill(1, 0, "y"), 0b010, {.fail = 0b010}},
      {fill(1, 0, "n"), kRefused, {.fail = 0b110}},
      {fill(0, 1, "y"), kRefused, {.fail = 0b001, .skipped = 0b100}},
      {[](FrameImage& f) { f.SetWord(0, 1); }, kRefused, {.fault = 0b110}},
      {[](FrameImage& f) { f.SetWord(0, 1).SetText(2, "y"); }, 0b010, {.fault = 0b010}},
      {kNothing, kRefused, {.fault = 0b011, .skipped = 0b100}},
  };
  for (const Row& row : rows) {
    FrameImage frame;
    row.fill(frame);
    ClauseMasks masks;
    interp::Explain(program, program.shapes[0], frame.get(), record.get(), StandardCallOuts(),
                    &masks);
    CHECK(interp::Admit(program, program.shapes[0], frame.get(), record.get(),
                        StandardCallOuts()) == row.admit);
    CHECK(masks == row.masks);
    CHECK((row.admit == kAdmitted) == (masks == ClauseMasks{}));
  }
}

TEST_CASE("a trace shows observed, limit, witness and the lowest fault") {
  ShapeBuilder builder;
  const uint32_t list = builder.AddLoad(kTItems);
  const uint32_t all = builder.Add(Op::kAll, kTBool, list);
  const uint32_t name = builder.Add(Op::kElement, kTString, all, kItemName);
  const uint32_t wanted = builder.AddConst(kTString, {std::string("yes")});
  builder.Add(Op::kStrEq, kTBool, name, wanted);
  builder.Close(all);
  builder.EndClause(ClauseKind::kRequire, name, wanted);
  const Program program = builder.Finish();
  REQUIRE(Verify(program).has_value());
  const RecordImage record({StringSlot("yes")});
  const auto trace = [&](const Fill& fill) {
    FrameImage frame;
    fill(frame);
    return interp::Trace(program, program.shapes[0], 0, frame.get(), record.get(),
                         StandardCallOuts(), program.spans.data());
  };
  interp::ClauseTrace failed = trace(Items("yny"));
  CHECK(failed.result.value.lo == kIsFalse);
  CHECK(failed.witness == 1);
  CHECK(failed.witness_inst == all);
  CHECK(StringOf(failed.observed.value) == "no");
  CHECK(StringOf(failed.limit.value) == "yes");
  CHECK(failed.fault_inst == kNone);
  // The first element that faulted is shown, although a later one was looked at too.
  interp::ClauseTrace faulted = trace(Items("y-yy"));
  CHECK(faulted.result.fault);
  CHECK(faulted.witness == 1);
  CHECK(faulted.observed.fault);
  CHECK(faulted.fault_inst == name);
  interp::ClauseTrace missing = trace(kNothing);
  CHECK(missing.fault_inst == list);
  CHECK(missing.witness == kNone);
  CHECK(missing.observed.fault);
}

TEST_CASE("counters see what ran and how it ended") {
  interp::OpCounters counters;
  interp::SetCounters(&counters);
  Asker lt = Binary(Op::kWordLt, kTInt, kTInt);
  lt(Words({1, 2}));
  lt(Words({2, 1}));
  lt(Words({2, 1}));
  lt(kNothing);
  interp::SetCounters(nullptr);
  const auto& seen = counters.seen[static_cast<uint16_t>(Op::kWordLt)];
  CHECK(seen[0] == 1);
  CHECK(seen[1] == 2);
  CHECK(seen[2] == 1);
}

}  // namespace
}  // namespace cap

// Tables of constants: what the verifier lets through, how bundles hold them, what a slot says.
#include "runtime/program/table.h"

#include <doctest/doctest.h>

#include <functional>

#include "runtime/base/limits.h"
#include "runtime/frame/encode.h"
#include "runtime/interp/interp.h"
#include "runtime/program/bundle.h"
#include "runtime/program/print.h"
#include "runtime/program/verify.h"
#include "tests/support/shape_builder.h"
#include "tests/support/tables.h"

namespace cap {
namespace {

using namespace test;  // the type indices

/// A clause that holds a table beside a bool.
Program WithTable() {
  ShapeBuilder builder;
  builder.AddConst(kTPattern, {TableRef{builder.AddTable(TableOfAsAndB())}});
  builder.AddConst(kTBool, {true});
  builder.EndClause();
  return builder.Finish();
}

TEST_CASE("a constant is a table of the Program, and its slot points at the words") {
  const Program p = WithTable();
  CHECK(ErrorOf(p) == "");
  Arena arena;
  const Result<Slot> slot = EncodeConstant(p, kTPattern, {TableRef{0}}, arena);
  REQUIRE(slot.has_value());
  CHECK(WordsOf(*slot) == p.tables[0].words.data());
  CHECK(slot->hi == PackPair(77, static_cast<uint32_t>(TableKind::kDfa)));
  CHECK(FindTable(p, *slot) == &p.tables[0]);
  CHECK(FindTable(p, Slot{}) == nullptr);
  CHECK_FALSE(EncodeConstant(p, kTPattern, {TableRef{1}}, arena).has_value());
  CHECK_FALSE(EncodeConstant(p, kTPattern, {int64_t{0}}, arena).has_value());
  CHECK_FALSE(EncodeConstant(p, kTInt, {TableRef{0}}, arena).has_value());
  CHECK(PrintProgram(p).find("table dfa \"a*b\" 77 words\n") != std::string::npos);
  CHECK(PrintProgram(p).find("const 0 = \"a*b\"\n") != std::string::npos);
}

TEST_CASE("the verifier refuses tables that a walk could leave or that are too large") {
  struct BrokenTable {
    std::string_view what;
    std::function<void(Table&)> edit;
  };
  const std::vector<BrokenTable> rows = {
      {"ends inside its header", [](Table& t) { t.words.resize(dfa::kRows - 1); }},
      {"ends inside its header", [](Table& t) { t.words.clear(); }},
      {"no states", [](Table& t) { t.words[dfa::kStates] = 0; }},
      {"no classes", [](Table& t) { t.words[dfa::kClasses] = 0; }},
      {"too many", [](Table& t) { t.words[dfa::kClasses] = 257; }},
      {"not that of its rows", [](Table& t) { t.words.pop_back(); }},
      {"not that of its rows", [](Table& t) { t.words[dfa::kStates] = 0x8000'0003; }},
      {"not that of its rows", [](Table& t) { t.words[dfa::kStates] = 0x5555'5558; }},
      {"starts at no state", [](Table& t) { t.words[dfa::kStart] = 4; }},
      {"starts at no state", [](Table& t) { t.words[dfa::kStart] = 9; }},
      {"accepting states", [](Table& t) { t.words[dfa::kAccept] = 0; }},
      {"accepting states", [](Table& t) { t.words[dfa::kAccept] = 12; }},
      {"accepting states", [](Table& t) { t.words[dfa::kAccept] = 5; }},
      {"a byte has no class", [](Table& t) { t.words[dfa::kClassOf + 63] = 3u << 24; }},
      {"leads to no state", [](Table& t) { t.words[dfa::kRows + 4] = 9; }},
      {"leads to no state", [](Table& t) { t.words[dfa::kRows + 8] = 1; }},
      {"dead state leads elsewhere", [](Table& t) { t.words[dfa::kRows + 1] = 3; }},
      {"no time zone", [](Table& t) { t.kind = TableKind::kZone; }},
      {"no schedule", [](Table& t) { t.kind = TableKind::kSchedule; }},
      {"no such kind", [](Table& t) { t.kind = static_cast<TableKind>(9); }},
      {"not UTF-8", [](Table& t) { t.name = "\xff"; }},
      {"too large", [](Table& t) { t.words.resize(limits::kTableWords + 1); }},
  };
  for (const BrokenTable& row : rows) {
    Program p = WithTable();
    row.edit(p.tables[0]);
    const std::string error = ErrorOf(p);
    CHECK_MESSAGE(error.find("tables[0]: ") == 0, error, " / ", row.what);
    CHECK_MESSAGE(error.find(row.what) != std::string::npos, error, " / ", row.what);
  }
}

/// Correct, and as large as a table may be.
Table Largest() {
  Table table{.kind = TableKind::kDfa, .name = "", .words = {}};
  table.words.assign(limits::kTableWords, 0);
  table.words[dfa::kStates] = limits::kTableWords - dfa::kRows;
  table.words[dfa::kClasses] = 1;
  table.words[dfa::kAccept] = table.words[dfa::kStates];
  return table;
}

TEST_CASE("all tables of a Program together have a limit") {
  Program p = WithTable();
  p.tables.clear();
  p.tables.resize(limits::kProgramTableWords / limits::kTableWords, Largest());
  CHECK(ErrorOf(p) == "");
  p.tables.push_back(TableOfAsAndB());
  CHECK(ErrorOf(p) == "tables: all together are too large");
}

TEST_CASE("only constants are tables") {
  const auto refused = [](const std::function<void(Program&)>& edit) {
    Program p = WithTable();
    edit(p);
    return ErrorOf(p);
  };
  const auto has = [](const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(has(refused([](Program& p) { p.values[0] = {TableRef{1}}; }), "does not fit its type"));
  CHECK(has(refused([](Program& p) { p.values[0] = {int64_t{0}}; }), "does not fit its type"));
  CHECK(has(refused([](Program& p) { p.values[1] = {TableRef{0}}; }), "does not fit its type"));
  CHECK(has(refused([](Program& p) { p.types[kTInts].element = kTPattern; }), "cannot be element"));
  CHECK(has(refused([](Program& p) { p.records[0].fields[0].type = kTPattern; }),
            "cannot be a field"));
  CHECK(has(refused([](Program& p) { p.bound.push_back({"b", kTPattern, false, ""}); }),
            "cannot be a table"));
  ShapeBuilder builder;
  builder.AddLoad(kTPattern);
  builder.AddConst(kTBool, {true});
  builder.EndClause();
  CHECK(has(ErrorOf(builder.Finish()), "are no input"));
}

TEST_CASE("a bundle gives back the same tables, and a bit flipped in one is noticed or harmless") {
  const Program p = WithTable();
  const std::string good = WriteBundle(p);
  const auto read = ReadBundle(good);
  REQUIRE(read.has_value());
  CHECK(**read == p);
  CHECK(WriteBundle(**read) == good);
  // The tables are the last section: name, kind and words of the only one.
  size_t refused = 0;
  size_t harmless = 0;
  for (size_t bit = (good.size() - 90) * 8; bit < good.size() * 8; ++bit) {
    std::string bytes = good;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    RepairChecksum(bytes);
    ReadBundle(bytes).has_value() ? ++harmless : ++refused;
  }
  CHECK(refused > 500);
  CHECK(harmless > 10);
}

TEST_CASE("a walk takes the whole string, byte by byte, and ends in the dead state early") {
  const Table table = TableOfAsAndB();
  const Slot slot = SlotOf(table);
  const auto matches = [&](std::string_view text) {
    const Slot string = StringSlot(text);
    return StandardCallOuts().str_matches(&string, &slot);
  };
  for (std::string_view text : {"b", "ab", "aaaaaaaab"}) CHECK_MESSAGE(matches(text) == 1, text);
  for (std::string_view text : {"", "a", "bb", "aba", "c", "abc", "ab\xff"}) {
    CHECK_MESSAGE(matches(text) == 0, text);
  }
  CHECK(matches(std::string_view("ab\0", 3)) == 0);
}

TEST_CASE("str.matches wants a string and a regular expression") {
  const auto accepts = [](TypeIndex left, TypeIndex right) {
    ShapeBuilder builder;
    builder.AddTable(TableOfAsAndB());
    const uint32_t text = builder.AddLoad(left);
    const uint32_t table = right == kTPattern ? builder.AddConst(kTPattern, {TableRef{0}})
                                              : builder.AddLoad(right);
    builder.Add(Op::kStrMatches, kTBool, text, table);
    builder.EndClause();
    return Verify(builder.Finish()).has_value();
  };
  CHECK(accepts(kTString, kTPattern));
  CHECK_FALSE(accepts(kTString, kTString));
  CHECK_FALSE(accepts(kTInt, kTPattern));
}

TEST_CASE("the interpreter asks the table: true, false and fault") {
  ShapeBuilder builder;
  const uint32_t table = builder.AddTable(TableOfAsAndB());
  const uint32_t text = builder.AddLoad(kTString);
  builder.Add(Op::kStrMatches, kTBool, text, builder.AddConst(kTPattern, {TableRef{table}}));
  builder.EndClause();
  const Program p = builder.Finish(ShapeKind::kPredicate);
  REQUIRE(ErrorOf(p) == "");
  const RecordImage record({SlotOf(p.tables[0])});
  FrameImage frame;
  const auto ask = [&] {
    return interp::Predicate(p, p.shapes[0], frame.get(), record.get(), StandardCallOuts());
  };
  CHECK(ask() == 0);
  frame.SetText(0, "aab");
  CHECK(ask() == 1);
  frame.SetText(0, "aa");
  CHECK(ask() == 2);
}

}  // namespace
}  // namespace cap

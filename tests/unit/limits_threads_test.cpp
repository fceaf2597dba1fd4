// Many threads are charged while others delegate, revoke and swap the program. Run under
// ThreadSanitizer in the preset `tsan`; here the sums are checked too.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "cap/engine.h"
#include "tests/unit/doc_program.h"

namespace cap::test {
namespace {

/// MakeProgram() with at most `limit` reads a day.
std::shared_ptr<const Program> Counted(int64_t limit) {
  auto program = std::make_shared<Program>(*MakeProgram());
  EnumType period{.name = "period", .members = {}};
  for (const std::string_view name : kPeriodNames) period.members.emplace_back(name);
  program->enums.push_back(period);
  Type number, of_period;
  number.kind = TypeKind::kInt;
  of_period.kind = TypeKind::kEnum;
  of_period.ref = 0;
  program->types.insert(program->types.end(), {number, of_period});
  program->values = {{int64_t{1}}, {limit}, {EnumMember{"day"}}, {false}};
  program->insts = {{.op = Op::kConst, .type = 1, .a = 3, .b = 0, .reserved = 0}};
  program->clauses.resize(1);
  program->clauses[0].end = 1;
  program->clauses[0].kind = ClauseKind::kLimit;
  program->spans.resize(1);
  Shape& shape = program->shapes[0];
  shape.inst_count = 1;
  shape.clause_count = 1;
  shape.const_types = {2, 2, 3, 1};
  Capability& capability = program->capabilities[0];
  for (uint32_t i = 0; i < 4; ++i) capability.consts.push_back({.bound = false, .index = i});
  ClauseInfo info;
  info.name = "maxPerDay";
  info.limit_term = 0;
  capability.clauses = {info};
  LimitTerm term;
  term.policy = "p";
  term.owner = capability.name;
  term.name = "maxPerDay";
  term.amount = {LimitOperand::Source::kConst, 0, 2};
  term.limit = {LimitOperand::Source::kConst, 1, 2};
  term.period = {LimitOperand::Source::kConst, 2, 3};
  capability.terms = {term};
  capability.parameters = {{.constraint = "maxPerDay",
                            .name = "limit",
                            .const_index = 1,
                            .type = 2,
                            .order = ParameterOrder::kAtMost}};
  const auto verified = Verify(*program);
  if (!verified) MESSAGE(verified.error().message);
  REQUIRE(verified.has_value());
  return program;
}

DelegationSpec Half(int64_t limit) {
  return {.subject = "child",
          .capabilities = {"read"},
          .narrow = {{.capability = "read", .parameter = "maxPerDay.limit", .value = {limit}}}};
}

TEST_CASE("threads, grants that come and go, and swaps take exactly what there is") {
  constexpr int64_t kLimit = 4000;
  const auto program = Counted(kLimit);
  auto engine = std::move(*Engine::Create());
  REQUIRE(engine->Load(program).has_value());
  const GrantId root = *engine->Mint(SpecFor("u"), kNowUs);
  std::atomic<int64_t> kept = 0;
  std::atomic<uint64_t> wrong = 0;
  std::atomic<bool> stop = false;
  const auto call = [&](int nth) {
    Reader reader = engine->NewReader();
    const Frame frame = MakeFrame(*program, "u");
    for (int i = 0; i < 600; ++i) {
      const auto child = engine->Delegate(root, Half(kLimit / 2), kNowUs);
      if (!child) ++wrong;
      const Decision decision = reader.Authorize(i % 2 == 0 || !child ? root : *child, frame);
      if (child && i % 3 == 0) engine->Revoke(*child);
      if (!decision.permitted()) continue;
      if (!decision.reserved()) ++wrong;
      const bool back = (i + nth) % 4 == 0;
      const auto settled =
          back ? reader.Release(decision, kNowUs) : reader.Commit(decision, kNowUs);
      if (settled != state::SettleStatus::kSettled) ++wrong;
      if (!back) ++kept;
      if (child) engine->Revoke(*child);
    }
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back(call, t);
  std::thread swapper([&] {
    while (!stop.load()) {
      if (!engine->Load(program).has_value()) ++wrong;
    }
  });
  for (std::thread& thread : threads) thread.join();
  stop = true;
  swapper.join();
  CHECK(wrong == 0);
  CHECK(kept > 0);
  Reader reader = engine->NewReader();
  const Frame frame = MakeFrame(*program, "u");
  const Decision last = reader.Peek(root, frame);
  REQUIRE(last.permitted());
  CHECK(reader.Report(last, root, frame).limits[0].remains == std::to_string(kLimit - kept));
}

TEST_CASE("a parent that is revoked ends its children at once, for every thread") {
  const auto program = Counted(1'000'000);
  auto engine = std::move(*Engine::Create());
  REQUIRE(engine->Load(program).has_value());
  std::atomic<uint64_t> dead = 0;  // a child whose parent was revoked
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> wrong = 0;
  std::thread reader([&] {
    Reader own = engine->NewReader();
    const Frame frame = MakeFrame(*program, "u");
    while (!stop.load()) {
      const uint64_t handle = dead.load();
      const GrantId child{static_cast<uint32_t>(handle), static_cast<uint32_t>(handle >> 32)};
      if (own.Authorize(child, frame).permitted()) ++wrong;
    }
  });
  for (int i = 0; i < 500; ++i) {
    const GrantId parent = *engine->Mint(SpecFor("u"), kNowUs);
    const GrantId child = *engine->Delegate(parent, Half(10), kNowUs);
    engine->Revoke(parent);
    dead = uint64_t{child.generation} << 32 | child.index;
    if (i % 50 == 0) engine->SweepExpired(kNowUs);
  }
  stop = true;
  reader.join();
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace cap::test

// AuthorizeMany says what Authorize says, call by call; revocation handles end what hangs on them.
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "runtime/base/limits.h"
#include "tests/unit/doc_program.h"

namespace cap::test {
namespace {

struct World {
  World() {
    engine = std::move(*Engine::Create());
    REQUIRE(engine->Load(program).has_value());
    reader = std::make_unique<Reader>(engine->NewReader());
  }
  GrantId Mint(const std::string& user, std::vector<RevocationHandle> handles = {}) {
    GrantSpec spec = SpecFor(user);
    spec.handles = std::move(handles);
    return engine->Mint(spec, kNowUs).value();
  }
  DecisionCode Code(GrantId grant, const std::string& id) {
    return reader->Authorize(grant, MakeFrame(*program, id)).code;
  }
  std::shared_ptr<const Program> program = MakeProgram("u3", 2);
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Reader> reader;
};

/// Live, revoked, expired, hanging and made-up grants.
std::vector<GrantId> SomeGrants(World& world) {
  std::vector<GrantId> grants;
  for (int i = 0; i < 12; ++i) grants.push_back(world.Mint("u" + std::to_string(i % 6)));
  REQUIRE(world.engine->Revoke(grants[1]));
  const RevocationHandle handle = *world.engine->NewHandle();
  grants.push_back(world.Mint("u3", {handle}));
  REQUIRE(world.engine->RevokeHandle(handle));
  GrantSpec brief = SpecFor("u3");
  brief.ttl_us = 1;
  grants.push_back(*world.engine->Mint(brief, kNowUs - 2));
  grants.push_back({});
  grants.push_back({.index = 4'000'000, .generation = 3});
  return grants;
}

TEST_CASE("a batch decides as one call after another, on random requests") {
  World world;
  const std::vector<GrantId> grants = SomeGrants(world);
  std::vector<Frame> frames;
  for (int i = 0; i < 8; ++i) frames.push_back(MakeFrame(*world.program, "u" + std::to_string(i)));
  frames.push_back(MakeFrame(*world.program, "../etc"));                        // no resource
  frames.push_back(Frame::Refused({MalformedKind::kBadJson, "", "", {}}));      // malformed
  frames.push_back(MakeFrame(*MakeProgram(), "u3"));                            // same layout
  std::mt19937_64 random(11);
  uint32_t permits = 0, codes = 0;
  uint64_t seen = 0;
  for (uint32_t round = 0; round < 200; ++round) {
    std::vector<GrantedCall> calls(random() % 65);
    for (GrantedCall& call : calls) {
      call = {grants[random() % grants.size()], &frames[random() % frames.size()]};
    }
    std::vector<Decision> decisions(calls.size() + 1);
    REQUIRE(world.reader->AuthorizeMany(calls, decisions).has_value());
    for (size_t i = 0; i < calls.size(); ++i) {
      const Decision one = world.reader->Authorize(calls[i].grant, *calls[i].frame);
      CHECK(SameDecision(one, decisions[i]));
      CHECK(one.id != decisions[i].id);
      permits += one.permitted() ? 1 : 0;
      codes += (seen >> static_cast<uint32_t>(one.code) & 1) == 0 ? 1 : 0;
      seen |= uint64_t{1} << static_cast<uint32_t>(one.code);
    }
  }
  CHECK(permits > 100);
  CHECK(codes >= 7);  // the requests reach different phases
}

TEST_CASE("a batch that cannot be decided denies every call") {
  World world;
  const GrantId grant = world.Mint("u3");
  const Frame frame = MakeFrame(*world.program, "u3");
  std::vector<GrantedCall> calls(limits::kBatchCalls + 1, {grant, &frame});
  std::vector<Decision> decisions(calls.size());
  for (Decision& decision : decisions) decision.verdict = Verdict::kPermit;
  const auto too_many = world.reader->AuthorizeMany(calls, decisions);
  REQUIRE_FALSE(too_many.has_value());
  CHECK(too_many.error().code == "bad-batch");
  for (const Decision& decision : decisions) CHECK_FALSE(decision.permitted());

  calls.pop_back();
  REQUIRE(world.reader->AuthorizeMany(calls, decisions).has_value());
  CHECK(decisions[limits::kBatchCalls - 1].permitted());
  const auto too_few = world.reader->AuthorizeMany(calls, std::span(decisions).first(3));
  REQUIRE_FALSE(too_few.has_value());
  CHECK_FALSE(decisions[0].permitted());
  calls[0].frame = nullptr;
  REQUIRE(world.reader->AuthorizeMany(calls, decisions).has_value());
  CHECK(decisions[0].code == DecisionCode::kLayoutMismatch);
  CHECK(decisions[1].permitted());
}

TEST_CASE("a revoked handle ends every grant that hangs on it, and no other") {
  World world;
  const RevocationHandle session = *world.engine->NewHandle();
  const RevocationHandle agent = *world.engine->NewHandle();
  CHECK(session != agent);
  const GrantId both = world.Mint("u3", {session, agent});
  const GrantId one = world.Mint("u3", {agent});
  const GrantId none = world.Mint("u3");
  CHECK(world.Code(both, "u3") == DecisionCode::kPermit);
  CHECK(world.engine->RevokeHandle(session));
  CHECK_FALSE(world.engine->RevokeHandle(session));
  CHECK(world.Code(both, "u3") == DecisionCode::kGrantRevoked);
  CHECK(world.Code(one, "u3") == DecisionCode::kPermit);
  CHECK(world.engine->RevokeHandle(agent));
  CHECK(world.Code(one, "u3") == DecisionCode::kGrantRevoked);
  CHECK(world.Code(none, "u3") == DecisionCode::kPermit);

  // A swap does not bring them back, and a sweep frees them.
  REQUIRE(world.engine->Load(world.program).has_value());
  CHECK(world.Code(both, "u3") == DecisionCode::kGrantRevoked);
  CHECK(world.engine->stats().grants == 3);
  CHECK(world.engine->SweepExpired(kNowUs) == 2);
  CHECK(world.engine->stats().grants == 1);
  CHECK(world.Code(both, "u3") == DecisionCode::kGrantRevoked);

  // A row that is used again hangs on nothing that its last grant hung on.
  CHECK(world.Code(world.Mint("u3"), "u3") == DecisionCode::kPermit);
}

TEST_CASE("a mint refuses handles that are revoked, unknown or too many") {
  World world;
  const RevocationHandle live = *world.engine->NewHandle();
  const RevocationHandle dead = *world.engine->NewHandle();
  CHECK(world.engine->RevokeHandle(dead));
  const auto code = [&](std::vector<RevocationHandle> handles) {
    GrantSpec spec = SpecFor("u3");
    spec.handles = std::move(handles);
    const auto made = world.engine->Mint(spec, kNowUs);
    return made ? std::string() : made.error().code;
  };
  CHECK(code(std::vector(limits::kGrantHandles, live)).empty());
  CHECK(code(std::vector(limits::kGrantHandles + 1, live)) == "bad-handle");
  CHECK(code({live, dead}) == "bad-handle");
  CHECK(code({{}}) == "bad-handle");
  CHECK(code({{.index = 1'000'000}}) == "bad-handle");
  CHECK(code({{.index = 0xFFFF'FFFF}}) == "bad-handle");
  CHECK_FALSE(world.engine->RevokeHandle({.index = 0xFFFF'FFFF}));
  CHECK_FALSE(world.engine->RevokeHandle({}));
}

}  // namespace
}  // namespace cap::test

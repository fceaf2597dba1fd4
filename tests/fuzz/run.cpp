#include "tests/fuzz/run.h"

#include <random>
#include <string>

#include "runtime/interp/interp.h"
#include "tests/fuzz/inputs.h"
#include "tests/fuzz/target.h"
#include "tests/support/random_frame.h"

namespace cap::fuzz {
namespace {

using test::Random;

class ShapeRunner {
 public:
  ShapeRunner(const Program& program, Random& random)
      : program_(program), hints_(program), slots_(program, hints_, random) {}

  void Run() {
    for (const Capability& each : program_.capabilities) {
      Rule(each.shape, each.consts, each.first_inst_span);
    }
    for (const Forbid& each : program_.forbids) {
      if (each.shape != kNone) Rule(each.shape, each.consts, each.first_inst_span);
    }
  }

 private:
  void Rule(uint32_t index, const std::vector<ConstSource>& consts, uint32_t first_span) {
    const Shape& shape = program_.shapes[index];
    Arena arena;
    const test::RecordImage record(slots_.Consts(index, consts, arena));
    const CallOuts& calls = StandardCallOuts();
    for (int i = 0; i < 2; ++i) {
      const test::FrameImage image = slots_.Frame(shape.tool);
      const FrameHeader* frame = image.get();
      if (shape.kind == ShapeKind::kPredicate) {
        const uint64_t bits = interp::Predicate(program_, shape, frame, record.get(), calls);
        Require(bits <= 2, "a predicate is true and false at once");
        continue;
      }
      ClauseMasks masks;
      interp::Explain(program_, shape, frame, record.get(), calls, &masks);
      const uint64_t admit = interp::Admit(program_, shape, frame, record.get(), calls);
      Require((admit == kAdmitted) == (masks == ClauseMasks{}), "admit and explain disagree");
      Require((masks.fail & masks.fault) == 0, "a clause is false and a fault");
      for (uint32_t clause = 0; clause < shape.clause_count; ++clause) {
        interp::Trace(program_, shape, clause, frame, record.get(), calls,
                      program_.spans.data() + first_span);
      }
    }
  }

  const Program& program_;
  const test::Hints hints_;
  test::RandomSlots slots_;
};

std::string RandomBytes(Random& random, size_t count) {
  std::string bytes;
  while (bytes.size() < count) bytes += static_cast<char>(random());
  return bytes;
}

}  // namespace

uint64_t HashOf(std::string_view text) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
  return hash;
}

std::unique_ptr<Engine> NewEngine() {
  EngineOptions options;
  options.hash_seed = {{1, 2}};  // an input does the same whenever it is run
  return std::move(*Engine::Create(options));
}

void CheckFrame(const Program& program, const Frame& frame) {
  const FrameHeader* header = frame.header();
  if (header == nullptr) {
    Require(frame.malformed().kind != MalformedKind::kFine, "no header, and nothing is wrong");
    return;
  }
  Require(frame.malformed().kind == MalformedKind::kFine, "malformed, with a header");
  const Tool& tool = program.tools[header->tool];
  Require(header->slot_count == tool.slots.size(), "another number of slots");
  Require(header->layout_hash == tool.layout_hash, "another layout");
  for (int i = 0; i < 2; ++i) {
    Require((header->present[i] & header->poison[i]) == 0, "present and poisoned");
  }
  for (uint32_t slot = 0; slot < limits::kFrameSlots; ++slot) {
    const bool given = BitOf(header->present, slot) || BitOf(header->poison, slot);
    Require(!given || slot < tool.slots.size(), "a bit of no slot");
  }
}

void RunDecision(Reader& reader, GrantId grant, const Frame& frame) {
  Decision peek = reader.Peek(grant, frame);
  Require(SameDecision(peek, reader.Peek(grant, frame)), "decided twice, differently");
  const Decision decision = reader.Authorize(grant, frame);
  Require(!peek.reserved(), "charged by a look");
  if (decision.reserved()) peek.operation |= uint64_t{1} << 63;
  Require(SameDecision(peek, decision), "decided otherwise than it was foretold");
  Require(decision.permitted() == (decision.code == DecisionCode::kPermit),
          "verdict and code disagree");
  Require(!decision.permitted() || frame.header() != nullptr, "a malformed call is permitted");
  const DecisionReport report = reader.Report(decision, grant, frame);
  Require(report.verdict == decision.verdict && report.code == decision.code,
          "the report says something else");
  RequireJson(ToJson(report), "a report is no JSON");
  Require(!ToText(report).empty(), "a report without a text");
  const AgentDecisionReport agent = reader.AgentReport(decision, grant, frame);
  RequireJson(ToJson(agent), "an agent's report is no JSON");
  Require(!ToText(agent).empty(), "an agent's report without a text");
}

void RunProgram(const std::shared_ptr<const Program>& program, uint64_t seed) {
  Random random(seed);
  ShapeRunner(*program, random).Run();
  const std::unique_ptr<Engine> engine = NewEngine();
  const auto loaded = engine->Load(program);
  Require(loaded.has_value(), "an engine refuses what the verifier accepts",
          loaded ? "" : loaded.error().message);
  Reader reader = engine->NewReader();
  constexpr size_t kPolicies = 8;
  constexpr uint32_t kTools = 8;
  for (size_t i = 0; i < program->policies.size() && i < kPolicies; ++i) {
    const std::string choices = RandomBytes(random, 64);
    Bytes for_grant(choices);
    const auto grant = engine->Mint(MakeGrant(*program, program->policies[i], for_grant), kNowUs);
    if (!grant) continue;
    for (uint32_t tool = 0; tool < program->tools.size() && tool < kTools; ++tool) {
      const std::string call = RandomBytes(random, 512);
      Bytes for_call(call);
      const Frame frame = MakeCall(*program, tool, for_call);
      CheckFrame(*program, frame);
      RunDecision(reader, *grant, frame);
    }
  }
}

}  // namespace cap::fuzz

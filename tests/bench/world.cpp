#include "tests/bench/world.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <span>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "runtime/frame/keyed_hash.h"
#include "runtime/interp/interp.h"
#include "runtime/jit/jit.h"
#include "tests/bench/baseline/layout/decide.h"
#include "tests/bench/values.h"

namespace cap::bench {
namespace {

using Json = nlohmann::json;
constexpr uint64_t kSeed = 7;
constexpr HandSeed kHandSeed = {0x243F6A8885A308D3u, 0x13198A2E03707344u};
constexpr size_t kRecordsOfAGrant = 10;

std::string CustomerOf(size_t grant) { return fmt::format("C-{:07}", grant); }

void CheckConsts(const Program& program, uint32_t shape, std::span<const ValueClass> want,
                 const std::string& name) {
  const auto& types = program.shapes[shape].const_types;
  if (types.size() != want.size()) Die("layout of decide: constants of " + name);
  for (size_t i = 0; i < want.size(); ++i) {
    if (ClassOf(program, types[i]) != want[i]) Die("layout of decide: constants of " + name);
  }
}

/// Picks a grant: uniform, or Zipf with exponent 0.99 over a random order.
class GrantPicker {
 public:
  GrantPicker(size_t grants, Keys keys, std::mt19937_64& random) : random_(random) {
    if (keys != Keys::kZipf) {
      grants_ = grants;
      return;
    }
    double sum = 0;
    for (size_t i = 0; i < grants; ++i) {
      sum += 1.0 / std::pow(static_cast<double>(i + 1), 0.99);
      cumulative_.push_back(sum);
    }
    for (size_t i = 0; i < grants; ++i) order_.push_back(i);
    std::shuffle(order_.begin(), order_.end(), random);
  }
  size_t Pick() {
    if (cumulative_.empty()) return random_() % grants_;
    const double x = std::uniform_real_distribution<double>(0, cumulative_.back())(random_);
    const auto at = std::lower_bound(cumulative_.begin(), cumulative_.end(), x);
    return order_[static_cast<size_t>(at - cumulative_.begin())];
  }

 private:
  std::mt19937_64& random_;
  size_t grants_ = 1;
  std::vector<double> cumulative_;
  std::vector<size_t> order_;
};

GrantSpec SpecOfCustomer(size_t grant) {
  return {.policy = "bench", .subject = kSubject, .purpose = "",
          .bound = {{"customer_id", {CustomerOf(grant)}}}, .ttl_us = 3'600'000'000};
}

std::string LiteralBytes(std::initializer_list<std::string_view> texts) {
  std::string bytes;
  for (std::string_view text : texts) {
    bytes += static_cast<char>(text.size() & 0xFF);
    bytes += static_cast<char>(text.size() >> 8);
    bytes += text;
  }
  return bytes;
}

}  // namespace

const char* NameOf(Keys keys) {
  switch (keys) {
    case Keys::kUniform: return "uniform";
    case Keys::kZipf: return "zipf 0.99";
    case Keys::kAllMiss: return "all-miss";
  }
  return "";
}

struct World::Impl {
  explicit Impl(const WorldOptions& o) : options(o) {}

  WorldOptions options;
  std::shared_ptr<const Program> program;
  std::shared_ptr<jit::CompiledProgram> compiled;
  std::unique_ptr<Engine> native, interpreted;
  std::vector<GrantId> native_grants, interpreted_grants;
  std::unique_ptr<Reader> native_reader, interpreted_reader;

  Arena arena;
  std::vector<std::vector<Slot>> consts;        // by capability
  std::vector<std::vector<Slot>> forbid_consts;  // by forbid
  std::vector<HandTool> tools;
  std::vector<HandCapability> capabilities;
  std::vector<HandGrant> hand_grants;
  std::vector<CapabilityRecord> records;
  std::unique_ptr<HandState<HandTable>> hand;
  std::unique_ptr<HandState<LinearTable>> linear;
  std::atomic<const HandState<HandTable>*> hand_current = nullptr;
  std::atomic<const HandState<LinearTable>*> linear_current = nullptr;
  std::atomic<uint64_t> hand_epoch = 1;
  HandReader hand_reader;

  struct Request {
    uint32_t grant = 0;
    Frame frame;
    std::vector<std::string_view> holes;
    HandCall call;
  };
  std::vector<Request> requests;

  size_t Grants() const { return std::max<size_t>(1, options.records / kRecordsOfAGrant); }
  /// Those of the policy `bench`, the first of the program; the other one has no side by hand.
  std::span<const Capability> BenchCapabilities() const {
    return std::span(program->capabilities).first(program->policies[0].capabilities.size());
  }
  void CheckLayout() const;
  void MintAll();
  void BuildHand();
  void AddRecord(size_t grant, uint32_t capability, bool desk);
  void DrawRequests();
  uint64_t NativeRound(Reader& reader) const {
    uint64_t sum = 0;
    for (const Request& r : requests) {
      const Decision d = reader.Authorize(native_grants[r.grant], r.frame);
      sum += static_cast<uint64_t>(d.verdict) + d.clause;
    }
    return sum;
  }
  uint64_t HandRound(HandReader& reader) const {
    uint64_t sum = 0;
    for (const Request& r : requests) {
      const Decision d = HandDecide(reader, hand_current, hand_epoch, {r.grant, 1}, r.call);
      sum += static_cast<uint64_t>(d.verdict) + d.clause;
    }
    return sum;
  }
  Decision HandDecision(size_t i) {
    return HandDecide(hand_reader, hand_current, hand_epoch, {requests[i].grant, 1},
                      requests[i].call);
  }
};

void World::Impl::CheckLayout() const {
  for (const Tool& tool : program->tools) {
    if (tool.slots.size() != std::size(decide::kSlots)) Die("layout of decide: slots");
    for (size_t i = 0; i < tool.slots.size(); ++i) {
      if (tool.slots[i].path != decide::kSlots[i]) Die("layout of decide: " + tool.slots[i].path);
    }
  }
  for (const Capability& capability : BenchCapabilities()) {
    const bool desk = capability.name.ends_with("_desk");
    if (desk) {
      CheckConsts(*program, capability.shape, decide::kDeskConsts, capability.name);
    } else {
      CheckConsts(*program, capability.shape, decide::kOwnConsts, capability.name);
    }
    const size_t skeleton = desk ? decide::kDeskSkeleton : decide::kOwnSkeleton;
    const Action& action = program->actions[capability.action];
    if (action.skeletons.size() != 2 || capability.patterns[0].skeleton != skeleton) {
      Die("layout of decide: skeletons of " + capability.name);
    }
  }
  for (const Forbid& forbid : program->forbids) {
    CheckConsts(*program, forbid.shape, decide::kForbidConsts, "a forbid");
  }
}

void World::Impl::MintAll() {
  compiled = std::move(jit::CompiledProgram::Compile(*program, {.cpu = "x86-64-v3"}).value());
  EngineOptions engine_options;
  engine_options.hash_seed = std::array<uint64_t, 2>{kHandSeed.a, kHandSeed.b};
  native = Engine::Create(engine_options).value();
  interpreted = Engine::Create(engine_options).value();
  if (!native->Load(program, {compiled->code(), compiled})) Die("the program does not load");
  if (!interpreted->Load(program)) Die("the program does not load");
  for (size_t i = 0; i < Grants(); ++i) {
    const GrantSpec spec = SpecOfCustomer(i);
    for (auto [engine, grants] : {std::pair{native.get(), &native_grants},
                                  std::pair{interpreted.get(), &interpreted_grants}}) {
      const auto grant = engine->Mint(spec, kNow);
      if (!grant) Die("mint: " + grant.error().message);
      grants->push_back(*grant);
    }
  }
  native_reader = std::make_unique<Reader>(native->NewReader());
  interpreted_reader = std::make_unique<Reader>(interpreted->NewReader());
}

void World::Impl::AddRecord(size_t grant, uint32_t index, bool desk) {
  const Capability& capability = program->capabilities[index];
  const std::string customer = CustomerOf(grant);
  CapabilityRecord record;
  record.grant = static_cast<uint32_t>(grant);
  record.generation = 1;
  record.consts = consts[index].data();
  record.expires_us = kNow + 3'600'000'000;
  record.capability = index;
  record.shape = capability.shape;
  record.action = static_cast<uint16_t>(capability.action);
  record.skeleton = desk ? decide::kDeskSkeleton : decide::kOwnSkeleton;
  const std::string literals =
      desk ? LiteralBytes({customer, "agent"}) : LiteralBytes({customer});
  record.literals_length = static_cast<uint32_t>(literals.size());
  if (literals.size() > sizeof record.literals) Die("literals do not fit the record");
  std::memcpy(record.literals, literals.data(), literals.size());
  records.push_back(record);
  const std::string_view texts[] = {customer, "agent"};
  const HandKey key{record.grant, record.generation, record.action, record.skeleton,
                    std::span(texts).first(desk ? 2 : 1)};
  hand->table.Insert(key, &records.back());
  if (linear) linear->table.Insert(key, &records.back());
}

void World::Impl::BuildHand() {
  for (const Capability& c : BenchCapabilities()) {
    const Shape& shape = program->shapes[c.shape];
    consts.push_back(EncodeConstants(*program, c.consts, shape.const_types, {}, arena));
    HandCapability made;
    for (size_t i = 0; i < c.clauses.size(); ++i) made.clauses[i] = c.clauses[i].span;
    capabilities.push_back(made);
  }
  for (const Forbid& f : program->forbids) {
    const Shape& shape = program->shapes[f.shape];
    forbid_consts.push_back(EncodeConstants(*program, f.consts, shape.const_types, {}, arena));
  }
  for (const Tool& tool : program->tools) {
    const uint32_t action = tool.actions.at(0);
    HandTool made{tool.layout_hash, static_cast<uint16_t>(action), 0, nullptr, {}};
    for (size_t i = 0; i < program->forbids.size(); ++i) {
      if (program->forbids[i].action != action) continue;
      made.forbid = static_cast<uint32_t>(i);
      made.forbid_consts = forbid_consts[i].data();
      made.forbid_span = program->forbids[i].info.span;
    }
    tools.push_back(made);
  }
  hand_grants = std::vector<HandGrant>(Grants());
  const size_t count = Grants() * kRecordsOfAGrant;
  records.reserve(count);
  hand.reset(new HandState<HandTable>{1, tools, capabilities, hand_grants,
                                      HandTable(kHandSeed, count)});
  if (options.linear) {
    linear.reset(new HandState<LinearTable>{1, tools, capabilities, hand_grants, LinearTable()});
  }
  for (size_t grant = 0; grant < Grants(); ++grant) {
    hand_grants[grant].generation = 1;
    hand_grants[grant].expires_us = kNow + 3'600'000'000;
    for (uint32_t i = 0; i < BenchCapabilities().size(); ++i) {
      AddRecord(grant, i, program->capabilities[i].name.ends_with("_desk"));
    }
  }
  hand_current = hand.get();
  linear_current = linear.get();
}

void World::Impl::DrawRequests() {
  std::mt19937_64 random(kSeed);
  const Json values = Json::parse(ReadText(CAPC_BENCH_DIR "/decide/decide.json"));
  GrantPicker picker(Grants(), options.keys, random);
  requests.reserve(options.requests);
  while (requests.size() < options.requests) {
    const size_t grant = picker.Pick();
    // A miss asks for a customer that nobody holds, so that both probes end in the table.
    const size_t owner = options.keys == Keys::kAllMiss ? grant + 5'000'000 : grant;
    Json mine = values;
    mine["facts"]["order"]["fields"]["owner"][0][0] = CustomerOf(owner);
    RequestSource source(*program, static_cast<uint32_t>(random() % options.tools), mine,
                         random());
    Request r{static_cast<uint32_t>(grant), source.Draw(options.bad_share), {}, {}};
    if (r.frame.header() == nullptr) continue;
    requests.push_back(std::move(r));
    Request& kept = requests.back();
    kept.call.frame = kept.frame.header();
    for (const ResourceTexts& texts : kept.frame.resources(0)) {
      for (uint32_t hole = 0; hole < texts.hole_count; ++hole) {
        kept.holes.push_back(texts.text(hole));
      }
      kept.call.valid = texts.valid;
    }
    kept.call.holes = kept.holes;
    if (options.permit_only && !HandDecision(requests.size() - 1).permitted()) requests.pop_back();
  }
}

World::World(const WorldOptions& options) : impl_(new Impl(options)) {
  FixTextSeed({kHandSeed.a, kHandSeed.b});
  Impl& m = *impl_;
  m.program = CompileFile(CAPC_BENCH_DIR "/decide/decide.cap");
  m.CheckLayout();
  m.MintAll();
  m.BuildHand();
  m.DrawRequests();
}
World::~World() = default;

void World::CheckAgreement() {
  Impl& m = *impl_;
  for (size_t i = 0; i < m.requests.size(); ++i) {
    Impl::Request& r = m.requests[i];
    Decision hand = m.HandDecision(i);
    const auto same = [&](const Decision& d, const char* side) {
      if (d.verdict == hand.verdict && d.code == hand.code && d.capability == hand.capability &&
          d.forbid == hand.forbid && d.tool == hand.tool && d.policy == hand.policy &&
          d.clause == hand.clause && d.span == hand.span && d.fail == hand.fail &&
          d.fault == hand.fault && d.skipped == hand.skipped && d.step_up == hand.step_up) {
        return;
      }
      Die(fmt::format("request {}: {}: {} clause {} capability {} ({:x} {:x} {:x} {:x}), by hand "
                      "{} clause {} capability {} ({:x} {:x} {:x} {:x})",
                      i, side, NameOf(d.code), d.clause, d.capability, d.fail, d.fault, d.skipped,
                      d.step_up, NameOf(hand.code), hand.clause, hand.capability, hand.fail,
                      hand.fault, hand.skipped, hand.step_up));
    };
    same(m.native_reader->Authorize(m.native_grants[r.grant], r.frame), "native");
    same(m.interpreted_reader->Authorize(m.interpreted_grants[r.grant], r.frame), "interpreter");
    if (!m.linear) continue;
    same(HandDecide(m.hand_reader, m.linear_current, m.hand_epoch, {r.grant, 1}, r.call), "linear");
  }
}

Side World::Native() {
  return {"native", [&m = *impl_] { return m.NativeRound(*m.native_reader); }};
}
Side World::AnotherNative() {
  auto reader = std::make_shared<Reader>(impl_->native->NewReader());
  return {"native", [&m = *impl_, reader] { return m.NativeRound(*reader); }};
}
Side World::Interpreter() {
  return {"interpreter", [&m = *impl_] {
            uint64_t sum = 0;
            for (const Impl::Request& r : m.requests) {
              const Decision d =
                  m.interpreted_reader->Authorize(m.interpreted_grants[r.grant], r.frame);
              sum += static_cast<uint64_t>(d.verdict) + d.clause;
            }
            return sum;
          }};
}
Side World::Hand() {
  return {"hand", [&m = *impl_] { return m.HandRound(m.hand_reader); }};
}
Side World::AnotherHand() {
  auto reader = std::make_shared<HandReader>();
  return {"hand", [&m = *impl_, reader] { return m.HandRound(*reader); }};
}
Side World::Linear() {
  return {"linear", [&m = *impl_] {
            uint64_t sum = 0;
            for (const Impl::Request& r : m.requests) {
              const Decision d =
                  HandDecide(m.hand_reader, m.linear_current, m.hand_epoch, {r.grant, 1}, r.call);
              sum += static_cast<uint64_t>(d.verdict) + d.clause;
            }
            return sum;
          }};
}

Engine& World::engine() { return *impl_->native; }
GrantSpec World::SpecOf(size_t grant) const { return SpecOfCustomer(grant); }
void World::Swap() {
  if (!impl_->native->Load(impl_->program, {impl_->compiled->code(), impl_->compiled})) {
    Die("the program does not load");
  }
}
uint64_t World::DecideBy(Reader& reader, size_t i) {
  const Impl::Request& r = impl_->requests[i];
  const Decision d = reader.Authorize(impl_->native_grants[r.grant], r.frame);
  return static_cast<uint64_t>(d.verdict) + d.clause;
}

size_t World::requests() const { return impl_->requests.size(); }
EngineStats World::stats() const { return impl_->native->stats(); }

std::vector<uint32_t> World::Mix() {
  std::vector<uint32_t> counts(5);
  for (size_t i = 0; i < impl_->requests.size(); ++i) {
    const Decision d = impl_->HandDecision(i);
    const bool forbidden =
        d.code == DecisionCode::kForbidden || d.code == DecisionCode::kForbidFault;
    ++counts[d.permitted() ? 0
             : d.verdict == Verdict::kStepUp ? 1
             : forbidden ? 3
             : d.capability == kNone ? 4 : 2];
  }
  for (uint32_t& n : counts) n = static_cast<uint32_t>(100 * n / impl_->requests.size());
  return counts;
}

}  // namespace cap::bench

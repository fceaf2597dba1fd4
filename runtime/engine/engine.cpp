#include "cap/engine.h"

#include <unistd.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "runtime/engine/delegate.h"
#include "runtime/engine/engine_impl.h"

namespace cap {

using engine::GrantRow;
using engine::GrantSpecification;
using engine::GrantStatus;
using engine::ProgramState;
using engine::RecordRun;
using engine::StateOf;

namespace {

Result<void> CheckNative(const Program& program, const NativeCode& native) {
  if (native.shapes.empty()) return {};
  bool whole = native.shapes.size() == program.shapes.size();
  for (size_t i = 0; whole && i < native.shapes.size(); ++i) {
    const ShapeCode& code = native.shapes[i];
    whole = program.shapes[i].kind == ShapeKind::kPredicate
                ? code.predicate != nullptr
                : code.admit != nullptr && code.explain != nullptr;
  }
  if (whole) return {};
  return Fail("bad-native-code", "the native code does not have one function for every shape");
}

/// The bound values in the policy's order.
Result<std::vector<Value>> OrderBound(const Program& program, const Policy& policy,
                                      const std::vector<Field>& given) {
  std::vector<Value> ordered;
  size_t defaults = 0;
  for (uint32_t index : policy.bound) {
    const std::string& name = program.bound[index].name;
    const auto found = std::ranges::find(given, name, &Field::name);
    const uint32_t default_value = program.bound[index].default_value;
    if (found == given.end() && default_value != kNone) {
      ordered.push_back(program.values[default_value]);
      ++defaults;
      continue;
    }
    if (found == given.end()) {
      return Fail("missing-bound", "policy `" + policy.name + "` needs a value for `" + name + "`");
    }
    ordered.push_back(found->value);
  }
  if (ordered.size() == given.size() + defaults) return ordered;
  return Fail("unknown-bound",
              "policy `" + policy.name + "` does not have every bound name that was given, once");
}

Result<int64_t> ExpiryOf(const Policy& policy, std::optional<int64_t> ttl_us, int64_t now_us) {
  if (!ttl_us && policy.max_ttl_us == 0) {
    return Fail("bad-ttl", "policy `" + policy.name +
                               "` has no `expires after`, so that a grant needs a time to live");
  }
  const int64_t ttl = ttl_us.value_or(policy.max_ttl_us);
  if (ttl <= 0) return Fail("bad-ttl", "a grant needs a positive time to live");
  if (policy.max_ttl_us > 0 && ttl > policy.max_ttl_us) {
    return Fail("bad-ttl", "the time to live is longer than the policy's `expires after`");
  }
  if (now_us > std::numeric_limits<int64_t>::max() - ttl) {
    return Fail("bad-ttl", "the grant would expire after the end of time");
  }
  return now_us + ttl;
}

bool HasPurpose(const Program& program, const Policy& policy, std::string_view purpose) {
  if (policy.purposes.empty()) return purpose.size() <= limits::kNameBytes;
  return std::ranges::any_of(policy.purposes, [&](uint32_t index) {
    return program.purposes[index].name == purpose;
  });
}

/// Whether the grant of a live row is live no more, and as what it ends.
std::optional<GrantStatus> EndOf(const engine::GrantRows& rows, const GrantRow& row,
                                 int64_t now_us) {
  for (const auto& each : row.handles) {
    const uint32_t handle = each.load(std::memory_order_relaxed);
    if (handle == 0) break;
    if (rows.handles().IsRevoked(handle)) return GrantStatus::kRevoked;
  }
  if (row.expires_us.load(std::memory_order_relaxed) <= now_us) return GrantStatus::kExpired;
  const GrantId parent = engine::ParentOf(row);
  if (parent.generation == 0) return std::nullopt;
  const DecisionCode code = engine::WhyGone(rows, parent, now_us);
  if (code == DecisionCode::kPermit) return std::nullopt;
  return code == DecisionCode::kGrantExpired ? GrantStatus::kExpired : GrantStatus::kRevoked;
}

}  // namespace

Engine::Impl::Impl(const EngineOptions& options, const std::array<uint64_t, 4>& random,
                   std::shared_ptr<state::Store> store_of_counters)
    : seed(options.hash_seed.value_or(std::array<uint64_t, 2>{random[0], random[1]})),
      store(std::move(store_of_counters)),
      hash(store->hash_key()),
      id_seed{random[2], random[3]},
      obligations(options.obligations),
      epochs(options.use_membarrier) {}

Engine::Impl::~Impl() {
  limbo.Drain();
  delete state.load(std::memory_order_acquire);
}

uint32_t Engine::Impl::NumberOf(const std::string& policy) {
  const auto [at, added] =
      policy_numbers.try_emplace(policy, static_cast<uint32_t>(policies.size()));
  if (added) policies.push_back({.name = policy, .bound_signature = {}});
  return at->second;
}

bool Engine::Impl::Kill(GrantId grant, GrantStatus status) {
  GrantRow* row = grant.generation == 0 ? nullptr : rows.At(grant.index);
  if (row == nullptr) return false;
  uint64_t live = StateOf(grant.generation, GrantStatus::kLive);
  return row->state.compare_exchange_strong(live, StateOf(grant.generation, status),
                                            std::memory_order_seq_cst);
}

void Engine::Impl::Collect() {
  // One system call for this many: it interrupts every thread of the process for some microseconds,
  // so that it must come to less than one decision in a thousand while grants come and go as fast
  // as they can. What waits is the memory of as many grants.
  constexpr size_t kWaiting = 512;
  constexpr size_t kAtOnce = 4;    // more than one call retires, and little for one call to do
  limbo.Collect(kWaiting, kAtOnce);
}

void Engine::Impl::Bury(uint32_t index) {
  GrantRow& row = *rows.At(index);
  ProgramState* current = state.load(std::memory_order_relaxed);
  const RecordRun run{row.first_record, row.record_count};
  engine::UnpublishGrant(*current, run);
  row.record_count = 0;
  --live_grants;
  live_records -= run.count;
  limbo.Retire([this, current, run, index] {
    engine::FreeRecords(*current, run);
    GrantRow& freed = *rows.At(index);
    const GrantSpecification* specification =
        freed.specification.exchange(nullptr, std::memory_order_relaxed);
    specification_bytes -= specification->size();
    delete specification;
    // A handle must never come to mean another grant: a row whose generations are spent retires.
    const uint64_t generation = freed.state.load(std::memory_order_relaxed) >> 32;
    if (generation < std::numeric_limits<uint32_t>::max()) rows.Free(index);
  });
  Collect();
}

bool Engine::Impl::MayKeep(const ProgramState& next, const GrantRow& row,
                           const std::vector<std::string>& signatures) const {
  const uint32_t number = row.policy.load(std::memory_order_relaxed) & ~engine::kDelegatedBit;
  const uint32_t policy = next.policy_of[number];
  if (policy == kNone || signatures[number] != policies[number].bound_signature) return false;
  const GrantSpecification* specification = row.specification.load(std::memory_order_relaxed);
  return HasPurpose(*next.program, next.program->policies[policy], specification->purpose());
}

void Engine::Impl::Rebind(ProgramState& next, std::vector<std::pair<uint32_t, RecordRun>>& kept,
                          std::vector<uint32_t>& orphans) {
  std::vector<std::string> signatures(policies.size());
  next.policy_of.assign(policies.size(), kNone);
  for (uint32_t i = 0; i < next.program->policies.size(); ++i) {
    const Policy& policy = next.program->policies[i];
    const uint32_t number = policy_numbers.at(policy.name);
    next.policy_of[number] = i;
    signatures[number] = engine::BoundSignature(*next.program, policy);
  }
  for (uint32_t index = 0; index < rows.end(); ++index) {
    const GrantRow& row = *rows.At(index);
    const uint64_t now = row.state.load(std::memory_order_acquire);
    const auto generation = static_cast<uint32_t>(now >> 32);
    if (now != StateOf(generation, GrantStatus::kLive)) continue;
    if (!MayKeep(next, row, signatures)) {
      orphans.push_back(index);
      continue;
    }
    const GrantSpecification& specification = *row.specification.load(std::memory_order_relaxed);
    const std::vector<Value> bound = specification.bound();
    const uint32_t number = row.policy.load(std::memory_order_relaxed);
    const bool delegated = (number & engine::kDelegatedBit) != 0;
    const engine::Chain chain =
        delegated ? engine::UnpackChain(specification.chain()) : engine::Chain();
    const auto run = engine::PublishGrant(
        next, {.grant = index,
               .generation = generation,
               .policy = next.policy_of[number & ~engine::kDelegatedBit],
               .expires_us = row.expires_us.load(std::memory_order_relaxed),
               .bound = &bound,
               .chain = delegated ? &chain : nullptr,
               .hash = &hash});
    if (run) {
      kept.emplace_back(index, *run);
    } else {
      orphans.push_back(index);
    }
  }
  for (uint32_t number = 0; number < policies.size(); ++number) {
    policies[number].bound_signature = std::move(signatures[number]);
  }
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::Create(const EngineOptions& options) {
  std::array<uint64_t, 4> random;
  // A seed that was given is for counts of instructions, and so is a fixed one of the texts.
  const bool secret = TextSeed().secret || options.hash_seed.has_value();
  if (!secret || getentropy(random.data(), sizeof random) != 0) {
    return Fail("no-randomness", "the system gives no random bytes");
  }
  std::shared_ptr<state::Store> store = options.store;
  if (store == nullptr) store = state::NewMemoryStore();
  return std::unique_ptr<Engine>(
      new Engine(std::make_unique<Impl>(options, random, std::move(store))));
}

Result<LoadReport> Engine::Load(std::shared_ptr<const Program> program, NativeCode native) {
  if (program == nullptr) return Fail("bad-program", "there is no program");
  if (auto done = CheckNative(*program, native); !done) return std::unexpected(done.error());
  const std::lock_guard lock(impl_->mutex);
  auto next =
      std::make_unique<ProgramState>(std::move(program), std::move(native), impl_->seed,
                                     impl_->limbo);
  auto plan = engine::Plan::Make(*next->program, next->pool, impl_->hash);
  if (!plan) return std::unexpected(plan.error());
  next->plan = std::move(*plan);
  next->counts = next->plan->counts();
  next->plan->KnowObligations(*next->program, impl_->obligations);
  next->number = ++impl_->loads;
  for (const Policy& policy : next->program->policies) impl_->NumberOf(policy.name);

  std::vector<std::pair<uint32_t, RecordRun>> kept;
  std::vector<uint32_t> orphans;
  impl_->Rebind(*next, kept, orphans);
  const uint32_t number = next->number;
  impl_->counts.store(next->counts, std::memory_order_relaxed);
  // In force from here. The records of the old Program go with it.
  ProgramState* old = impl_->state.exchange(next.release(), std::memory_order_acq_rel);
  for (uint32_t index = 0; index < impl_->rows.end(); ++index) {
    impl_->rows.At(index)->record_count = 0;
  }
  impl_->live_records = 0;
  for (const auto& [index, run] : kept) {
    GrantRow& row = *impl_->rows.At(index);
    row.first_record = run.first;
    row.record_count = run.count;
    impl_->live_records += run.count;
  }
  LoadReport report{.program = number, .kept = kept.size(), .orphaned = 0};
  for (uint32_t index : orphans) {
    const uint64_t state = impl_->rows.At(index)->state.load(std::memory_order_acquire);
    const GrantId grant{index, static_cast<uint32_t>(state >> 32)};
    if (!impl_->Kill(grant, GrantStatus::kOrphaned)) continue;
    impl_->Bury(index);
    ++report.orphaned;
  }
  impl_->limbo.Retire([old] { delete old; });
  impl_->limbo.CollectAll();
  return report;
}

Result<GrantId> Engine::Mint(const GrantSpec& spec, int64_t now_us) {
  if (!engine::IsSubject(spec.subject)) {
    return Fail("bad-subject", "a subject is 1 to 256 bytes of UTF-8");
  }
  const std::lock_guard lock(impl_->mutex);
  ProgramState* state = impl_->state.load(std::memory_order_relaxed);
  if (state == nullptr) return Fail("not-loaded", "load a program first");
  const Program& program = *state->program;
  const auto number = impl_->policy_numbers.find(spec.policy);
  const uint32_t found =
      number == impl_->policy_numbers.end() ? kNone : state->policy_of[number->second];
  if (found == kNone) {
    return Fail("unknown-policy", "the program has no policy `" + spec.policy + "`");
  }
  const Policy* policy = &program.policies[found];
  if (!HasPurpose(program, *policy, spec.purpose)) {
    return Fail("unknown-purpose", "policy `" + spec.policy + "` is not for this purpose");
  }
  const auto expires_us = ExpiryOf(*policy, spec.ttl_us, now_us);
  if (!expires_us) return std::unexpected(expires_us.error());
  const auto bound = OrderBound(program, *policy, spec.bound);
  if (!bound) return std::unexpected(bound.error());

  if (auto done = engine::CheckHandles(impl_->rows.handles(), spec.handles); !done) {
    return std::unexpected(done.error());
  }

  return impl_->Publish(*state, {.subject = spec.subject,
                                 .purpose = spec.purpose,
                                 .bound = &*bound,
                                 .chain = nullptr,
                                 .policy = number->second,
                                 .expires_us = *expires_us,
                                 .parent = {},
                                 .handles = spec.handles});
}

bool Engine::Revoke(GrantId grant) {
  // In force at once; only the cleaning up waits for other writers.
  if (!impl_->Kill(grant, GrantStatus::kRevoked)) return false;
  const std::lock_guard lock(impl_->mutex);
  impl_->Bury(grant.index);
  return true;
}

Result<RevocationHandle> Engine::NewHandle() {
  const std::lock_guard lock(impl_->mutex);
  const auto index = impl_->rows.handles().Allocate();
  if (index) return RevocationHandle{*index};
  return Fail("table-full", "the engine has made as many revocation handles as it can");
}

bool Engine::RevokeHandle(RevocationHandle handle) {
  return impl_->rows.handles().Revoke(handle.index);
}

uint64_t Engine::SweepExpired(int64_t now_us) {
  const std::lock_guard lock(impl_->mutex);
  uint64_t swept = 0;
  for (uint32_t index = 0; index < impl_->rows.end(); ++index) {
    const GrantRow& row = *impl_->rows.At(index);
    const uint64_t state = row.state.load(std::memory_order_acquire);
    const GrantId grant{index, static_cast<uint32_t>(state >> 32)};
    if (state != StateOf(grant.generation, GrantStatus::kLive)) continue;
    const auto end = EndOf(impl_->rows, row, now_us);
    if (!end || !impl_->Kill(grant, *end)) continue;
    impl_->Bury(index);
    ++swept;
  }
  return swept;
}

Reader Engine::NewReader() {
  auto reader = std::make_unique<Reader::Impl>();
  reader->engine = impl_.get();
  reader->slot = impl_->epochs.Register();
  const state::Store& store = *impl_->store;
  if (store.near() && !store.keeps_names()) reader->near = &store;
  const uint64_t nth = impl_->readers.fetch_add(1, std::memory_order_relaxed) + 1;
  reader->id_state = {Fold(impl_->id_seed[0] ^ nth, impl_->id_seed[1]),
                      Fold(impl_->id_seed[1] ^ nth, impl_->id_seed[0])};
  return Reader(std::move(reader));
}

std::shared_ptr<const Program> Engine::program() const {
  const std::lock_guard lock(impl_->mutex);
  const ProgramState* state = impl_->state.load(std::memory_order_relaxed);
  return state == nullptr ? nullptr : state->program;
}

uint32_t Engine::program_number() const {
  const std::lock_guard lock(impl_->mutex);
  const ProgramState* state = impl_->state.load(std::memory_order_relaxed);
  return state == nullptr ? 0 : state->number;
}

EngineStats Engine::stats() const {
  const std::lock_guard lock(impl_->mutex);
  const ProgramState* state = impl_->state.load(std::memory_order_relaxed);
  EngineStats stats{.grants = impl_->live_grants,
                    .records = impl_->live_records,
                    .grant_bytes = impl_->rows.bytes() + impl_->specification_bytes};
  if (state == nullptr) return stats;
  stats.index_bytes = state->index.bytes();
  stats.record_bytes = state->slab.bytes();
  stats.pool_bytes = state->pool.bytes();
  return stats;
}

}  // namespace cap

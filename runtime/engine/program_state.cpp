#include "runtime/engine/program_state.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "runtime/engine/delegate.h"
#include "runtime/frame/encode.h"
#include "runtime/value/arena.h"

namespace cap::engine {
namespace {

struct PendingRecord {
  uint16_t action = 0;
  uint8_t skeleton = 0;
  std::string literals;
  uint32_t capability = 0;  // or forbid
  uint32_t shape = 0;
  const Slot* consts = nullptr;

  auto Key() const { return std::tie(action, skeleton, literals); }
  bool operator<(const PendingRecord& other) const {
    return std::tie(action, skeleton, literals, capability) <
           std::tie(other.action, other.skeleton, other.literals, other.capability);
  }
};

/// Turns a policy's capabilities and bound forbids into records.
class Resolver {
 public:
  Resolver(ProgramState& state, const GrantTerms& terms)
      : state_(state), program_(*state.program), terms_(terms) {}

  Result<std::vector<PendingRecord>> Resolve();
  /// Gives back the constants that the pending records refer to.
  void Release();
  /// What the record of kDelegationSkeleton is to point at, no longer given back by Release().
  std::unique_ptr<const Delegation> TakeDelegation() { return std::move(delegation_); }

 private:
  Result<void> EncodeBound();
  Result<void> AddCapability(uint32_t index);
  template <typename Rule>
  Result<PendingRecord> RuleRecord(uint32_t index, const Rule& rule);
  Result<void> AddForbid(uint32_t index);
  Result<void> AddLimit(uint32_t index);
  Result<void> Delegate();
  Result<void> AddPatterns(const std::vector<Pattern>& patterns, PendingRecord record);
  Result<void> AddAlternatives(const Pattern& pattern, const PendingRecord& record);
  /// `templates_of`: a capability, or kNone.
  Result<const Slot*> ConstsOf(uint32_t shape, const std::vector<ConstSource>& sources,
                               uint32_t templates_of = kNone);

  ProgramState& state_;
  const Program& program_;
  const GrantTerms& terms_;
  Arena arena_;
  std::vector<TypedSlot> bound_;  // parallel to Program::bound
  std::unique_ptr<Delegation> delegation_;
  std::vector<const Slot*> held_;
  std::vector<PendingRecord> records_;
};

Result<std::vector<PendingRecord>> Resolver::Resolve() {
  if (auto done = EncodeBound(); !done) return std::unexpected(done.error());
  const Policy& policy = program_.policies[terms_.policy];
  if (terms_.chain != nullptr) {
    if (auto done = Delegate(); !done) return std::unexpected(done.error());
  }
  for (uint32_t index : policy.capabilities) {
    if (auto done = AddCapability(index); !done) return std::unexpected(done.error());
  }
  for (uint32_t index : policy.forbids) {
    if (auto done = AddForbid(index); !done) return std::unexpected(done.error());
  }
  for (uint32_t index : policy.limits) {
    if (auto done = AddLimit(index); !done) return std::unexpected(done.error());
  }
  if (delegation_ != nullptr) {
    PendingRecord record;
    record.skeleton = kDelegationSkeleton;
    record.shape = kNone;
    records_.push_back(std::move(record));
  }
  std::sort(records_.begin(), records_.end());
  return std::move(records_);
}

Result<void> Resolver::EncodeBound() {
  const std::vector<uint32_t>& wanted = program_.policies[terms_.policy].bound;
  if (wanted.size() != terms_.bound->size()) return Fail("missing-bound", "a value is missing");
  bound_.resize(program_.bound.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const BoundDesc& desc = program_.bound[wanted[i]];
    auto slot = EncodeConstant(program_, desc.type, (*terms_.bound)[i], arena_);
    if (!slot) return Fail("bad-bound", "`" + desc.name + "`: " + slot.error().message);
    bound_[wanted[i]] = {desc.type, *slot};
  }
  for (const FixedBound& fixed : program_.policies[terms_.policy].fixed) {
    const BoundDesc& desc = program_.bound[fixed.bound];
    const Value* value = nullptr;
    if (fixed.value.bound) {
      const auto given = std::ranges::find(wanted, fixed.value.index);
      value = &(*terms_.bound)[static_cast<size_t>(given - wanted.begin())];
    } else {
      value = &program_.values[fixed.value.index];
    }
    auto slot = EncodeConstant(program_, desc.type, *value, arena_);
    if (!slot) return Fail("bad-bound", "`" + desc.name + "`: " + slot.error().message);
    bound_[fixed.bound] = {desc.type, *slot};
  }
  return {};
}

Result<const Slot*> Resolver::ConstsOf(uint32_t shape, const std::vector<ConstSource>& sources,
                                       uint32_t templates_of) {
  auto constants = ConstantsOf(program_, shape, sources, bound_, arena_);
  if (!constants) return std::unexpected(constants.error());
  std::vector<Slot> before;
  if (templates_of != kNone) before = state_.plan->Templates(program_, templates_of, *constants);
  auto slots = state_.pool.Intern(*constants, before);
  if (slots) held_.push_back(*slots);
  return slots;
}

// A record holds one reference to its constants. The reference taken here is given back at the end,
// so that an error needs no other clean-up.
Result<void> Resolver::AddCapability(uint32_t index) {
  const Capability& capability = program_.capabilities[index];
  PendingRecord record;
  record.action = static_cast<uint16_t>(capability.action);
  record.capability = index;
  record.shape = capability.shape;
  if (delegation_ != nullptr) {
    const DelegationBlock& own = delegation_->blocks.back();
    if (!own.Has(index)) return {};
    record.consts = own.Of(index);
  } else if (state_.plan->HasStaticConsts(index)) {
    record.consts = state_.plan->StaticConsts(index);
  } else {
    auto consts = ConstsOf(capability.shape, capability.consts, index);
    if (!consts) return std::unexpected(consts.error());
    record.consts = *consts;
  }
  return AddPatterns(capability.patterns, std::move(record));
}

/// Of a forbid or a shared limit, but for where it is found.
template <typename Rule>
Result<PendingRecord> Resolver::RuleRecord(uint32_t index, const Rule& rule) {
  auto consts = ConstsOf(rule.shape, rule.consts);
  if (!consts) return std::unexpected(consts.error());
  PendingRecord record;
  record.action = static_cast<uint16_t>(rule.action);
  record.capability = index;
  record.shape = rule.shape;
  record.consts = *consts;
  return record;
}

Result<void> Resolver::AddForbid(uint32_t index) {
  if (!state_.plan->ForbidIsBound(index)) return {};
  const Forbid& forbid = program_.forbids[index];
  auto record = RuleRecord(index, forbid);
  if (!record) return std::unexpected(record.error());
  record->skeleton = forbid.patterns.empty() ? kForbidEverywhere : kForbidBit;
  if (!forbid.patterns.empty()) return AddPatterns(forbid.patterns, std::move(*record));
  records_.push_back(std::move(*record));
  return {};
}

Result<void> Resolver::Delegate() {
  auto delegation = ChainFolder(state_, *terms_.hash, terms_.policy, bound_, *terms_.chain).Fold();
  if (!delegation) return std::unexpected(delegation.error());
  delegation_ = std::move(*delegation);
  return {};
}

/// One that is the same for every grant is the Plan's.
Result<void> Resolver::AddLimit(uint32_t index) {
  if (!state_.plan->LimitIsBound(index)) return {};
  auto record = RuleRecord(index, program_.limits[index]);
  if (!record) return std::unexpected(record.error());
  record->skeleton = kLimitSkeleton;
  records_.push_back(std::move(*record));
  return {};
}

Result<void> Resolver::AddPatterns(const std::vector<Pattern>& patterns, PendingRecord record) {
  const uint8_t kind = record.skeleton;
  for (const Pattern& pattern : patterns) {
    record.skeleton = static_cast<uint8_t>(kind | pattern.skeleton);
    if (auto done = AddAlternatives(pattern, record); !done) return done;
  }
  return {};
}

// One record for each choice of the alternatives of the pattern's holes.
Result<void> Resolver::AddAlternatives(const Pattern& pattern, const PendingRecord& record) {
  std::vector<std::string> choices{""};
  const Resource& resource = program_.actions[record.action].resource;
  for (const PatternHole& hole : pattern.holes) {
    auto texts = TextsOf(program_, hole, resource.holes[hole.hole], bound_);
    if (!texts) return std::unexpected(texts.error());
    if (choices.size() * texts->size() + records_.size() > limits::kGrantRecords) {
      return Fail("too-many-records", "the alternatives of a pattern multiply beyond " +
                                          std::to_string(limits::kGrantRecords) + " records");
    }
    std::vector<std::string> longer;
    for (const std::string& choice : choices) {
      for (const std::string& text : *texts) {
        const auto length = static_cast<uint16_t>(text.size());
        std::string& made = longer.emplace_back(choice);
        made.append(reinterpret_cast<const char*>(&length), sizeof length).append(text);
      }
    }
    choices = std::move(longer);
  }
  if (choices.size() + records_.size() > limits::kGrantRecords) {
    return Fail("too-many-records", "the policy has too many capabilities for one grant");
  }
  for (std::string& literals : choices) {
    records_.push_back(record);
    records_.back().literals = std::move(literals);
  }
  return {};
}

void Resolver::Release() {
  if (delegation_ != nullptr) ReleaseConstants(state_, *delegation_);
  for (const Slot* slots : held_) state_.pool.Release(slots);
}

bool OwnsConsts(const ProgramState& state, const CapabilityRecord& record) {
  if (record.skeleton == kDelegationSkeleton) return false;
  return (record.skeleton & kForbidBit) != 0 || record.skeleton == kLimitSkeleton ||
         !state.plan->HasStaticConsts(record.capability);
}

void WriteRecord(ProgramState& state, const GrantTerms& terms, const PendingRecord& pending,
                 bool more_follow, CapabilityRecord* at) {
  CapabilityRecord& record = *new (at) CapabilityRecord{};
  record.grant = terms.grant;
  record.generation = terms.generation;
  record.consts = pending.consts;
  record.expires_us = terms.expires_us;
  record.capability = pending.capability;
  record.shape = pending.shape;
  record.action = pending.action;
  record.skeleton = pending.skeleton;
  record.literals_length = static_cast<uint32_t>(pending.literals.size());
  record.literals_inline = more_follow ? kMoreFollow : 0;
  if (pending.literals.size() <= sizeof record.literals) {
    record.literals_inline |= kLiteralsInline;
    std::copy(pending.literals.begin(), pending.literals.end(), record.literals);
  } else {
    auto far = std::make_unique<char[]>(pending.literals.size());
    std::copy(pending.literals.begin(), pending.literals.end(), far.get());
    record.literals_far = far.get();
    const char* address = far.get();
    state.far_literals.emplace(address, std::move(far));
  }
  if (OwnsConsts(state, record)) state.pool.Retain(record.consts);
}

/// The one record that says what the grant was delegated with points at it, in place of literals.
void AttachDelegation(ProgramState& state, const RecordRun& run,
                      std::unique_ptr<const Delegation> delegation) {
  for (uint32_t i = 0; i < run.count; ++i) {
    CapabilityRecord& record = *state.slab.At(run.first + i);
    if (record.skeleton != kDelegationSkeleton) continue;
    record.literals_inline &= static_cast<uint8_t>(~kLiteralsInline);
    record.literals_far = reinterpret_cast<const char*>(delegation.get());
    const char* address = record.literals_far;
    state.delegations.emplace(address, std::move(delegation));
    return;
  }
}

bool StartsKey(const ProgramState& state, const RecordRun& run, uint32_t nth) {
  return nth == 0 || (state.slab.At(run.first + nth - 1)->literals_inline & kMoreFollow) == 0;
}

}  // namespace

ProgramState::ProgramState(std::shared_ptr<const Program> loaded, NativeCode code,
                           const HashSeed& seed, Limbo& engine_limbo)
    : limbo(engine_limbo),
      program(std::move(loaded)),
      native(std::move(code)),
      pool(*program),
      index(seed, slab, limbo) {
  evaluator = {program.get(), native.shapes.empty() ? nullptr : native.shapes.data(),
               &StandardCallOuts()};
}

ProgramState::~ProgramState() = default;

Result<RecordRun> PublishGrant(ProgramState& state, const GrantTerms& terms) {
  Resolver resolver(state, terms);
  auto pending = resolver.Resolve();
  if (!pending) {
    resolver.Release();
    return std::unexpected(pending.error());
  }
  // Two patterns, or two alternatives, may come to the same literals of the same capability.
  const auto same = [](const PendingRecord& a, const PendingRecord& b) {
    return a.Key() == b.Key() && a.capability == b.capability;
  };
  pending->erase(std::unique(pending->begin(), pending->end(), same), pending->end());
  RecordRun run{.first = 0, .count = static_cast<uint32_t>(pending->size())};
  const auto first = run.count == 0 ? 0 : state.slab.Allocate(run.count);
  if (!first) {
    resolver.Release();
    return Fail("table-full", "the engine holds as many records as it can");
  }
  run.first = *first;
  for (uint32_t i = 0; i < run.count; ++i) {
    const bool more = i + 1 < run.count && (*pending)[i].Key() == (*pending)[i + 1].Key();
    WriteRecord(state, terms, (*pending)[i], more, state.slab.At(run.first + i));
  }
  if (auto delegation = resolver.TakeDelegation()) {
    AttachDelegation(state, run, std::move(delegation));
  }
  resolver.Release();
  for (uint32_t i = 0; i < run.count; ++i) {
    if (!StartsKey(state, run, i) || state.index.Insert(run.first + i)) continue;
    UnpublishGrant(state, run);
    state.limbo.Retire([&state, run] { FreeRecords(state, run); });
    return Fail("table-full", "the index is at its largest");
  }
  return run;
}

void UnpublishGrant(ProgramState& state, const RecordRun& run) {
  for (uint32_t i = 0; i < run.count; ++i) {
    if (StartsKey(state, run, i)) state.index.Erase(run.first + i);
  }
}

void FreeRecords(ProgramState& state, const RecordRun& run) {
  for (uint32_t i = 0; i < run.count; ++i) {
    const CapabilityRecord& record = *state.slab.At(run.first + i);
    if (record.skeleton == kDelegationSkeleton) {
      const auto delegation = state.delegations.find(record.literals_far);
      ReleaseConstants(state, *delegation->second);
      state.delegations.erase(delegation);
    } else if ((record.literals_inline & kLiteralsInline) == 0) {
      state.far_literals.erase(record.literals_far);
    }
    if (OwnsConsts(state, record)) state.pool.Release(record.consts);
  }
  if (run.count > 0) state.slab.Free(run.first, run.count);
}

}  // namespace cap::engine

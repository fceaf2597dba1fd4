// Making grants: what a mint and a delegation have in common, and the delegation.
#include <algorithm>
#include <limits>

#include "runtime/base/utf8.h"
#include "runtime/engine/delegate.h"
#include "runtime/engine/engine_impl.h"

namespace cap {
namespace engine {

bool IsSubject(std::string_view subject) {
  return !subject.empty() && subject.size() <= limits::kSubjectBytes && IsUtf8(subject);
}

Result<void> CheckHandles(const HandleTable& table, std::span<const RevocationHandle> handles) {
  if (handles.size() > limits::kGrantHandles) {
    return Fail("bad-handle", "a grant hangs on at most " + std::to_string(limits::kGrantHandles) +
                                  " revocation handles");
  }
  for (const RevocationHandle& handle : handles) {
    if (handle.index != 0 && !table.IsRevoked(handle.index)) continue;
    return Fail("bad-handle", "a revocation handle is revoked already, or not of this engine");
  }
  return {};
}

}  // namespace engine

using engine::GrantRow;
using engine::GrantSpecification;
using engine::GrantStatus;
using engine::ProgramState;
using engine::StateOf;

Result<GrantId> Engine::Impl::Publish(ProgramState& in, const NewGrant& grant) {
  const auto index = rows.Allocate();
  if (!index) return Fail("table-full", "the engine holds as many grants as it can");
  GrantRow& row = *rows.At(*index);
  const auto generation =
      static_cast<uint32_t>(row.state.load(std::memory_order_relaxed) >> 32) + 1;
  const auto run = engine::PublishGrant(in, {.grant = *index,
                                             .generation = generation,
                                             .policy = in.policy_of[grant.policy],
                                             .expires_us = grant.expires_us,
                                             .bound = grant.bound,
                                             .chain = grant.chain,
                                             .hash = &hash});
  if (!run) {
    rows.Free(*index);
    return std::unexpected(run.error());
  }
  const bool delegated = grant.chain != nullptr;
  auto specification = GrantSpecification::Make(
      grant.subject, grant.purpose, *grant.bound,
      delegated ? engine::PackChain(*grant.chain) : std::string());
  specification_bytes += specification->size();
  ++live_grants;
  live_records += run->count;
  row.specification.store(specification.release(), std::memory_order_relaxed);
  row.policy.store(delegated ? grant.policy | engine::kDelegatedBit : grant.policy,
                   std::memory_order_relaxed);
  row.expires_us.store(grant.expires_us, std::memory_order_relaxed);
  row.parent.store(uint64_t{grant.parent.generation} << 32 | grant.parent.index,
                   std::memory_order_relaxed);
  for (size_t i = 0; i < std::size(row.handles); ++i) {
    row.handles[i].store(i < grant.handles.size() ? grant.handles[i].index : 0,
                         std::memory_order_relaxed);
  }
  row.first_record = run->first;
  row.record_count = run->count;
  row.state.store(StateOf(generation, GrantStatus::kLive), std::memory_order_release);
  Collect();
  return GrantId{.index = *index, .generation = generation};
}

Result<GrantId> Engine::Delegate(GrantId parent, const DelegationSpec& spec, int64_t now_us) {
  if (!engine::IsSubject(spec.subject)) {
    return Fail("bad-subject", "a subject is 1 to 256 bytes of UTF-8");
  }
  if (spec.ttl_us && *spec.ttl_us <= 0) {
    return Fail("bad-ttl", "a grant needs a positive time to live");
  }
  const std::lock_guard lock(impl_->mutex);
  ProgramState* state = impl_->state.load(std::memory_order_relaxed);
  if (state == nullptr) return Fail("not-loaded", "load a program first");
  if (engine::WhyGone(impl_->rows, parent, now_us) != DecisionCode::kPermit) {
    return Fail("grant-gone", "what is to be delegated is no live grant");
  }
  const GrantRow& row = *impl_->rows.At(parent.index);
  const GrantSpecification& above = *row.specification.load(std::memory_order_relaxed);
  engine::Chain chain{.root = std::string(above.subject()), .links = {}};
  if (!above.chain().empty()) chain = engine::UnpackChain(above.chain());
  if (chain.links.size() == limits::kDelegationDepth) {
    return Fail("depth-exceeded", "a grant is delegated on at most " +
                                      std::to_string(limits::kDelegationDepth) + " times");
  }
  chain.links.push_back(spec);
  if (auto done = engine::CheckHandles(impl_->rows.handles(), spec.handles); !done) {
    return std::unexpected(done.error());
  }
  int64_t expires_us = row.expires_us.load(std::memory_order_relaxed);
  if (spec.ttl_us && now_us <= std::numeric_limits<int64_t>::max() - *spec.ttl_us) {
    expires_us = std::min(expires_us, now_us + *spec.ttl_us);
  }
  const std::vector<Value> bound = above.bound();
  const uint32_t number =
      row.policy.load(std::memory_order_relaxed) & ~engine::kDelegatedBit;
  return impl_->Publish(*state, {.subject = spec.subject,
                                 .purpose = above.purpose(),
                                 .bound = &bound,
                                 .chain = &chain,
                                 .policy = number,
                                 .expires_us = expires_us,
                                 .parent = parent,
                                 .handles = spec.handles});
}

}  // namespace cap

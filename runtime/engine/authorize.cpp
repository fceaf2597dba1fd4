#include "cap/engine.h"

#include <algorithm>
#include <string>

#include "runtime/engine/decide.h"
#include "runtime/engine/engine_impl.h"
#include "runtime/engine/explain.h"
#include "runtime/engine/obligations.h"
#include "runtime/engine/reporter.h"

namespace cap {
namespace {

/// Asks for memory that a call soon after the i-th needs: what of it can be named without reading
/// memory that may be far itself.
void LookAhead(const engine::GrantRows& rows, std::span<const GrantedCall> calls, size_t i) {
  constexpr size_t kFar = 4, kNear = 2;
  if (i + kFar < calls.size() && calls[i + kFar].frame != nullptr) {
    __builtin_prefetch(calls[i + kFar].frame);
  }
  if (i + kNear >= calls.size() || calls[i + kNear].frame == nullptr) return;
  const char* header = reinterpret_cast<const char*>(calls[i + kNear].frame->header());
  if (header == nullptr) return;
  __builtin_prefetch(header);
  __builtin_prefetch(header + 64);
  __builtin_prefetch(header + 128);
  __builtin_prefetch(rows.At(calls[i + kNear].grant.index));
}

}  // namespace

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

// One of two ways, each by itself, so that neither pays for the other.
Decision Reader::Authorize(GrantId grant, const Frame& frame) {
  const bool counts = impl_->engine->counts.load(std::memory_order_relaxed);
  return counts ? impl_->CountUsual(grant, frame) : impl_->JustDecide(grant, frame);
}

[[gnu::noinline]] Decision Reader::Impl::JustDecide(GrantId grant, const Frame& frame) {
  const engine::EpochScope inside(engine->epochs, slot);
  const engine::ProgramState* state = engine->state.load(std::memory_order_acquire);
  const bool counts = state != nullptr && state->counts;  // since a moment ago
  Decision decision = counts ? CountUsual(grant, frame)
                             : engine::Decide(state, engine->rows, grant, frame);
  if (!counts) decision.id = NextId();
  return decision;
}

// False: the Program counts, so that each call has to leave the epoch by itself.
bool Reader::Impl::DecideMany(std::span<const GrantedCall> calls, std::span<Decision> decisions) {
  const engine::EpochScope inside(engine->epochs, slot);
  const engine::ProgramState* state = engine->state.load(std::memory_order_acquire);
  if (state != nullptr && state->counts) return false;
  for (size_t i = 0; i < calls.size(); ++i) {
    LookAhead(engine->rows, calls, i);
    decisions[i] = calls[i].frame == nullptr
                       ? engine::DenyNoFrame(state)
                       : engine::Decide(state, engine->rows, calls[i].grant, *calls[i].frame);
    decisions[i].id = NextId();
  }
  return true;
}

Result<void> Reader::AuthorizeMany(std::span<const GrantedCall> calls,
                                   std::span<Decision> decisions) {
  if (calls.size() > limits::kBatchCalls || decisions.size() < calls.size()) {
    std::ranges::fill(decisions, Decision());
    return Fail("bad-batch", "a batch has at most " + std::to_string(limits::kBatchCalls) +
                                 " calls, and a decision for each of them");
  }
  if (impl_->DecideMany(calls, decisions)) return {};
  for (size_t i = 0; i < calls.size(); ++i) {
    if (calls[i].frame == nullptr) {
      decisions[i] = Decision();
      decisions[i].code = DecisionCode::kLayoutMismatch;
      decisions[i].id = impl_->NextId();
    } else {
      decisions[i] = Authorize(calls[i].grant, *calls[i].frame);
    }
  }
  return {};
}

Result<std::vector<Obligation>> Reader::Obligations(const Decision& decision, GrantId grant,
                                                    const Frame& frame) {
  if (decision.obligations.count == 0) return std::vector<Obligation>();
  const engine::EpochScope inside(impl_->engine->epochs, impl_->slot);
  const engine::ProgramState* state = impl_->engine->state.load(std::memory_order_acquire);
  engine::GrantView view;
  const bool same = state != nullptr && state->number == decision.program &&
                    frame.header() != nullptr &&
                    engine::OpenGrant(*state, impl_->engine->rows, grant, frame.header()->now_us,
                                      view) == DecisionCode::kPermit;
  if (!same) return Fail("stale", "the policy or the grant is another one now; decide again");
  Result<std::vector<Obligation>> all = engine::ObligationsOf(*state, view, frame, decision);
  if (all.has_value() && all->size() != decision.obligations.count) {
    return Fail("stale", "the call was decided otherwise; decide again");
  }
  return all;
}

DecisionReport Reader::Report(const Decision& decision, GrantId grant, const Frame& frame) {
  const engine::EpochScope inside(impl_->engine->epochs, impl_->slot);
  return engine::MakeReport(impl_->engine->state.load(std::memory_order_acquire),
                            impl_->engine->rows, decision, grant, frame,
                            impl_->AnswerTo(decision))
      .report;
}

CallExplanation Reader::Explain(GrantId grant, const Frame& frame) {
  const engine::EpochScope inside(impl_->engine->epochs, impl_->slot);
  return engine::ExplainCall(impl_->engine->state.load(std::memory_order_acquire),
                             impl_->engine->rows, grant, frame);
}

AgentDecisionReport Reader::AgentReport(const Decision& decision, GrantId grant,
                                        const Frame& frame) {
  const engine::EpochScope inside(impl_->engine->epochs, impl_->slot);
  return engine::ForAgent(
      engine::MakeReport(impl_->engine->state.load(std::memory_order_acquire),
                         impl_->engine->rows, decision, grant, frame,
                         impl_->AnswerTo(decision)));
}

}  // namespace cap

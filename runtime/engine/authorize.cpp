#include "cap/engine.h"
#include "runtime/engine/decide.h"
#include "runtime/engine/engine_impl.h"
#include "runtime/engine/reporter.h"

namespace cap {

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

// Two words of a multiplicative generator whose seed is the engine's secret.
DecisionId Reader::Impl::NextId() {
  id_state[0] += 0xA076'1D64'78BD'642Fu;
  id_state[1] += 0xE703'7ED1'A0B4'28DBu;
  return {.high = engine::Fold(id_state[0], id_state[1] ^ 0x8EBC'6AF0'9C88'C6E3u),
          .low = engine::Fold(id_state[1], id_state[0] ^ 0x5899'65CC'7537'4CC3u)};
}

Decision Reader::Authorize(GrantId grant, const Frame& frame) {
  const engine::EpochScope inside(impl_->engine->epochs, impl_->slot);
  Decision decision = engine::Decide(impl_->engine->state.load(std::memory_order_acquire),
                                     impl_->engine->rows, grant, frame);
  decision.id = impl_->NextId();
  return decision;
}

DecisionReport Reader::Report(const Decision& decision, GrantId grant, const Frame& frame) {
  const engine::EpochScope inside(impl_->engine->epochs, impl_->slot);
  return engine::MakeReport(impl_->engine->state.load(std::memory_order_acquire),
                            impl_->engine->rows, decision, grant, frame)
      .report;
}

AgentDecisionReport Reader::AgentReport(const Decision& decision, GrantId grant,
                                        const Frame& frame) {
  const engine::EpochScope inside(impl_->engine->epochs, impl_->slot);
  return engine::ForAgent(
      engine::MakeReport(impl_->engine->state.load(std::memory_order_acquire),
                         impl_->engine->rows, decision, grant, frame));
}

}  // namespace cap

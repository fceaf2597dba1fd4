#include "tests/support/call_inputs.h"

namespace cap::test {
namespace {

FrameBuilder BuilderOf(const Program& program, const CallInputs& inputs) {
  FrameBuilder call(program, inputs.tool, inputs.subject, inputs.now_us);
  for (const auto& [name, value] : inputs.arguments) call.SetArgument(name, value);
  for (const FactInput& fact : inputs.facts) call.AddFact(fact);
  for (const auto& [name, value] : inputs.live) call.SetLive(name, value);
  return call;
}

}  // namespace

Frame BuildFrame(const Program& program, const CallInputs& inputs) {
  Frame frame = BuilderOf(program, inputs).Seal();
  if (inputs.approvers.empty() || frame.header() == nullptr) return frame;
  // An approval carries the digest of the call, which is known once the call is sealed.
  FrameBuilder call = BuilderOf(program, inputs);
  for (const std::string& approver : inputs.approvers) {
    call.AddApproval({.approver = approver, .digest = frame.digest()});
  }
  return std::move(call).Seal();
}

}  // namespace cap::test

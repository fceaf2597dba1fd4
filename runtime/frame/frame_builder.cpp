#include "runtime/frame/frame_builder.h"

#include <utility>

#include "runtime/frame/seal.h"

namespace cap {

std::optional<uint32_t> FindTool(const Program& program, std::string_view name) {
  for (uint32_t i = 0; i < program.tools.size(); ++i) {
    if (program.tools[i].name == name) return i;
  }
  return std::nullopt;
}

FrameBuilder::FrameBuilder(const Program& program, uint32_t tool, std::string_view subject,
                           int64_t now_us)
    : program_(program), tool_(tool), subject_(subject), now_us_(now_us) {}

FrameBuilder& FrameBuilder::SetArgument(std::string name, Result<Value> value) {
  arguments_.push_back({std::move(name), std::move(value)});
  return *this;
}

FrameBuilder& FrameBuilder::SetLive(std::string name, Result<Value> value) {
  live_.push_back({std::move(name), std::move(value)});
  return *this;
}

FrameBuilder& FrameBuilder::AddFact(FactInput fact) {
  facts_.push_back(std::move(fact));
  return *this;
}

FrameBuilder& FrameBuilder::AddApproval(ApprovalInput approval) {
  approvals_.push_back(std::move(approval));
  return *this;
}

FrameBuilder& FrameBuilder::ExpectResource(std::string text) {
  resource_ = std::move(text);
  return *this;
}

Frame FrameBuilder::Seal() && { return Sealer(*this).Run(); }

}  // namespace cap

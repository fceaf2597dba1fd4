// Builds a Frame from typed inputs.
//
//   cap::FrameBuilder call(program, *cap::FindTool(program, "process_refund"), "agent-7", now_us);
//   call.SetArgument("order_id", cap::Value{"O-1"});
//   call.SetArgument("amount", cap::Value{cap::Money{9870, 840}});
//   call.AddFact({.name = "order", .key = {{"O-1"}}, .as_of_us = now_us, .attestor = "shop",
//                 .value = cap::Value{...}});
//   cap::Frame frame = std::move(call).Seal();
//
// Arguments are what the model wrote: what does not fit their declaration makes the call malformed.
// Facts and live context come from others: what is unusable of them is poisoned with a note, and a
// policy that needs it faults. Neither ever takes the other's place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/frame/frame.h"
#include "runtime/program/program.h"

namespace cap {

/// Index of the tool with this name. Linear in the tools.
std::optional<uint32_t> FindTool(const Program& program, std::string_view name);

/// What somebody attests about the object that `key` names. An Error in `value` is a value that
/// could not be read; it poisons.
struct FactInput {
  std::string name = {};
  std::vector<Value> key = {};   // in order of FactDesc::key_slots; `for each`: of one element
  int64_t as_of_us = 0;
  std::string attestor = {};  // who the host knows to have attested it
  Result<Value> value = Value{};
};

/// That somebody approved one exact call.
struct ApprovalInput {
  std::string approver = {};  // a name of Program::approvers
  Frame::Digest digest{};     // of the approved call: Frame::digest()
  std::string kind = "approval";  // or "review"
};

/// Not thread-safe. Keeps a reference to `program`, which must outlive it (not the Frame). Nothing
/// is checked before Seal(), so the order of the calls does not matter.
class FrameBuilder {
 public:
  /// `subject`: the grant's, which approvals are bound to. `now_us`: the one reading of the clock.
  /// A `tool` that is no index of Program::tools makes the call malformed.
  FrameBuilder(const Program& program, uint32_t tool, std::string_view subject, int64_t now_us);

  /// An argument. A null value (monostate) is null, which is not the same as left out, but absent
  /// to a policy. An Error makes the call malformed. So does giving a name twice.
  FrameBuilder& SetArgument(std::string name, Result<Value> value);
  /// A value of `context live`. An Error poisons it.
  FrameBuilder& SetLive(std::string name, Result<Value> value);
  FrameBuilder& AddFact(FactInput fact);
  FrameBuilder& AddApproval(ApprovalInput approval);
  /// The resource that the caller thinks the call has: any but the derived one is malformed.
  FrameBuilder& ExpectResource(std::string text);

  /// Checks everything and lays it out. The builder is spent. Cost: linear in the inputs.
  Frame Seal() &&;

 private:
  friend class Sealer;
  struct Given {
    std::string name;
    Result<Value> value;
  };

  const Program& program_;
  uint32_t tool_;
  std::string subject_;
  int64_t now_us_;
  std::vector<Given> arguments_;
  std::vector<Given> live_;
  std::vector<FactInput> facts_;
  std::vector<ApprovalInput> approvals_;
  std::optional<std::string> resource_;
};

}  // namespace cap

// One call as the test gives it: what was given of every input, and in what state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/value/decimal.h"
#include "tests/diff/model.h"
#include "tests/support/call_inputs.h"
#include "tests/support/random_frame.h"

namespace cap::diff {

using test::Below;
using test::CallInputs;
using test::Chance;
using test::Random;

enum class FactState : uint8_t {
  kGood, kMissing, kWrongKey, kStale, kDoubled, kWrongAttestor, kUnreadable, kFuture,
};
enum class LiveState : uint8_t { kGood, kMissing, kUnreadable };

struct FactInputModel {
  FactState state = FactState::kGood;
  Value value;
};
struct LiveInputModel {
  LiveState state = LiveState::kGood;
  Value value;
};
struct RequestModel {
  std::vector<std::optional<Value>> arguments;  // parallel to ActionModel::arguments
  std::vector<FactInputModel> facts;
  std::vector<LiveInputModel> live;
  uint64_t approvals = 0;
  int64_t now_us = kNowUs;
  std::string undeclared;  // an argument that the action does not have
};

/// Values that a policy compares with, to aim at. Every number brings its neighbours.
struct Aims {
  std::vector<int64_t> ints = {0, 1, -1, 2, 3, INT64_MAX, INT64_MIN, INT64_MAX / 2 + 1};
  std::vector<int64_t> amounts = {0, 1, 100, INT64_MAX, INT64_MAX / 2 + 1};
  std::vector<int64_t> instants = {kNowUs, kNowUs - 1, kNowUs + 1};
  std::vector<Coefficient> shares = {0, 1, -1, 100, Coefficient{1} << 63,
                                     ~(Coefficient{1} << 127), Coefficient{1} << 127};
  std::vector<int64_t> durations = {0, 1, 1'000'000, -1'000'000, INT64_MAX, INT64_MIN, kDayUs,
                                    -kDayUs, 30 * kDayUs, 3'652'058 * kDayUs};
  std::vector<int64_t> days = {0, 1, -1, kFirstDay, kLastDay, kNowUs / kDayUs};
  std::vector<std::string> texts = {"", "a", "ab", "C1", "C2",
                                    "a-text-that-is-longer-than-sixteen-bytes"};
  std::vector<std::string> mails = {"ann@company.com", "bob@company.com", "eve@evil.example"};
  void Add(const Value& value);
};

class RequestMaker {
 public:
  RequestMaker(const ActionModel& action, const Aims& aims, Random& random)
      : action_(action), aims_(aims), random_(random) {}

  RequestModel Fresh();
  /// Changes one input.
  void Mutate(RequestModel& request);
  /// Makes something that the policy may read unusable.
  void Break(RequestModel& request);
  Value MakeValue(Ty ty, uint32_t depth = 0);

 private:
  void MakeArgument(RequestModel& request, size_t index);
  void FixCurrency(RequestModel& request);
  Value MakeList(Ty element, uint32_t depth);
  Value MakeMap(Ty map, uint32_t depth);
  Value Anything();

  const ActionModel& action_;
  const Aims& aims_;
  Random& random_;
};

/// What a frame builder is given for the request.
CallInputs InputsOf(uint32_t tool, const ActionModel& action, const RequestModel& request);

/// The sealed frame of a request. `tool`: of `program`, the action's.
Frame BuildFrame(const Program& program, uint32_t tool, const ActionModel& action,
                 const RequestModel& request);
inline constexpr std::string_view kSubject = "agent-7";

}  // namespace cap::diff

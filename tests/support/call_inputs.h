// What a frame builder is given for one call, as data: it can be kept, sent elsewhere and built
// again.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/frame/frame_builder.h"

namespace cap::test {

struct CallInputs {
  uint32_t tool = 0;  // of the Program
  std::string subject;
  int64_t now_us = 0;
  std::vector<std::pair<std::string, Result<Value>>> arguments;
  std::vector<FactInput> facts;
  std::vector<std::pair<std::string, Result<Value>>> live;
  std::vector<std::string> approvers;  // who approved exactly this call
};

/// The sealed frame.
Frame BuildFrame(const Program& program, const CallInputs& inputs);

}  // namespace cap::test

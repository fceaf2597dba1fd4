// What a gateway must attest for the calls of a program, gathered tool by tool.
#pragma once

#include <string>
#include <vector>

#include "runtime/program/program.h"

namespace cap::cli {

/// Whose yes a policy may ask for.
struct ApprovalNeed {
  std::string action;
  std::string policy;
  std::string clause;                  // "requireApproval", "forbid"
  std::string kind;                    // "approval", "review"
  std::vector<std::string> approvers;  // empty: a bound value says who
  bool operator==(const ApprovalNeed&) const = default;
};

/// What an enforcement point must know how to do.
struct ObligationNeed {
  std::string action;
  std::string policy;
  uint32_t obligation = 0;  // of Program::obligations
  bool operator==(const ObligationNeed&) const = default;
};

struct ToolNeeds {
  std::vector<ApprovalNeed> approvals;      // in order of policies; none twice
  std::vector<ObligationNeed> obligations;  // likewise
};

/// Parallel to Program::tools. Linear in the program.
std::vector<ToolNeeds> NeedsOf(const Program& program);

/// The enums and records that `types` are made of, as indices, each once, in order.
struct NamedTypes {
  std::vector<uint32_t> enums;
  std::vector<uint32_t> records;
};
NamedTypes NamedIn(const Program& program, std::vector<TypeIndex> types);

}  // namespace cap::cli

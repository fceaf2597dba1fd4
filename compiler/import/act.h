// Policies in YAML (agents, capabilities, constraints) → Cap (`capc import act`). What Cap cannot
// say yet is never dropped in silence: it stands in the report, and as a comment where it belongs.
// A capability of which something is not said would permit more than it was meant to: it is left
// out, as a comment for whoever completes it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace cap::importer {

struct ActOptions {
  std::string module = "imported";
  std::string currency;               // of amounts, "USD"; empty: amounts are not carried over
  std::string approver = "approver";  // who is asked where a policy names nobody
  std::string zone = "UTC";           // whose days, weeks and months are counted
};

/// Something of the policy, where it stands, and what a person has to know of it.
struct ActNote {
  std::string where;  // "standard.process_refund.maxPerDay"
  std::string what;   // "10"
  std::string why;
};

struct ActImport {
  std::string text;  // the module; empty when there is no policy in it
  size_t policies = 0;
  size_t capabilities = 0;       // that permit something
  size_t left_out = 0;           // capabilities that stand as comments, or not at all
  size_t constraints = 0;        // carried over, those of the comments as well
  std::vector<ActNote> left;     // not carried over
  std::vector<ActNote> assumed;  // arguments and facts that the policy does not declare
};

/// Errors: "bad-yaml" (with its line), "too-large" (act_limits.h), "no-policy". Cost: linear
/// in the text, and one compilation of the result for each round of what does not compile.
Result<ActImport> ImportAct(const std::string& origin, const std::string& text,
                            const ActOptions& options);

std::string ToText(const ActImport& import);
std::string ToJson(const ActImport& import);

}  // namespace cap::importer

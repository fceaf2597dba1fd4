// Whether one policy permits no more than another, and what a change of a policy changes: decided
// for every call at once by a solver (Z3), and never on its word alone when the answer is no: then
// a call was made, decided under both policies by the interpreter, and found to differ.
//
//   "yes"        the solver found that no call exists that the child is kinder to than the parent
//   "no"         here is one
//   "undecided"  neither: to be taken for no
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cap/decision.h"
#include "runtime/program/program.h"

namespace cap::prove {

/// One policy of a Program.
struct Side {
  std::shared_ptr<const Program> program;
  uint32_t policy = 0;
  const Policy& of() const { return program->policies[policy]; }
};

struct Options {
  uint32_t timeout_ms = 2000;  // of one question
};

enum class Answer : uint8_t { kYes, kNo, kUndecided };

/// What one policy said of the call.
struct Shown {
  cap::Verdict verdict = cap::Verdict::kDeny;
  std::string grant;    // as `capc eval` reads it
  std::string request;
  std::string no_grant; // why none was minted: a denial
  DecisionReport report;
  std::vector<std::string> obligations;
};

/// A call to which the child is kinder.
struct Witness {
  std::string tool;
  int64_t minted_us = 0;
  int64_t now_us = 0;
  Shown child;
  Shown parent;
  std::vector<std::string> lost;  // obligations of the parent that the child does not bring
};

struct Reply {
  Answer answer = Answer::kUndecided;
  std::string why;  // of kUndecided
  // Of kUndecided: single calls are decided, but not what is counted, or what carries them. Where
  // the other way round is decided, it is wider.
  bool counts = false;
  std::optional<Witness> witness;
};

/// The tools that the policy has a capability for, in order of name.
std::vector<std::string> ToolsOf(const Side& side);
/// The actions of the tool that the policy has a capability for.
std::vector<std::string> ActionsOf(const Side& side, const std::string& tool);

/// Whether every call of the tool gets from the child a verdict that is at most as kind as the
/// parent's, and with a permit every obligation that the parent's brings. With an action: of the
/// calls that are this action under the child.
Reply ToolNarrows(const Side& child, const Side& parent, const std::string& tool,
                  const std::string& action, const Options& options);

/// Whether a grant of the child lives as long and for the purposes that the parent allows.
Reply TermsNarrow(const Side& child, const Side& parent, const Options& options);

/// Both, of every tool: the first no, else the first that is not decided, else yes.
Reply Narrows(const Side& child, const Side& parent, const Options& options);

/// What the texts of two policies say differently, constraint by constraint.
struct Change {
  std::string capability;  // empty: of the whole policy
  std::string text;        // "maxAmount: 500.00 USD is now 750.00 USD"
};
std::vector<Change> ChangesOf(const Side& before, const Side& after, const std::string& action);
/// … of purposes, expiry and version.
std::vector<Change> TermChanges(const Side& before, const Side& after);

}  // namespace cap::prove

// What a policy decides of a call, as formulas: the order of runtime/engine/decide.cpp. Internal to
// compiler/prove.
#pragma once

#include "compiler/prove/encode.h"

namespace cap::prove {

/// Of one action or of a call. Neither permit nor step-up: a denial.
struct Verdict {
  Expr permit;
  Expr step_up;
  std::map<std::string, Expr> obligations;  // that a permit brings, as they are shown
};

struct ActionVerdict {
  std::string action;
  Expr is;  // whether the call is this action
  Verdict verdict;
};

struct CallVerdict {
  Verdict whole;
  std::vector<ActionVerdict> actions;
};

class Decider {
 public:
  Decider(World& world, const Side& side, const BoundValues& bound)
      : world_(world), program_(*side.program), policy_(side.of()), bound_(bound),
        encoder_(world, program_, bound) {}

  CallVerdict Decide(const Tool& tool);

 private:
  struct Hole {
    Expr valid;
    Sym value;
    const ResourceHole* of = nullptr;
  };
  /// The texts of one resource, and whether it is one.
  struct Derived {
    Expr there;
    std::vector<Hole> holes;
  };

  Expr LimitsRequire(const Action& action);
  template <typename Rule>
  Expr HasRoom(const Rule& rule);
  std::optional<Sym> Operand(const LimitOperand& operand, const std::vector<ConstSource>& consts);
  Verdict DecideAction(const Action& action);
  std::vector<Derived> Resources(const Action& action);
  Expr AllDerived(const Action& action, const std::vector<Derived>& resources);
  Hole MakeHole(const ResourceHole& hole, const Cell& cell);
  Expr Matches(const std::vector<Pattern>& patterns, const Derived& resource);
  Expr HoleIs(const Hole& hole, const PatternHole& pattern);
  Expr HoleIsText(const Hole& hole, const std::string& text);
  Expr HoleIsValue(const Hole& hole, TypeIndex type, const Sym& value);
  Expr Covers(const Capability& capability, const Action& action,
              const std::vector<Derived>& resources);
  Expr AnyMatches(const Forbid& forbid, const Action& action,
                  const std::vector<Derived>& resources);
  void AskOfEach(const Action& action, const std::string& question);
  void AssumeMinted(const std::vector<Pattern>& patterns);
  std::string ObligationKey(const Capability& capability, const ClauseInfo& info);
  void DecideForbids(const Action& action, const std::vector<Derived>& resources, Expr& denies,
                     Expr& steps_up);
  void DecideCapabilities(const Action& action, const std::vector<Derived>& resources,
                          Verdict& verdict);

  World& world_;
  const Program& program_;
  const Policy& policy_;
  const BoundValues& bound_;
  Encoder encoder_;
};

}  // namespace cap::prove

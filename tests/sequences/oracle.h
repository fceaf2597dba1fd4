// What docs/language.md and docs/state.md say that a call comes to, worked out from the policy as
// data: plain, slow, and with nothing of the engine's or a store's. Where the papers leave open
// which of several refusals is named, it takes any of them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cap/decision.h"
#include "compiler/policytest/capt_file.h"
#include "tests/sequences/ledger.h"
#include "tests/sequences/policies.h"
#include "tests/sequences/traces.h"

namespace cap::sequences {

/// What a call says, as the policies of RandomPolicy() can see it.
struct CallValues {
  std::string tool, order, kind;
  int64_t units = 0, amount = 0;
  std::optional<int64_t> fact_units, fact_total;  // nothing is known of the fact
  bool approved = false;
};
CallValues ValuesOf(const policytest::Test& call);

class Oracle {
 public:
  /// Nothing was counted, and there is the grant `root`.
  Oracle(const PolicyModel& policy, const std::string& subject, int64_t minted_us, int64_t ttl_us);

  // Each takes a step, and what the engine said of it: empty, or what should have been said.
  std::string Call(const policytest::Step& step, int64_t now_us, const DecisionReport& seen);
  std::string Settle(const policytest::Step& step, int64_t now_us, const std::string& seen);
  std::string Grant(const policytest::Step& step, int64_t now_us, const std::string& seen);
  std::string Counters(const std::vector<state::CounterView>& seen) const;
  void Revoke(const std::string& name);

 private:
  /// A grant, with those that it was delegated from.
  struct Holder {
    std::string subject;
    std::shared_ptr<Holder> parent;
    int64_t expires_us = 0;
    bool revoked = false;
    std::set<std::string> capabilities;
    const Link* link = nullptr;  // what its parent gave on
    const std::string& root() const { return parent == nullptr ? subject : parent->root(); }
  };
  using HolderPtr = std::shared_ptr<Holder>;
  using Refusals = std::set<std::pair<std::string, std::string>>;  // code, clause

  /// What an action may be charged to. Of alternatives the first that fits is taken.
  struct Alternative {
    std::string capability;
    std::vector<Charge> charges;
    bool operator==(const Alternative&) const = default;
  };
  struct Group {
    std::vector<Charge> common;  // what the action takes, whatever its alternative
    std::vector<Alternative> alternatives;
    bool asks = false;                   // none of them permits without an approval
    std::vector<Alternative> otherwise;  // where none has room: those that ask for an approval
    bool operator==(const Group& other) const {
      return common == other.common && alternatives == other.alternatives;
    }
  };
  struct Request {
    std::vector<Charge> breaker;
    std::vector<Group> groups;
    std::vector<std::string> stamps;
    bool asks() const;
    bool empty() const;
    bool operator==(const Request&) const = default;
  };
  struct Choice {
    std::vector<size_t> taken;  // of each group, which alternative
    const Charge* failed = nullptr;
    Fit fit;                                // of it
    const std::vector<Charge>* shown = nullptr;  // the alternative that it is of
  };
  /// Of several charges the one that is the last to fit again; and of which alternative it is.
  struct Nearest {
    const Charge* charge = nullptr;
    Fit fit;
    const std::vector<Charge>* of = nullptr;
  };
  struct Taken {
    Charge charge;
    size_t event = 0;
  };
  struct Operation {
    Request request;
    Choice choice;
    std::vector<Taken> charges;
    std::string ended;  // "", "commit", "release"
    std::string actual;
  };
  struct NamedCall {
    bool permitted = false;
    std::string operation;  // empty: there is nothing to settle
  };
  /// What a decision has to be.
  struct Expected {
    std::string verdict = "deny";
    Refusals refusals;
    std::string capability;
    std::set<std::string> limits;
    int64_t retry_after_us = 0;
  };

  HolderPtr Find(const std::string& name) const;
  static std::string WhyGone(const Holder& holder, int64_t now_us);
  std::string Give(const policytest::Step& step, int64_t now_us);
  static bool IsNarrowed(const Statement& statement, const Link& link);
  const Statement* Narrowed(const Link& link) const;
  int64_t LimitAbove(const Holder& holder, const Link& link) const;
  static bool IsWithin(const Holder& holder, const CallValues& call);
  static std::vector<std::string> ActionsOf(const CallValues& call);
  static Refusals Refused(const Statement& statement, const std::string& clause,
                          const CallValues& call);
  Refusals Judge(const std::string& action, const Holder& holder, const CallValues& call,
                 Group& group) const;
  static Charge ChargeOf(const Statement& statement, const CallValues& call,
                         const Holder& holder);
  static std::vector<Charge> ChargesOf(const CapabilityModel& capability, const CallValues& call,
                                       const Holder& holder);
  static void ChargesOf(const SharedModel& shared, const Charge& whole, const Holder& holder,
                        Group& group);
  Refusals Share(const std::string& action, const Holder& holder, const CallValues& call,
                 Group& group) const;
  Charge BreakerOf(const Holder& holder) const;
  Choice Choose(const Request& request, int64_t now_us) const;
  std::optional<size_t> FirstThatFits(const std::vector<Alternative>& alternatives,
                                      std::map<std::string, int64_t>& taken, int64_t now_us,
                                      Nearest& nearest) const;
  std::optional<Expected> StepUpInstead(const Request& request, int64_t now_us) const;
  std::set<std::string> LimitsOf(const Request& request, const Choice& choice,
                                 int64_t now_us) const;
  Expected Decide(const policytest::Step& step, int64_t now_us);
  Expected Ask(const policytest::Step& step, const std::string& operation, Request request,
               int64_t now_us);
  static std::string Named(const Request& request, const std::vector<size_t>& taken);
  static Expected Denied(const Choice& choice, std::set<std::string> limits);
  void Take(Operation& operation, int64_t now_us);

  const PolicyModel& policy_;
  std::set<std::string> all_;  // capabilities
  bool has_history_ = false;
  Ledger ledger_;
  std::map<std::string, HolderPtr> grants_;
  std::map<std::string, NamedCall> calls_;
  std::map<std::string, Operation> operations_;
};

}  // namespace cap::sequences

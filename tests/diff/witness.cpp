#include "tests/diff/witness.h"

#include <algorithm>
#include <functional>

#include "tests/diff/generator.h"

namespace cap::diff {
namespace {

constexpr int kClimbSteps = 500;
constexpr int kWanderSteps = 160;   // changes of a permitted request, in search of anything new
constexpr int kAimedSteps = 480;    // towards one part
constexpr int kRounds = 4;          // leaving out one statement can make another one matter less

/// Looks for witnesses under one grant.
class Finder {
 public:
  Finder(const Running& run, Random& random, Parts& decided, std::vector<Witness>& found)
      : run_(run), random_(random), maker_(run.action, run.aims, random), decided_(decided),
        found_(found), all_(AllParts(run)) {}

  void Run(const RequestModel& permitted) {
    Wander(permitted);
    for (size_t nth = 0; nth < run_.policy.capabilities.size(); ++nth) {
      const Capability& capability = CompiledCapability(run_, nth);
      for (const Statement& statement : run_.policy.capabilities[nth].statements) {
        const uint64_t own = ClausesOf(capability, statement);
        const auto open = [&] { return (own & ~decided_.clauses[nth]) != 0; };
        const auto score = [&](Oracle& oracle) { return Towards(oracle, nth, statement); };
        Aim(permitted, open, score);
      }
    }
    for (size_t nth = 0; nth < run_.policy.forbids.size(); ++nth) {
      const auto open = [&] { return (decided_.forbids >> nth & 1) == 0; };
      const auto score = [&](Oracle& oracle) { return Towards(oracle, run_.policy.forbids[nth]); };
      Aim(permitted, open, score);
    }
  }

 private:
  void Change(RequestModel& request) {
    maker_.Mutate(request);
    if (Chance(random_, 0.3)) maker_.Mutate(request);
    if (Chance(random_, 0.2)) maker_.Break(request);
  }

  /// Keeps the request if it shows something new.
  void Look(const RequestModel& request, Oracle& oracle) {
    if (oracle.Malformed() || oracle.Decide(run_.policy) == Outcome::kPermit) return;
    const Frame frame = BuildFrame(run_.program, run_.tool, run_.action, request);
    if (frame.header() == nullptr) return;  // the comparison of this request is not the search's
    const Parts parts = DecidedBy(run_, request, frame);
    if (!decided_.Lacks(parts)) return;
    decided_.Add(parts);
    found_.push_back({run_.grant_number, request});
  }

  void Wander(const RequestModel& permitted) {
    RequestModel from = permitted;
    for (int step = 0; step < kWanderSteps && decided_.Lacks(all_); ++step) {
      RequestModel request = from;
      Change(request);
      Oracle oracle(run_.action, run_.grant.bound, request);
      Look(request, oracle);
      if (oracle.Decide(run_.policy) == Outcome::kPermit) from = std::move(request);
    }
  }

  void Aim(const RequestModel& permitted, const std::function<bool()>& open,
           const std::function<int(Oracle&)>& score) {
    RequestModel best = permitted;
    int best_score = INT32_MIN;
    for (int step = 0; step < kAimedSteps && open(); ++step) {
      if (step % 80 == 0) {
        best = permitted;
        best_score = INT32_MIN;
      }
      RequestModel request = best;
      Change(request);
      Oracle oracle(run_.action, run_.grant.bound, request);
      if (oracle.Malformed()) continue;
      const int own = score(oracle);
      if (own < best_score) continue;
      best_score = own;
      Look(request, oracle);
      best = std::move(request);
    }
  }

  int ActingForbids(Oracle& oracle, const ForbidModel* but) {
    return static_cast<int>(std::ranges::count_if(run_.policy.forbids, [&](const ForbidModel& f) {
      return &f != but && oracle.Acts(f);
    }));
  }
  static int Untrue(Oracle& oracle, const CapabilityModel& capability, const Statement* but) {
    return static_cast<int>(std::ranges::count_if(capability.statements, [&](const Statement& s) {
      return &s != but && oracle.Judge(s) != Tri::kTrue;
    }));
  }

  /// Everything else must be as for a permit, and no other capability may help.
  int Towards(Oracle& oracle, size_t nth, const Statement& statement) {
    const CapabilityModel& own = run_.policy.capabilities[nth];
    int score = -3 * ActingForbids(oracle, nullptr) - 3 * Untrue(oracle, own, &statement);
    if (!oracle.Covers(own.on)) score -= 3;
    if (oracle.Judge(statement) == Tri::kTrue) score -= 2;
    for (const CapabilityModel& other : run_.policy.capabilities) {
      if (&other == &own || !oracle.Covers(other.on)) continue;
      if (Untrue(oracle, other, nullptr) == 0) score -= 2;
    }
    return score;
  }
  int Towards(Oracle& oracle, const ForbidModel& forbid) {
    int least = INT32_MAX;
    for (const CapabilityModel& capability : run_.policy.capabilities) {
      const int uncovered = oracle.Covers(capability.on) ? 0 : 1;
      least = std::min(least, Untrue(oracle, capability, nullptr) + uncovered);
    }
    return -3 * ActingForbids(oracle, &forbid) - 3 * least - (oracle.Acts(forbid) ? 0 : 2);
  }

  const Running& run_;
  Random& random_;
  RequestMaker maker_;
  Parts& decided_;
  std::vector<Witness>& found_;
  const Parts all_;
};

/// What the search knows of one policy.
struct Known {
  Parts decided;
  std::vector<Witness> witnesses;
  bool permits = false;
  RequestModel nearest;  // to a permit, under the first grant
};

Known Examine(const Subject& subject, const PolicyModel& policy, Random& random) {
  Known known;
  Running run(subject, policy);
  known.decided.clauses.assign(policy.capabilities.size(), 0);
  for (size_t grant = BoundChoices().size(); grant-- > 0;) {
    run.Use(grant);
    known.nearest = Climb(run, random);
    Oracle oracle(run.action, run.grant.bound, known.nearest);
    if (oracle.Decide(policy) != Outcome::kPermit) continue;
    known.permits = true;
    if (known.decided.Lacks(AllParts(run))) {
      Finder(run, random, known.decided, known.witnesses).Run(known.nearest);
    }
  }
  return known;
}

/// Takes out what was not shown to decide; of a policy that permits nothing, what is in the way.
bool LeaveOut(const Subject& subject, PolicyModel& policy, const Known& known,
              WitnessTotals& totals) {
  Running run(subject, policy);
  run.Use(0);
  Oracle oracle(run.action, run.grant.bound, known.nearest);
  uint64_t out = 0;
  for (size_t nth = 0; nth < policy.capabilities.size(); ++nth) {
    const Capability& compiled = CompiledCapability(run, nth);
    out += std::erase_if(policy.capabilities[nth].statements, [&](const Statement& statement) {
      if (!known.permits) return oracle.Judge(statement) != Tri::kTrue;
      return (ClausesOf(compiled, statement) & ~known.decided.clauses[nth]) != 0;
    });
  }
  size_t nth = 0;
  const uint64_t forbids = std::erase_if(policy.forbids, [&](const ForbidModel& forbid) {
    const bool decided = (known.decided.forbids >> nth++ & 1) != 0;
    return known.permits ? !decided : oracle.Acts(forbid);
  });
  totals.left_out += out;
  totals.forbids_left_out += forbids;
  return out + forbids != 0;
}

bool Empty(const PolicyModel& policy) {
  const bool bare = std::ranges::all_of(
      policy.capabilities, [](const CapabilityModel& c) { return c.statements.empty(); });
  return bare && policy.forbids.empty();
}

}  // namespace

RequestModel Climb(const Running& run, Random& random) {
  RequestMaker maker(run.action, run.aims, random);
  const auto score = [&](const RequestModel& request) {
    Oracle oracle(run.action, run.grant.bound, request);
    if (oracle.Decide(run.policy) == Outcome::kPermit) return 1000;
    int sum = 0;
    for (const CapabilityModel& capability : run.policy.capabilities) {
      sum += oracle.Covers(capability.on) ? 1 : 0;
      for (const Statement& statement : capability.statements) {
        sum += oracle.Judge(statement) == Tri::kTrue ? 1 : 0;
      }
    }
    for (const ForbidModel& forbid : run.policy.forbids) sum += oracle.Acts(forbid) ? 0 : 1;
    return sum;
  };
  RequestModel best = maker.Fresh();
  int best_score = score(best);
  for (int step = 0; step < kClimbSteps && best_score < 1000; ++step) {
    RequestModel next = step % 60 == 59 ? maker.Fresh() : best;
    maker.Mutate(next);
    if (Chance(random, 0.4)) maker.Mutate(next);
    const int next_score = score(next);
    if (next_score < best_score) continue;
    best = std::move(next);
    best_score = next_score;
  }
  return best;
}

Witnesses KeepWhatDecides(Subject& subject, Random& random,
                          std::map<std::string, uint64_t>& refused, WitnessTotals& totals) {
  Witnesses witnesses;
  for (const PolicyModel& policy : subject.module.policies) {
    for (const CapabilityModel& c : policy.capabilities) totals.statements += c.statements.size();
    totals.forbids += policy.forbids.size();
  }
  for (int round = 0; round < kRounds; ++round) {
    bool changed = false;
    std::vector<PolicyModel> kept;
    for (PolicyModel& policy : subject.module.policies) {
      if (!witnesses.contains(policy.name)) {
        Known known = Examine(subject, policy, random);
        const bool left_out = LeaveOut(subject, policy, known, totals);
        changed = changed || left_out || !known.permits;
        // What changed in the last round has not been looked at again.
        const bool hopeless = Empty(policy) || (!known.permits && !left_out);
        if (hopeless || (left_out && round + 1 == kRounds)) {
          ++totals.policies_left_out;
          continue;
        }
        if (!left_out) {
          witnesses[policy.name] = std::move(known.witnesses);
        }
      }
      kept.push_back(policy);
    }
    subject.module.policies = std::move(kept);
    if (!changed) break;
    PrintModule(subject.module);
    subject = MakeSubject(std::move(subject.module), refused);
    if (!subject.problems.empty()) break;
  }
  return witnesses;
}

}  // namespace cap::diff

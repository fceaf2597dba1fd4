#include "tests/diff/shared.h"

#include <fmt/format.h>

#include <utility>

#include "tests/diff/counted.h"
#include "tests/diff/expressions.h"
#include "tests/diff/generator.h"

namespace cap::diff {
namespace {

using test::Below;
using test::Chance;
using test::Random;

/// Constraints of a question each: of the first action, which every module has.
constexpr const char* kConstraints[] = {
    "constraint earlier(k: string) { require after act0(key: k) within 1h }",
    "constraint unseen(k: string) { require not after act0(key: k) within 1h }"};

class Maker {
 public:
  Maker(ModuleModel& module, Random& random) : module_(module), random_(random) {}

  void Run() {
    for (const char* text : kConstraints) module_.declared.push_back({.text = text, .limit = {}});
    for (PolicyModel& policy : module_.policies) {
      if (Chance(random_, 0.5)) Share(policy);
      for (CapabilityModel& capability : policy.capabilities) {
        if (Chance(random_, 0.3)) Ask(policy, capability);
      }
    }
    for (int i = 0; i < 40; ++i) ShareByAll(i);
    PrintModule(module_);
  }

 private:
  bool Count(const std::vector<Var>& scope, std::vector<Value>& literals, Statement& made) {
    ExpressionMaker maker(random_, scope, literals);
    if (!MakeCounted(random_, maker, made)) return false;
    if (!made.bare && Chance(random_, 0.4)) {
      made.guard = maker.Bool(1);
      made.text += " when " + TextOf(*made.guard);
    }
    return true;
  }

  void Share(PolicyModel& policy) {
    LimitModel limit{.name = "shared", .statement = {}};
    const std::vector<Var>& scope = module_.actions[policy.action].scope;
    if (Count(scope, policy.literals, limit.statement)) policy.limits.push_back(std::move(limit));
  }

  /// Of a policy that is chosen, so that some policy permits the action.
  void ShareByAll(int number) {
    if (module_.policies.empty()) return;
    const size_t action = module_.policies[Below(random_, module_.policies.size())].action;
    // What is bound belongs to a policy, and a limit of all of them to none.
    std::vector<Var> scope;
    for (const Var& var : module_.actions[action].scope) {
      if (var.root != Var::Root::kBound) scope.push_back(var);
    }
    std::vector<Value> literals;
    LimitModel limit{.name = fmt::format("everywhere{}", number), .everywhere = true,
                     .statement = {}};
    if (!Count(scope, literals, limit.statement)) return;
    const std::string& text = limit.statement.text;
    const bool keyed = text.find(" per ") != text.npos || text.find(" per: ") != text.npos;
    if (!keyed) return;
    module_.declared.push_back({.text = fmt::format("limit {} on {} {{ {} }}", limit.name,
                                                    module_.actions[action].name, text),
                                .limit = limit.name});
    for (PolicyModel& policy : module_.policies) {
      if (policy.action == action) policy.limits.push_back(limit);
    }
  }

  void Ask(PolicyModel& policy, CapabilityModel& capability) {
    Statement made;
    const bool after = Chance(random_, 0.4);
    made.past = after ? Past::kAfter : Past::kNotAfter;
    ExpressionMaker maker(random_, module_.actions[policy.action].scope, policy.literals);
    const ExprPtr key = maker.VarOf(kString);
    if (key == nullptr || Chance(random_, 0.3)) {
      made.bare = true;
      made.text = fmt::format("require {}after act0(key: key) within 1h", after ? "" : "not ");
    } else {
      Expr usable;
      usable.op = ExprOp::kUsable;
      usable.kids = {key};
      made.bodies = {std::make_shared<const Expr>(std::move(usable))};
      made.text = fmt::format("{}({})", after ? "earlier" : "unseen", TextOf(*key));
      if (Chance(random_, 0.6)) {
        made.guard = maker.Bool(1);
        made.text += " when " + TextOf(*made.guard);
      }
    }
    capability.statements.push_back(std::move(made));
  }

  ModuleModel& module_;
  Random& random_;
};

}  // namespace

void AddShared(ModuleModel& module, Random& random) { Maker(module, random).Run(); }

}  // namespace cap::diff

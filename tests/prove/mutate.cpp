#include "tests/prove/mutate.h"

#include <algorithm>

#include "runtime/value/decimal.h"

namespace cap::diff {
namespace {

using test::Below;
using test::Chance;
using test::Random;

bool IsMutable(const Expr& expr) {
  if (expr.op != ExprOp::kLiteral) return false;
  const auto* list = std::get_if<Value::List>(&expr.literal.v);
  return list == nullptr || !list->empty();
}

/// Literals of the tree; what a function means stands apart from its text, and is left alone.
size_t CountLiterals(const Expr& expr) {
  if (expr.op == ExprOp::kDef) return 0;
  size_t count = IsMutable(expr) ? 1 : 0;
  for (const ExprPtr& kid : expr.kids) count += CountLiterals(*kid);
  return count;
}

Value Moved(const Value& value, Random& random) {
  const int64_t step = Chance(random, 0.5) ? 1 : -1;
  const auto moved = [step](int64_t number) {
    int64_t out = 0;
    return __builtin_add_overflow(number, step, &out) ? number : out;
  };
  if (const auto* number = std::get_if<int64_t>(&value.v)) return {moved(*number)};
  if (const auto* flag = std::get_if<bool>(&value.v)) return {!*flag};
  if (const auto* money = std::get_if<Money>(&value.v)) {
    return {Money{std::max<int64_t>(0, moved(money->minor_units)), money->currency}};
  }
  if (const auto* instant = std::get_if<Instant>(&value.v)) {
    return {Instant{instant->us + step * 1'000'000}};
  }
  if (const auto* duration = std::get_if<Duration>(&value.v)) {
    return {Duration{std::max<int64_t>(0, duration->us + step * 1'000'000)}};
  }
  if (const auto* decimal = std::get_if<Decimal>(&value.v)) {
    return {MakeDecimal(CoefficientOf(*decimal) + step, decimal->scale)};
  }
  if (const auto* list = std::get_if<Value::List>(&value.v)) {
    Value::List shorter = *list;
    shorter.erase(shorter.begin() + static_cast<int64_t>(Below(random, shorter.size())));
    return {shorter};
  }
  if (const auto* text = std::get_if<std::string>(&value.v)) {
    if (text->find('@') != std::string::npos) return {std::string("bob@company.com")};
    // What ends with its origin stays as the oracle knows it, in the canonical form, with a path.
    const size_t origin = text->find("://");
    const bool shrinks = text->size() > 1 && (origin == std::string::npos ||
                                              text->find('/', origin + 3) + 1 < text->size());
    return {Chance(random, 0.5) && shrinks ? text->substr(0, text->size() - 1) : *text + "x"};
  }
  return value;
}

Value MovedMember(const Expr& expr, Random& random) {
  if (const auto* member = std::get_if<EnumMember>(&expr.literal.v)) {
    const std::vector<std::string>& names = MembersOf(expr.ty);
    const auto at = std::ranges::find(names, member->name) - names.begin();
    return {EnumMember{names[(static_cast<size_t>(at) + 1) % names.size()]}};
  }
  return Moved(expr.literal, random);
}

/// The tree with its literal `at` (counted down to 0) moved.
ExprPtr Replace(const ExprPtr& from, size_t& at, Random& random, PolicyModel& policy) {
  if (from->op == ExprOp::kDef) return from;
  Expr copy = *from;
  if (IsMutable(copy) && at-- == 0) {
    copy.literal = MovedMember(copy, random);
    policy.literals.push_back(copy.literal);
    return std::make_shared<const Expr>(std::move(copy));
  }
  for (ExprPtr& kid : copy.kids) kid = Replace(kid, at, random, policy);
  return std::make_shared<const Expr>(std::move(copy));
}

/// False: there is no literal.
bool MoveIn(ExprPtr& expr, Random& random, PolicyModel& policy) {
  const size_t count = CountLiterals(*expr);
  if (count == 0) return false;
  size_t at = Below(random, count);
  expr = Replace(expr, at, random, policy);
  return true;
}

/// A constant of a statement; a call of a constraint becomes what it means.
std::string MoveLiteral(PolicyModel& policy, Random& random) {
  for (int tries = 0; tries < 20; ++tries) {
    CapabilityModel& capability = policy.capabilities[Below(random, policy.capabilities.size())];
    if (capability.statements.empty()) continue;
    Statement& statement = capability.statements[Below(random, capability.statements.size())];
    if (statement.bodies.empty() || statement.guard != nullptr) continue;
    if (!MoveIn(statement.bodies[Below(random, statement.bodies.size())], random, policy)) continue;
    std::vector<Statement> parts;
    statement.text.clear();
    for (const ExprPtr& body : statement.bodies) {
      if (!statement.text.empty()) statement.text += " and ";
      statement.text += TextOf(*body);
    }
    statement.text = "require " + statement.text;
    return "literal";
  }
  for (ForbidModel& forbid : policy.forbids) {
    if (forbid.when != nullptr && MoveIn(forbid.when, random, policy)) return "literal of a forbid";
  }
  return "nothing";
}

const PolicyModel* Donor(const PolicyModel& policy, const ModuleModel& module, Random& random) {
  std::vector<const PolicyModel*> fitting;
  for (const PolicyModel& other : module.policies) {
    if (other.action == policy.action && other.name != policy.name) fitting.push_back(&other);
  }
  return fitting.empty() ? nullptr : fitting[Below(random, fitting.size())];
}

std::string AddStatement(PolicyModel& policy, const PolicyModel& donor, Random& random) {
  const CapabilityModel& from = donor.capabilities[Below(random, donor.capabilities.size())];
  if (from.statements.empty()) return "nothing";
  policy.capabilities[Below(random, policy.capabilities.size())].statements.push_back(
      from.statements[Below(random, from.statements.size())]);
  policy.literals.insert(policy.literals.end(), donor.literals.begin(), donor.literals.end());
  return "a statement more";
}

std::string DropStatement(PolicyModel& policy, Random& random) {
  std::vector<Statement>& from =
      policy.capabilities[Below(random, policy.capabilities.size())].statements;
  if (from.empty()) return "nothing";
  from.erase(from.begin() + static_cast<int64_t>(Below(random, from.size())));
  return "a statement fewer";
}

std::string ChangeForbid(PolicyModel& policy, const PolicyModel* donor, Random& random) {
  if (!policy.forbids.empty() && Chance(random, 0.6)) {
    ForbidModel& forbid = policy.forbids[Below(random, policy.forbids.size())];
    if (Chance(random, 0.4) && forbid.when != nullptr) {
      forbid.unless = (forbid.unless + 1) % 3;
      return "another approver of a forbid";
    }
    policy.forbids.erase(policy.forbids.begin());
    return "a forbid fewer";
  }
  if (donor == nullptr || donor->forbids.empty()) return "nothing";
  policy.forbids.push_back(donor->forbids[Below(random, donor->forbids.size())]);
  policy.literals.insert(policy.literals.end(), donor->literals.begin(), donor->literals.end());
  return "a forbid more";
}

std::string ChangeApproval(PolicyModel& policy, Random& random) {
  static const char* kWho[] = {"", "manager", "user", "[manager, user]"};
  for (CapabilityModel& capability : policy.capabilities) {
    for (Statement& statement : capability.statements) {
      if (statement.approvers == 0 || statement.guard != nullptr) continue;
      statement.approvers = 1 + Below(random, 3);
      statement.text = std::string("requireApproval(by: ") + kWho[statement.approvers] + ")";
      return "another approver";
    }
  }
  return "nothing";
}

}  // namespace

std::string MutatePolicy(PolicyModel& policy, const ModuleModel& module, Random& random) {
  const PolicyModel* donor = Donor(policy, module, random);
  switch (Below(random, 12)) {
    case 0: return "nothing";
    case 1:
      if (donor != nullptr) return AddStatement(policy, *donor, random);
      break;
    case 2:
    case 3: return DropStatement(policy, random);
    case 4: return ChangeForbid(policy, donor, random);
    case 5: return ChangeApproval(policy, random);
    case 6:
      if (module.actions[policy.action].resource_argument >= 0) {
        static const char* kOns[] = {"", "*", "C1", "{{customer}}", "ab"};
        policy.capabilities[0].on = kOns[Below(random, 5)];
        return "a pattern";
      }
      break;
    case 7:
      if (donor != nullptr) {
        policy.capabilities = donor->capabilities;
        policy.literals.insert(policy.literals.end(), donor->literals.begin(),
                               donor->literals.end());
        return "other capabilities";
      }
      break;
    default: break;
  }
  return MoveLiteral(policy, random);
}

}  // namespace cap::diff

#include "tests/diff/generator.h"

#include <fmt/format.h>

#include "tests/diff/counted.h"
#include "tests/diff/expressions.h"

namespace cap::diff {
namespace {

using test::Below;
using test::Chance;
using test::Random;

std::string FieldTexts(const std::vector<FieldModel>& fields) {
  std::string text;
  for (const FieldModel& field : fields) {
    text += fmt::format("{} {}: {}{}", text.empty() ? "" : ",", field.name, InfoOf(field.ty).text,
                        field.optional ? "?" : "");
  }
  return text + " ";
}

std::string EnumText(std::string_view name, Ty ty) {
  std::string text;
  for (const std::string& member : MembersOf(ty)) {
    text += fmt::format("{}\"{}\"", text.empty() ? "" : IsOrderedEnum(ty) ? " < " : ", ", member);
  }
  return fmt::format("enum {}{} {{ {} }}\n", IsOrderedEnum(ty) ? "ordered " : "", name, text);
}

std::string Header() {
  return "module generated\nimport std.data\nimport std.money\nimport std.approval\n"
         "approver manager, user\n" +
         EnumText("Color", kColor) + EnumText("Size", kSize) +
         fmt::format("record Item {{{}... }}\nrecord Order {{{}... }}\n",
                     FieldTexts(FieldsOf(kItem)), FieldTexts(FieldsOf(kOrder))) +
         fmt::format("context bound {{{}}}\ncontext live {{{}}}\n", FieldTexts(BoundFields()),
                     FieldTexts(LiveFields())) +
         "def reaches(n: int, most: int): bool = n > most or n == most\n"
         "constraint between(low: int, high: int) of n: int {\n"
         "  require low <= n\n  require n <= high\n"
         "  deny \"{{n}} is not between {{low}} and {{high}}\" }\n"
         "constraint since(start: instant) of at: instant { require at >= start }\n"
         "constraint calm(most: int) of items: list<Item> {\n"
         "  require all(i in items: i.count <= most) }\n"
         "constraint labelled(allowed: set<string>) of given: set<string> {\n"
         "  require given subset allowed and size(given) <= 10 }\n" +
         CountingConstraints();
}

class ActionMaker {
 public:
  ActionMaker(Random& random, size_t number) : random_(random) {
    action_.name = fmt::format("act{}", number);
  }

  ActionModel Run() {
    action_.arguments.push_back({"key", kString});
    if (Chance(random_, 0.4)) {
      action_.resource_argument = static_cast<int>(action_.arguments.size());
      action_.arguments.push_back({"segment", kString});
    }
    const uint64_t count = 3 + Below(random_, 6);
    for (uint64_t i = 0; i < count; ++i) AddArgument(i);
    const uint64_t facts = Below(random_, 3);
    for (uint64_t i = 0; i < facts; ++i) AddFact(i);
    AddScope();
    if (Chance(random_, 0.5)) AddLet();
    return std::move(action_);
  }

 private:
  void AddArgument(uint64_t number) {
    static const Ty kTys[] = {kBool,  kInt,    kInt,     kUsd,   kUsdMinor, kAnyMoney, kSibling,
                              kString, kEmail, kColor,   kSize,  kInstant,  kColors,   kTags,
                              kNumbers, kMailSet, kInts, kTexts, kMails,    kColorList, kFlags,
                              kItems,  kItem, kDuration, kSpans, kShare, kShares, kPath,    kPath,
                              kIp,    kIp,    kCidr,   kUrl,   kUrl,    kNets,      kPaths,
                              kUrls,  kDay,   kDay,    kDays,  kLocal,  kAnything,
                              kAnythings, kSigned, kShareSet, kShareSet, kStock, kQuotas, kBags,
                              kCodes, kDues, kItems};
    FieldModel argument;
    argument.name = fmt::format("a{}", number);
    argument.ty = kTys[Below(random_, std::size(kTys))];
    if (argument.ty == kSibling) {
      for (const FieldModel& other : action_.arguments) {
        if (other.name == "currency") return;
      }
      action_.arguments.push_back({"currency", kString});
    }
    const bool plain = argument.ty != kSibling && argument.ty != kItem;
    const bool literal = argument.ty != kItems && argument.ty != kAnythings &&
                         InfoOf(argument.ty).kind != Kind::kMap;
    if (plain && (argument.ty == kAnything || Chance(random_, 0.25))) {
      argument.optional = true;
    } else if (plain && literal && Chance(random_, 0.15)) {
      std::vector<Value> unused;
      argument.default_value = ExpressionMaker(random_, {}, unused).Simple(argument.ty);
    }
    action_.arguments.push_back(argument);
  }

  void AddFact(uint64_t number) {
    static const Ty kTys[] = {kOrder, kOrder, kOrder,  kOrder,  kInt,     kTags,  kUsd,  kBool,
                              kMails, kItem,  kColors, kNumbers, kMailSet, kEmail, kInts, kTexts,
                              kFlags, kSize,  kItems, kDuration, kShare, kPath, kIp,
                              kCidr,  kUrl,   kNets,  kDay,   kDays, kSigned,  kShareSet, kBags,
                              kStock, kShareSet, kItems, kQuotas, kBags, kShareSet};
    FactModel fact;
    fact.name = fmt::format("f{}", number);
    fact.ty = kTys[Below(random_, std::size(kTys))];
    if (Chance(random_, 0.5)) fact.within_us = 30'000'000;
    if (Chance(random_, 0.3)) fact.attestor = "shop";
    action_.facts.push_back(fact);
  }

  void AddVar(const std::string& name, Ty ty, bool optional, Var::Root root, size_t index) {
    if (InfoOf(ty).kind != Kind::kRecord) {
      action_.scope.push_back({name, ty, optional, root, index, -1});
      return;
    }
    for (size_t i = 0; i < FieldsOf(ty).size(); ++i) {
      const FieldModel& field = FieldsOf(ty)[i];
      action_.scope.push_back(
          {name + "." + field.name, field.ty, field.optional, root, index, static_cast<int>(i)});
    }
  }

  void AddScope() {
    for (size_t i = 0; i < action_.arguments.size(); ++i) {
      const FieldModel& argument = action_.arguments[i];
      AddVar(argument.name, argument.ty, argument.optional, Var::Root::kArgument, i);
    }
    for (size_t i = 0; i < action_.facts.size(); ++i) {
      AddVar(action_.facts[i].name, action_.facts[i].ty, false, Var::Root::kFact, i);
    }
    for (size_t i = 0; i < LiveFields().size(); ++i) {
      AddVar(LiveFields()[i].name, LiveFields()[i].ty, LiveFields()[i].optional, Var::Root::kLive,
             i);
    }
    for (size_t i = 0; i < BoundFields().size(); ++i) {
      AddVar(BoundFields()[i].name, BoundFields()[i].ty, false, Var::Root::kBound, i);
    }
    action_.scope.push_back({"now", kInstant, false, Var::Root::kNow, 0, -1});
  }

  void AddLet() {
    LetModel let;
    let.name = "joined";
    for (const Var& var : action_.scope) {
      const bool input = var.root == Var::Root::kArgument || var.root == Var::Root::kFact;
      if (input && var.ty == kMails && !var.optional) let.sources.push_back(var);
    }
    if (let.sources.size() < 2) return;
    action_.lets.push_back(let);
    action_.scope.push_back({let.name, kMails, false, Var::Root::kLet, 0, -1});
  }

  Random& random_;
  ActionModel action_;
};

class PolicyMaker {
 public:
  PolicyMaker(Random& random, const ModuleModel& module, size_t action)
      : random_(random), action_(module.actions[action]),
        maker_(random, action_.scope, policy_.literals) {
    policy_.action = action;
  }

  PolicyModel Run() {
    const uint64_t capabilities = Chance(random_, 0.2) ? 2 : 1;
    for (uint64_t i = 0; i < capabilities; ++i) AddCapability(i);
    const uint64_t forbids = Chance(random_, 0.5) ? 0 : 1 + Below(random_, 2);
    for (uint64_t i = 0; i < forbids; ++i) AddForbid();
    return std::move(policy_);
  }

 private:
  void AddCapability(uint64_t number) {
    CapabilityModel capability;
    capability.name = fmt::format("c{}", number);
    if (action_.resource_argument >= 0) {
      static const char* kOns[] = {"", "*", "C1", "{{customer}}", "ab"};
      capability.on = kOns[Below(random_, 5)];
      if (capability.on.size() == 2) policy_.literals.push_back({capability.on});
    }
    const uint64_t statements = 1 + Below(random_, 5);
    for (uint64_t i = 0; i < statements; ++i) capability.statements.push_back(MakeStatement());
    policy_.capabilities.push_back(std::move(capability));
  }

  void AddForbid() {
    ForbidModel forbid;
    if (action_.resource_argument >= 0 && Chance(random_, 0.4)) {
      forbid.on = Below(random_, 2) == 0 ? "C2" : "a";
    }
    if (Chance(random_, 0.4)) forbid.unless = 1 + Below(random_, 2);
    if (forbid.unless == 0 || Chance(random_, 0.8)) forbid.when = maker_.Bool(2);
    policy_.forbids.push_back(std::move(forbid));
  }

  Statement MakeStatement() {
    Statement made;
    const bool counts = Chance(random_, 0.12) && MakeCounted(random_, maker_, made);
    if (made.bare) return made;
    if (!counts && (Chance(random_, 0.55) || !MakeCall(made))) {
      made.bodies = {maker_.Bool(Chance(random_, 0.3) ? 3 : 2)};
      made.text = "require " + TextOf(*made.bodies[0]);
      return made;
    }
    if (Chance(random_, 0.35)) {
      made.guard = maker_.Bool(1);
      made.text += " when " + TextOf(*made.guard);
    }
    return made;
  }

  ExprPtr Relation(ExprOp op, ExprPtr a, ExprPtr b, std::string compare = "") {
    Expr expr;
    expr.op = op;
    expr.kids = {std::move(a), std::move(b)};
    expr.compare = std::move(compare);
    return std::make_shared<const Expr>(std::move(expr));
  }
  ExprPtr Size(ExprPtr of) {
    Expr expr;
    expr.op = ExprOp::kSizeOf;
    expr.ty = kInt;
    expr.kids = {std::move(of)};
    return std::make_shared<const Expr>(std::move(expr));
  }
  ExprPtr Small() { return maker_.LiteralOf(kInt, {static_cast<int64_t>(Below(random_, 12))}); }
  ExprPtr BoundOr(Ty ty, size_t bound) {
    if (Chance(random_, 0.6)) return maker_.Literal(ty);
    Expr expr;
    expr.op = ExprOp::kVar;
    expr.ty = ty;
    expr.var = {BoundFields()[bound].name, ty, false, Var::Root::kBound, bound, -1};
    return std::make_shared<const Expr>(std::move(expr));
  }

  void Approval(Statement& made) {
    static const char* kWho[] = {"", "manager", "user", "[manager, user]"};
    made.approvers = 1 + Below(random_, 3);
    made.text = fmt::format("{}(by: {})",
                            Below(random_, 2) == 0 ? "requireApproval" : "requireReview",
                            kWho[made.approvers]);
  }

  /// A limit on a size: name(n) of x.
  bool SizeCall(Statement& made, std::string_view name, const ExprPtr& of) {
    if (of == nullptr) return false;
    const ExprPtr limit = Small();
    made.bodies = {Relation(ExprOp::kCompare, Size(of), limit, "<=")};
    made.text = fmt::format("{}({}) of {}", name, TextOf(*limit), TextOf(*of));
    return true;
  }
  /// A relation to one parameter: name(p) of x.
  bool RelationCall(Statement& made, std::string_view name, ExprOp op, const ExprPtr& of,
                    const ExprPtr& parameter, std::string compare = "") {
    if (of == nullptr) return false;
    made.bodies = {Relation(op, of, parameter, std::move(compare))};
    made.text = fmt::format("{}({}) of {}", name, TextOf(*parameter), TextOf(*of));
    return true;
  }
  bool Between(Statement& made) {
    const ExprPtr of = maker_.VarOf(kInt);
    if (of == nullptr) return false;
    const ExprPtr low = maker_.LiteralOf(kInt, {-static_cast<int64_t>(Below(random_, 3))});
    const ExprPtr high = Chance(random_, 0.5) ? Small() : BoundOr(kInt, 1);
    made.bodies = {Relation(ExprOp::kCompare, low, of, "<="),
                   Relation(ExprOp::kCompare, of, high, "<=")};
    made.text =
        fmt::format("between({}, high: {}) of {}", TextOf(*low), TextOf(*high), TextOf(*of));
    return true;
  }
  bool Calm(Statement& made) {
    const ExprPtr of = maker_.VarOf(kItems);
    if (of == nullptr) return false;
    const ExprPtr most = Small();
    Expr count;
    count.op = ExprOp::kVar;
    count.ty = kInt;
    count.var = {"i.count", kInt, false, Var::Root::kElement, 0, 0};
    const ExprPtr body =
        Relation(ExprOp::kCompare, std::make_shared<const Expr>(count), most, "<=");
    made.bodies = {Relation(ExprOp::kAll, of, body)};
    made.text = fmt::format("calm({}) of {}", TextOf(*most), TextOf(*of));
    return true;
  }
  bool Labelled(Statement& made) {
    const ExprPtr of = maker_.VarOf(kTags);
    if (!RelationCall(made, "labelled", ExprOp::kSubset, of, BoundOr(kTags, 3))) return false;
    made.bodies.push_back(
        Relation(ExprOp::kCompare, Size(of), maker_.LiteralOf(kInt, {int64_t{10}}), "<="));
    return true;
  }

  bool MakeCall(Statement& made) {
    switch (Below(random_, 12)) {
      case 0:
      case 1: Approval(made); return true;
      case 2: return SizeCall(made, "maxLength", maker_.VarOf(kString));
      case 3: return SizeCall(made, "maxRecipients", maker_.VarOf(kMails));
      case 4:
        return RelationCall(made, "columns", ExprOp::kSubset, maker_.VarOf(kTags),
                            BoundOr(kTags, 3));
      case 5:
        return RelationCall(made, "excludeColumns", ExprOp::kDisjoint, maker_.VarOf(kTags),
                            BoundOr(kTags, 3));
      case 6:
        return RelationCall(made, "maxAmount", ExprOp::kCompare, maker_.VarOfKind(Kind::kMoney),
                            BoundOr(kUsd, 2), "<=");
      case 7:
        return RelationCall(made, "format", ExprOp::kIn, maker_.VarOf(kString),
                            BoundOr(kTags, 3));
      case 8: return Between(made);
      case 9: return Calm(made);
      case 10: return Labelled(made);
      default:
        return RelationCall(made, "since", ExprOp::kCompare, maker_.VarOf(kInstant),
                            maker_.Literal(kInstant), ">=");
    }
  }

  Random& random_;
  PolicyModel policy_;
  const ActionModel& action_;
  ExpressionMaker maker_;
};

/// The source, line by line.
class SourceWriter {
 public:
  uint32_t Line(const std::string& text) {
    source_ += text;
    source_ += '\n';
    for (char c : text) lines_ += c == '\n';
    return ++lines_;
  }
  uint32_t next() const { return lines_ + 1; }
  std::string Take() { return std::move(source_); }

 private:
  std::string source_;
  uint32_t lines_ = 0;
};

void PrintAction(const ActionModel& action, SourceWriter& out) {
  out.Line(fmt::format("action {} {{", action.name));
  for (const FieldModel& argument : action.arguments) {
    out.Line(fmt::format("  {}: {}{}{}", argument.name, InfoOf(argument.ty).text,
                         argument.optional ? "?" : "",
                         argument.default_value
                             ? " = " + LiteralText(*argument.default_value, argument.ty)
                             : ""));
  }
  for (const FactModel& fact : action.facts) {
    out.Line(fmt::format("  fact {}: {} for {}{}{}", fact.name, InfoOf(fact.ty).text,
                         action.arguments[fact.key].name,
                         fact.attestor.empty() ? "" : " by " + fact.attestor,
                         fact.within_us == 0 ? "" : " within 30s"));
  }
  for (const LetModel& let : action.lets) {
    std::string joined;
    for (const Var& source : let.sources) joined += (joined.empty() ? "" : " ++ ") + source.text;
    out.Line(fmt::format("  let {} = {}", let.name, joined));
  }
  if (action.resource_argument >= 0) out.Line("  resource \"res://{segment}/v\"");
  out.Line("}");
}

std::string OnText(const std::string& on) {
  if (on.empty()) return "";
  return on == "*" ? " on \"res://**\"" : fmt::format(" on \"res://{}/v\"", on);
}

std::string ParametersText() {
  std::string text;
  for (const FieldModel& field : ParameterFields()) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", field.name, InfoOf(field.ty).text);
    if (field.default_value) text += " = " + LiteralText(*field.default_value, field.ty);
  }
  return "(" + text + ")";
}

std::string GivenText(const PolicyModel& policy) {
  std::string text;
  for (const auto& [index, value] : policy.given) {
    const FieldModel& field = ParameterFields()[index];
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", field.name,
                        value ? LiteralText(*value, field.ty) : field.name);
  }
  return text.empty() ? text : "(" + text + ")";
}

void PrintPolicy(PolicyModel& policy, const std::string& action, SourceWriter& out) {
  const std::string extends =
      policy.extends.empty() ? "" : " extends " + policy.extends + GivenText(policy);
  policy.first_line = out.Line(fmt::format("policy {}{}{} {{", policy.name,
                                           policy.parameters ? ParametersText() : "", extends));
  for (const std::string& name : policy.drops) out.Line("  drop " + name);
  for (CapabilityModel& capability : policy.capabilities) {
    capability.line = out.Line(fmt::format("  capability {}: {}{} {{", capability.name, action,
                                           OnText(capability.on)));
    for (Statement& statement : capability.statements) {
      statement.line = out.Line("    " + statement.text);
    }
    out.Line("  }");
  }
  for (ForbidModel& forbid : policy.forbids) {
    std::string text = fmt::format("  forbid {}{}", action, OnText(forbid.on));
    if (forbid.unless != 0) text += " unless approved by " + kApproverNames[forbid.unless - 1];
    if (forbid.when != nullptr) text += " when " + TextOf(*forbid.when);
    forbid.line = out.Line(text);
  }
  for (LimitModel& limit : policy.limits) {
    if (limit.everywhere) continue;
    limit.statement.line = out.Line(
        fmt::format("  limit {} on {} {{ {} }}", limit.name, action, limit.statement.text));
  }
  policy.last_line = out.Line("}");
}

}  // namespace

void PrintModule(ModuleModel& module) {
  SourceWriter out;
  std::string header = Header();
  header.pop_back();
  out.Line(header);
  for (const ActionModel& action : module.actions) PrintAction(action, out);
  for (DeclarationModel& declared : module.declared) declared.line = out.Line(declared.text);
  for (std::vector<PolicyModel>* policies : {&module.policies, &module.children}) {
    for (PolicyModel& policy : *policies) {
      PrintPolicy(policy, module.actions[policy.action].name, out);
    }
  }
  module.source = out.Take();
}

PolicyModel GeneratePolicy(Random& random, const ModuleModel& module, size_t action) {
  return PolicyMaker(random, module, action).Run();
}

ModuleModel GenerateModule(Random& random, size_t actions, size_t policies) {
  ModuleModel module;
  for (size_t i = 0; i < actions; ++i) module.actions.push_back(ActionMaker(random, i).Run());
  for (size_t i = 0; i < policies; ++i) {
    module.policies.push_back(
        GeneratePolicy(random, module, Below(random, module.actions.size())));
    module.policies.back().name = fmt::format("p{}", i);
  }
  PrintModule(module);
  return module;
}

}  // namespace cap::diff

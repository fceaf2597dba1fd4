#include "compiler/check/action.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/annotation.h"
#include "compiler/check/declare.h"
#include "compiler/check/fact.h"
#include "runtime/base/limits.h"
#include "runtime/program/layout.h"

namespace cap::check {

namespace {

class ActionChecker {
 public:
  ActionChecker(Context& context, const std::vector<ContextValue>& values,
                const resolve::Entry& entry);

  ActionInfo Run();

 private:
  void Arguments();
  void SetCurrencies();
  void Facts();
  void OfEach(const ast::Fact& fact, FactDesc& desc);
  void Keys();
  bool TooWide() const { return tool_.slots.size() > limits::kFrameSlots; }
  void DeclareValues();
  void PlaceLive();
  void Lets();
  bool ListLet(const ast::Let& let, const ast::BinaryExpr& concat);
  bool AddSource(const ast::Module& module, ast::ExprId id, std::vector<uint32_t>& slots,
                 TypeIndex* element, uint64_t* max);
  uint32_t Place(const std::string& name, TypeIndex type, SlotSource source, bool optional);
  void Declare(SymbolKind kind, const ast::Ident& name, TypeIndex type, uint32_t slot,
               bool optional);
  uint32_t CurrencySlot(const ast::Ident& owner, const ast::Ident& sibling);
  void SameArgument(const ast::Param& param, ArgumentDesc& desc);
  void NoArgumentLeftOut();
  bool Taken(const ast::Ident& name);
  void Guard();
  void Differs(const ast::Ident& name, std::string message, std::string help);

  Context& context_;
  const std::vector<ContextValue>& values_;
  const ast::Module& module_;
  const ast::ActionDecl& decl_;
  Tool tool_;
  uint32_t shared_ = kNone;  // of Program::tools: another action made it, and this one adds to it
  ActionInfo info_;
  std::unique_ptr<ExprChecker> checker_;
};

ActionChecker::ActionChecker(Context& context, const std::vector<ContextValue>& values,
                             const resolve::Entry& entry)
    : context_(context),
      values_(values),
      module_(context.modules[entry.module]),
      decl_(std::get<ast::ActionDecl>(module_.decls[entry.decl].node)) {
  tool_.name = decl_.tool ? decl_.tool->text : decl_.name.text;
  const auto tool = context.tools.find(tool_.name);
  if (tool != context.tools.end()) {
    shared_ = tool->second;
    tool_ = context.program.tools[shared_];
  }
  info_.decl = &decl_;
  info_.module = &module_;
  info_.scope =
      std::make_unique<Scope>(context, fmt::format("action `{}`", decl_.name.text), false);
  checker_ = std::make_unique<ExprChecker>(context, module_, *info_.scope);
}

uint32_t ActionChecker::Place(const std::string& name, TypeIndex type, SlotSource source,
                              bool optional) {
  const auto slot = static_cast<uint32_t>(tool_.slots.size());
  AppendSlots(context_.program, name, type, source, optional, tool_.slots);
  return slot;
}

void ActionChecker::Declare(SymbolKind kind, const ast::Ident& name, TypeIndex type, uint32_t slot,
                            bool optional) {
  const NodeId node = type == kNone ? context_.nodes.Error(name.span)
                                    : context_.nodes.Add({.kind = NodeKind::kSlot,
                                                          .optional = optional,
                                                          .type = type,
                                                          .index = slot,
                                                          .span = name.span});
  info_.scope->Declare({.name = name.text, .span = name.span, .kind = kind, .node = node});
}

void ActionChecker::Arguments() {
  for (const ast::Param& param : decl_.arguments) {
    if (TooWide()) return;
    const DeclaredType declared = DeclareType(context_, module_, param.type, TypePlace::kArgument);
    if (declared.type == kNone) {
      Declare(SymbolKind::kArgument, param.name, kNone, 0, false);
      continue;
    }
    ArgumentDesc desc{.name = param.name.text,
                      .type = declared.type,
                      .optional = declared.optional,
                      .span = context_.Place(param.span)};
    if (param.default_value) {
      if (declared.optional) {
        context_.Error(
            diag::Code::kBadDefault, module_[*param.default_value].span,
            {.message = fmt::format("`{}` has a default, so it is never absent", param.name.text),
             .label = "a default of an optional",
             .help = "leave out the `?`, or the default",
             .notes = {}});
      } else {
        desc.default_value = DeclareDefault(context_, module_, param, declared.type);
      }
    }
    if (shared_ != kNone) {
      SameArgument(param, desc);
    } else {
      desc.slot = Place(param.name.text, declared.type, SlotSource::kArgument, declared.optional);
    }
    Declare(SymbolKind::kArgument, param.name, declared.type, desc.slot, declared.optional);
    if (shared_ == kNone) tool_.arguments.push_back(std::move(desc));
  }
  if (shared_ != kNone) NoArgumentLeftOut();
  SetCurrencies();
}

void ActionChecker::Differs(const ast::Ident& name, std::string message, std::string help) {
  context_.Error(diag::Code::kToolDiffers, name.span,
                 {.message = std::move(message),
                  .label = "differs",
                  .help = std::move(help),
                  .notes = {}});
}

/// A call of a tool is checked once, before it is known which of the tool's actions it is. So each
/// of them declares the same arguments: none is let through by an action that does not know it.
void ActionChecker::SameArgument(const ast::Param& param, ArgumentDesc& desc) {
  const auto first = std::ranges::find(tool_.arguments, desc.name, &ArgumentDesc::name);
  const std::string& action = context_.program.actions[tool_.actions.front()].name;
  if (first == tool_.arguments.end()) {
    return Differs(param.name,
                   fmt::format("`{}` is no argument of `{}`, which is the same tool", desc.name,
                               action),
                   "the actions of a tool declare the same arguments: all that the tool takes");
  }
  const std::vector<Value>& values = context_.program.values;
  const bool same_default =
      (desc.default_value == kNone) == (first->default_value == kNone) &&
      (desc.default_value == kNone || values[desc.default_value] == values[first->default_value]);
  if (desc.type != first->type || desc.optional != first->optional || !same_default) {
    Differs(param.name,
            fmt::format("`{}` is declared in another way by `{}`, which is the same tool",
                        desc.name, action),
            "the actions of a tool declare the same arguments, with one type and default");
  }
  desc.slot = first->slot;
}

void ActionChecker::NoArgumentLeftOut() {
  for (const ArgumentDesc& argument : tool_.arguments) {
    if (info_.scope->Find(argument.name) != nullptr) continue;
    Differs(decl_.name,
            fmt::format("`{}` leaves out the argument `{}` of its tool", decl_.name.text,
                        argument.name),
            "the actions of a tool declare the same arguments: all that the tool takes");
  }
}

/// Whether another action of the tool has something else of this name.
bool ActionChecker::Taken(const ast::Ident& name) {
  const bool taken =
      std::ranges::find(tool_.facts, name.text, &FactDesc::name) != tool_.facts.end() ||
      std::ranges::find(tool_.lets, name.text, &LetDesc::name) != tool_.lets.end();
  if (!taken) return false;
  Differs(name,
          fmt::format("`{}` is something else in another action of the tool `{}`", name.text,
                      tool_.name),
          "give it another name, or declare it in the same way");
  return true;
}

uint32_t ActionChecker::CurrencySlot(const ast::Ident& owner, const ast::Ident& sibling) {
  std::vector<std::string_view> texts;
  for (const ArgumentDesc& argument : tool_.arguments) {
    if (context_.types.KindOf(argument.type) != TypeKind::kString || argument.optional) continue;
    if (argument.name == sibling.text) return argument.slot;
    texts.push_back(argument.name);
  }
  const Symbol* symbol = info_.scope->Find(sibling.text);
  if (symbol != nullptr && context_.nodes.IsError(symbol->node)) return kNone;
  context_.Error(diag::Code::kBadSiblingCurrency, sibling.span,
                 {.message = fmt::format("no text argument `{}` that names the currency of `{}`",
                                         sibling.text, owner.text),
                  .label = "not an argument of type string",
                  .help = MeantOrKnown(sibling.text, texts),
                  .notes = {}});
  return kNone;
}

void ActionChecker::SetCurrencies() {
  for (const ast::Param& param : decl_.arguments) {
    const ast::Type& type = module_[param.type];
    if (!type.in_expr) continue;
    const auto* name = std::get_if<ast::NameExpr>(&module_[*type.in_expr].node);
    const auto desc = std::ranges::find(tool_.arguments, param.name.text, &ArgumentDesc::name);
    if (name == nullptr || desc == tool_.arguments.end()) continue;
    if (context_.types[desc->type].kind != TypeKind::kMoney) continue;
    const uint32_t slot = CurrencySlot(param.name, name->name);
    if (shared_ != kNone && slot != desc->currency_slot) {
      Differs(param.name,
              fmt::format("`{}` has another currency in another action of its tool",
                          param.name.text),
              "the actions of a tool declare the same arguments");
    }
    desc->currency_slot = slot;
  }
}

void ActionChecker::Facts() {
  for (const ast::Fact& fact : decl_.facts) {
    if (TooWide()) return;
    const DeclaredType declared = DeclareType(context_, module_, fact.type, TypePlace::kFact);
    FactDesc desc;
    desc.name = fact.name.text;
    desc.type = declared.type;
    desc.span = context_.Place(fact.span);
    if (fact.attestor) desc.attestor = fact.attestor->text;
    if (fact.max_age_us && *fact.max_age_us == 0) {
      context_.Error(
          diag::Code::kZeroDuration, fact.name.span,
          {.message = fmt::format("the fact `{}` may have no age at all", fact.name.text),
           .label = "`within` a duration of zero",
           .help = "give a duration, or leave `within` out for any age",
           .notes = {}});
    }
    desc.max_age_us = fact.max_age_us.value_or(0);
    if (fact.each && desc.type != kNone) OfEach(fact, desc);
    if (desc.type == kNone) {
      Declare(SymbolKind::kFact, fact.name, kNone, 0, false);
      continue;
    }
    if (declared.sibling) desc.currency_slot = CurrencySlot(fact.name, *declared.sibling);
    const auto first = std::ranges::find(tool_.facts, desc.name, &FactDesc::name);
    if (shared_ != kNone && first != tool_.facts.end() && first->type == desc.type &&
        first->attestor == desc.attestor && first->max_age_us == desc.max_age_us &&
        first->currency_slot == desc.currency_slot && first->each_offset == desc.each_offset &&
        (!fact.each || first->key_slots == desc.key_slots)) {
      Declare(SymbolKind::kFact, fact.name, desc.type, first->slot, false);
      continue;
    }
    if (shared_ != kNone && Taken(fact.name)) continue;
    desc.slot = Place(fact.name.text, desc.type, SlotSource::kFact, false);
    Declare(SymbolKind::kFact, fact.name, desc.type, desc.slot, false);
    tool_.facts.push_back(std::move(desc));
  }
}

void ActionChecker::OfEach(const ast::Fact& fact, FactDesc& desc) {
  const std::optional<EachKey> key = EachKeyOf(context_, tool_, *checker_, fact);
  desc.type = key ? TypeOfEach(context_, fact, desc.type, key->max) : kNone;
  if (desc.type == kNone) return;
  desc.key_slots = {key->slot};
  desc.each_offset = key->offset;
}

void ActionChecker::Keys() {
  for (const ast::Fact& fact : decl_.facts) {
    if (fact.each) continue;  // Facts() has it
    std::vector<uint32_t> keys = KeysOf(context_, tool_, *checker_, fact);
    const auto desc = std::ranges::find(tool_.facts, fact.name.text, &FactDesc::name);
    if (desc == tool_.facts.end()) continue;
    if (desc->key_slots.empty()) {
      desc->key_slots = std::move(keys);
    } else if (desc->key_slots != keys && keys.size() == fact.keys.size()) {
      Taken(fact.name);
    }
  }
}

/// The context first, so that an argument that takes its name is what gets reported.
void ActionChecker::DeclareValues() {
  for (const ContextValue& value : values_) {
    const bool bound = value.bound != kNone && value.type != kNone;
    const NodeId node = bound ? context_.nodes.Add({.kind = NodeKind::kBound,
                                                    .type = value.type,
                                                    .index = value.bound,
                                                    .span = value.span})
                              : context_.nodes.Error(value.span);
    info_.scope->Declare({.name = value.name,
                          .span = value.span,
                          .kind = value.bound == kNone ? SymbolKind::kLive : SymbolKind::kBound,
                          .node = node});
  }
}

void ActionChecker::PlaceLive() {
  for (const ContextValue& value : values_) {
    if (value.type == kNone || value.bound != kNone) continue;
    LiveDesc desc{.name = value.name,
                  .type = value.type,
                  .optional = value.optional,
                  .span = context_.Place(value.span)};
    const auto first = std::ranges::find(tool_.live, value.name, &LiveDesc::name);
    const bool placed = first != tool_.live.end();
    desc.slot = placed ? first->slot
                       : Place(value.name, value.type, SlotSource::kLive, value.optional);
    info_.scope->Rebind(value.name, context_.nodes.Add({.kind = NodeKind::kSlot,
                                                        .optional = value.optional,
                                                        .type = value.type,
                                                        .index = desc.slot,
                                                        .span = value.span}));
    if (!placed) tool_.live.push_back(std::move(desc));
  }
}

void ActionChecker::Lets() {
  for (const ast::Let& let : decl_.lets) {
    if (TooWide()) return;
    const ast::Expr& value = module_[let.value];
    const auto* binary = std::get_if<ast::BinaryExpr>(&value.node);
    if (binary != nullptr && binary->op == ast::BinaryOp::kConcat) {
      if (!ListLet(let, *binary)) Declare(SymbolKind::kLet, let.name, kNone, 0, false);
      continue;
    }
    const NodeId node = checker_->Check(let.value);
    info_.scope->Declare(
        {.name = let.name.text, .span = let.name.span, .kind = SymbolKind::kLet, .node = node});
  }
}

/// One operand of `++`: a list of the frame. Appends its slots; a list made by another let is
/// replaced by what that one is made of.
bool ActionChecker::AddSource(const ast::Module& module, ast::ExprId id,
                              std::vector<uint32_t>& slots, TypeIndex* element, uint64_t* max) {
  const NodeId at = checker_->Check(id);
  if (context_.nodes.IsError(at)) return false;
  const Node node = context_.nodes[at];
  const auto bad = [&](std::string message, std::string help) {
    context_.Error(diag::Code::kBadConcat, module[id].span,
                   {.message = std::move(message),
                    .label = "cannot be joined",
                    .help = std::move(help),
                    .notes = {}});
    return false;
  };
  if (node.kind != NodeKind::kSlot || !context_.types.IsContainer(node.type)) {
    return bad(fmt::format("{} is no list of the call", context_.Quoted(node.span)),
               "`++` joins arguments, facts and live values that are lists or sets");
  }
  if (context_.types.KindOf(node.type) == TypeKind::kMap) {
    return bad("a map is no list", "ask each map: `k in a or k in b`");
  }
  if (ClassOf(context_.program, node.type) == ValueClass::kMask) {
    return bad("a set of enum members is no list", "declare it as `list<…>`");
  }
  const Type type = context_.types[node.type];
  if (*element != kNone && !context_.types.Same(*element, type.element)) {
    return bad(fmt::format("a list of {} cannot be joined to one of {}",
                           context_.types.NameOf(type.element), context_.types.NameOf(*element)),
               "elements need one type");
  }
  *element = type.element;
  *max += type.max;
  const auto made = std::ranges::find(tool_.lets, node.index, &LetDesc::slot);
  if (made != tool_.lets.end()) {
    slots.insert(slots.end(), made->source_slots.begin(), made->source_slots.end());
  } else {
    slots.push_back(node.index);
  }
  return true;
}

bool ActionChecker::ListLet(const ast::Let& let, const ast::BinaryExpr& concat) {
  // `a ++ b ++ c` leans to the left: the operands come off the right end.
  std::vector<ast::ExprId> operands = {concat.right};
  ast::ExprId rest = concat.left;
  while (const auto* binary = std::get_if<ast::BinaryExpr>(&module_[rest].node)) {
    if (binary->op != ast::BinaryOp::kConcat) break;
    operands.push_back(binary->right);
    rest = binary->left;
  }
  operands.push_back(rest);
  LetDesc desc{.name = let.name.text, .slot = 0, .source_slots = {}};
  TypeIndex element = kNone;
  uint64_t max = 0;
  bool good = true;
  for (auto at = operands.rbegin(); at != operands.rend(); ++at) {
    good = AddSource(module_, *at, desc.source_slots, &element, &max) && good;
  }
  if (!good) return false;
  if (max > limits::kElementsMax) {
    context_.Error(diag::Code::kOutOfBounds, let.name.span,
                   {.message = fmt::format("`{}` could have {} elements; no list has more than {}",
                                           let.name.text, max, limits::kElementsMax),
                    .label = "too many elements",
                    .help = "lower the bounds of its parts with `max`",
                    .notes = {}});
    return false;
  }
  const TypeIndex type = context_.types.Intern(
      {.kind = TypeKind::kList, .element = element, .max = static_cast<uint32_t>(max)});
  const auto first = std::ranges::find(tool_.lets, desc.name, &LetDesc::name);
  if (shared_ != kNone && first != tool_.lets.end() && first->source_slots == desc.source_slots) {
    Declare(SymbolKind::kLet, let.name, tool_.slots[first->slot].type, first->slot, false);
    return true;
  }
  if (shared_ != kNone && Taken(let.name)) return false;
  desc.slot = Place(let.name.text, type, SlotSource::kLet, false);
  Declare(SymbolKind::kLet, let.name, type, desc.slot, false);
  tool_.lets.push_back(std::move(desc));
  return true;
}

/// Lowered later, by the checker of policies: instructions need all types to be known.
void ActionChecker::Guard() {
  if (decl_.when) info_.guard = checker_->CheckCondition(*decl_.when);
  if (tool_.actions.size() < limits::kToolActions) return;
  context_.Error(diag::Code::kProgramTooLarge, decl_.name.span,
                 {.message = fmt::format("a tool has at most {} actions", limits::kToolActions),
                  .label = "one too many",
                  .help = "ask in the policy what the actions differ in",
                  .notes = {}});
}

ActionInfo ActionChecker::Run() {
  const bool plain = std::ranges::all_of(tool_.name, [](char c) {
    return static_cast<unsigned char>(c) > 0x1F && c != 0x7F;
  });
  if (tool_.name.empty() || !plain) {
    context_.Error(diag::Code::kBadValueText, decl_.tool ? decl_.tool->span : decl_.name.span,
                   {.message = "a tool has a name without control characters",
                    .label = "no name",
                    .help = "write the name by which agents call the tool",
                    .notes = {}});
  }
  DeclareValues();
  Arguments();
  Facts();
  PlaceLive();
  // Slots past the limit do not exist: nothing of a frame that is too wide is looked at.
  if (!TooWide()) {
    Keys();
    Lets();
    Guard();
  }
  if (TooWide()) {
    info_.good = false;
    context_.Error(diag::Code::kTooManySlots, decl_.name.span,
                   {.message = fmt::format("the action `{}` has more than {} values, fields of "
                                           "records and live context counted",
                                           decl_.name.text, limits::kFrameSlots),
                    .label = "too many values",
                    .help = "declare only what policies read",
                    .notes = {}});
  }
  const auto index = static_cast<uint32_t>(context_.program.actions.size());
  tool_.actions.push_back(index);
  std::vector<Tool>& tools = context_.program.tools;
  Action action;
  action.name = decl_.name.text;
  action.tool = shared_ != kNone ? shared_ : static_cast<uint32_t>(tools.size());
  action.span = context_.Place(decl_.name.span);
  CheckAnnotations(context_, decl_.annotations, action);
  context_.program.actions.push_back(std::move(action));
  if (shared_ == kNone) {
    context_.tools.emplace(tool_.name, static_cast<uint32_t>(tools.size()));
    tools.push_back(std::move(tool_));
  } else {
    tools[shared_] = std::move(tool_);
  }
  return std::move(info_);
}

}  // namespace

ActionInfo CheckAction(Context& context, const std::vector<ContextValue>& values,
                       const resolve::Entry& entry) {
  const auto index = static_cast<uint32_t>(context.program.actions.size());
  ActionInfo info = ActionChecker(context, values, entry).Run();
  info.resource_known = info.good && CheckResource(context, info, index);
  return info;
}

}  // namespace cap::check

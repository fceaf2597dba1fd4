// `require [not] after ACTION(…) within 1h`: whether the subject had such a call carried out.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/limit.h"
#include "runtime/value/text.h"

namespace cap::check {

namespace {

class AfterChecker {
 public:
  AfterChecker(Context& context, ExprChecker& checker, const ast::AfterExpr& after)
      : context_(context), checker_(checker), after_(after) {}

  std::optional<LimitSource> Run(bool negated, const SourceSpan& statement);

 private:
  bool Bad(const SourceSpan& span, std::string message, Help help) {
    context_.Error(diag::Code::kBadAfter, span,
                   {.message = std::move(message),
                    .label = "cannot be asked",
                    .help = std::move(help),
                    .notes = {}});
    return false;
  }
  bool FindAction();
  bool Take(const ast::Argument& argument);

  struct Given {
    std::string name;
    NodeId value = kNone;
  };

  Context& context_;
  ExprChecker& checker_;
  const ast::AfterExpr& after_;
  uint32_t action_ = kNone;
  std::vector<Given> given_;
};

bool AfterChecker::FindAction() {
  bool hidden = false;
  const resolve::Table& actions = context_.names.actions;
  action_ = context_.Find(actions, checker_.module(), after_.action, &hidden);
  if (action_ != kNone || hidden || after_.action.text.empty()) return action_ != kNone;
  context_.Error(diag::Code::kNoSuchAction, after_.action.span,
                 {.message = fmt::format("no action `{}`", after_.action.text),
                  .label = "not declared",
                  .help = MeantOrKnown(after_.action.text, context_.Known(actions)),
                  .notes = {}});
  return false;
}

bool AfterChecker::Take(const ast::Argument& argument) {
  const SourceSpan& span = checker_.module()[argument.value].span;
  const Program& program = context_.program;
  const Tool& tool = program.tools[program.actions[action_].tool];
  std::vector<std::string_view> known;
  for (const ArgumentDesc& each : tool.arguments) known.push_back(each.name);
  if (!argument.name) {
    return Bad(span, "the arguments of an earlier call go by their names",
               known.empty() ? Help("it has none") : MeantOrKnown("", known));
  }
  const std::string& name = argument.name->text;
  const auto found = std::ranges::find(tool.arguments, name, &ArgumentDesc::name);
  if (found == tool.arguments.end()) {
    // One whose declaration was reported is missing for that reason.
    if (context_.sink.HasErrors()) return false;
    return Bad(argument.name->span,
               fmt::format("`{}` has no argument `{}`", after_.action.text, name),
               MeantOrKnown(name, known));
  }
  if (std::ranges::find(given_, name, &Given::name) != given_.end()) {
    return Bad(argument.name->span, fmt::format("`{}` is given twice", name), "leave one out");
  }
  const ArgumentDesc wanted = *found;
  const TypeKind kind = context_.types.KindOf(wanted.type);
  const bool key = IsTextKind(kind) || kind == TypeKind::kInt || kind == TypeKind::kEnum ||
                   kind == TypeKind::kDate;
  if (!key || wanted.optional) {
    return Bad(argument.name->span,
               key ? fmt::format("`{}` may be absent, so it tells no calls apart", name)
                   : fmt::format("calls are told apart by texts, numbers, members of enums and "
                                 "dates, not by {}",
                                 context_.types.NameOf(wanted.type)),
               "ask by an id that every call has");
  }
  const NodeId value = checker_.CheckAs(argument.value, wanted.type,
                                        fmt::format("`{}` of `{}`", name, after_.action.text));
  if (context_.nodes.IsError(value)) return false;
  given_.push_back({name, value});
  return true;
}

std::optional<LimitSource> AfterChecker::Run(bool negated, const SourceSpan& statement) {
  if (!FindAction()) return std::nullopt;
  if (after_.arguments.size() > limits::kLimitKeys) {
    Bad(after_.action.span, fmt::format("calls are told apart by at most {} arguments",
                                        limits::kLimitKeys),
        "leave out those that follow from the others");
    return std::nullopt;
  }
  bool good = true;
  for (const ast::Argument& argument : after_.arguments) good = Take(argument) && good;
  if (after_.within_us <= 0) {
    good = Bad(after_.within_span, "a span of no time", "give one above zero: `within 1h`");
  }
  if (!good) return std::nullopt;
  std::ranges::sort(given_, {}, &Given::name);
  LimitSource made;
  made.kind = negated ? LimitKind::kNotAfter : LimitKind::kAfter;
  made.action = action_;
  made.statement = statement;
  made.span = context_.AddLiteral(Value{.v = Duration{after_.within_us}},
                                  context_.types.Duration(), after_.within_span);
  for (Given& each : given_) {
    made.arguments.push_back(std::move(each.name));
    made.keys.push_back(each.value);
  }
  return made;
}

}  // namespace

const ast::AfterExpr* WholeAfter(const ast::Module& module, ast::ExprId condition, bool* negated) {
  const ast::Expr* expr = &module[condition];
  const auto* unary = std::get_if<ast::UnaryExpr>(&expr->node);
  *negated = unary != nullptr && unary->op == ast::UnaryOp::kNot;
  if (*negated) expr = &module[unary->operand];
  return std::get_if<ast::AfterExpr>(&expr->node);
}

std::optional<LimitSource> CheckAfter(Context& context, ExprChecker& checker,
                                      const ast::AfterExpr& after, bool negated,
                                      const SourceSpan& statement) {
  return AfterChecker(context, checker, after).Run(negated, statement);
}

}  // namespace cap::check

#include "compiler/check/oblige.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/value/text.h"

namespace cap::check {

namespace {

class ObligeChecker {
 public:
  ObligeChecker(Context& context, ExprChecker& checker, const ast::ObligeStmt& statement)
      : context_(context), checker_(checker), statement_(statement) {}

  std::optional<BodyClause> Run();

 private:
  struct Argument {
    ObligationParameter parameter;
    NodeId value = kNone;
  };

  bool Bad(const SourceSpan& span, std::string message, std::string help) {
    context_.Error(diag::Code::kBadObligation, span,
                   {.message = std::move(message),
                    .label = "no obligation",
                    .help = std::move(help),
                    .notes = {}});
    return false;
  }
  bool Take(const ast::Argument& argument);
  bool TakeVersion(const ast::Argument& argument);
  bool HasJson(TypeIndex type) const;
  uint32_t Declare(const ObligationType& wanted);

  Context& context_;
  ExprChecker& checker_;
  const ast::ObligeStmt& statement_;
  uint32_t version_ = 0;  // 0: not given, which is 1
  std::vector<Argument> arguments_;
};

/// What is handed to the enforcement point is JSON, exactly.
bool ObligeChecker::HasJson(TypeIndex type) const {
  const Types& types = context_.types;
  const TypeKind kind = types.KindOf(types.IsContainer(type) ? types[type].element : type);
  return kind == TypeKind::kBool || kind == TypeKind::kInt || kind == TypeKind::kEnum ||
         IsTextKind(kind);
}

bool ObligeChecker::TakeVersion(const ast::Argument& argument) {
  const auto* number = std::get_if<ast::IntExpr>(&checker_.module()[argument.value].node);
  if (number == nullptr || number->value < 1 || number->value > UINT16_MAX) {
    return Bad(checker_.module()[argument.value].span,
               "the version of an obligation is a number from 1 to 65535", "write `version: 1`");
  }
  if (version_ != 0) {
    return Bad(argument.name->span, "`version` is given twice", "leave one out");
  }
  version_ = static_cast<uint32_t>(number->value);
  return true;
}

bool ObligeChecker::Take(const ast::Argument& argument) {
  const SourceSpan& span = checker_.module()[argument.value].span;
  if (!argument.name) {
    return Bad(span, "the arguments of an obligation have names",
               fmt::format("name it: `oblige {}(limit: …)`", statement_.name.text));
  }
  const std::string& name = argument.name->text;
  if (name == "version") return TakeVersion(argument);
  const auto same = [&](const Argument& other) { return other.parameter.name == name; };
  if (std::ranges::any_of(arguments_, same)) {
    return Bad(argument.name->span, fmt::format("`{}` is given twice", name), "leave one out");
  }
  const NodeId value = checker_.Check(argument.value);
  if (context_.nodes.IsError(value)) return false;
  const TypeIndex type = context_.types.Canonical(context_.nodes[value].type);
  if (!HasJson(type)) {
    return Bad(span, fmt::format("no obligation takes {}", context_.types.NameOf(type)),
               "give a bool, int, text or enum, or a set or list of these");
  }
  arguments_.push_back({{name, type}, value});
  return true;
}

uint32_t ObligeChecker::Declare(const ObligationType& wanted) {
  std::vector<ObligationType>& known = context_.program.obligations;
  for (uint32_t i = 0; i < known.size(); ++i) {
    if (known[i].name != wanted.name || known[i].version != wanted.version) continue;
    if (known[i] == wanted) return i;
    Bad(statement_.span,
        fmt::format("`{}` of version {} has other arguments elsewhere", wanted.name,
                    wanted.version),
        "one name and version has one form: give the same arguments, or another `version`");
    return kNone;
  }
  known.push_back(wanted);
  return static_cast<uint32_t>(known.size() - 1);
}

std::optional<BodyClause> ObligeChecker::Run() {
  bool good = true;
  for (const ast::Argument& argument : statement_.arguments) good = Take(argument) && good;
  if (!good) return std::nullopt;
  std::ranges::sort(arguments_, {}, [](const Argument& a) { return a.parameter.name; });
  ObligationType wanted{statement_.name.text, version_ == 0 ? 1 : version_, {}};
  // The clause says that the obligation is not needed: never, but for a guard of the constraint.
  BodyClause clause;
  clause.kind = ClauseKind::kOblige;
  clause.condition =
      context_.AddLiteral(Value{.v = false}, context_.types.Bool(), statement_.span);
  for (const Argument& argument : arguments_) {
    wanted.parameters.push_back(argument.parameter);
    clause.arguments.push_back(argument.value);
  }
  clause.obligation = Declare(wanted);
  if (clause.obligation == kNone) return std::nullopt;
  return clause;
}

}  // namespace

std::optional<BodyClause> CheckOblige(Context& context, ExprChecker& checker,
                                      const ast::ObligeStmt& statement) {
  return ObligeChecker(context, checker, statement).Run();
}

}  // namespace cap::check

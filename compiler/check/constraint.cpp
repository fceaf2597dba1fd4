#include "compiler/check/constraint.h"

#include <fmt/core.h>

#include "compiler/check/declare.h"
#include "compiler/check/expr.h"
#include "compiler/check/names_in_text.h"
#include "compiler/check/narrow.h"
#include "compiler/check/oblige.h"
#include "compiler/check/segments.h"

namespace cap::check {

namespace {

class ConstraintChecker {
 public:
  ConstraintChecker(Context& context, const resolve::Entry& entry)
      : context_(context),
        module_(context.modules[entry.module]),
        decl_(std::get<ast::ConstraintDecl>(module_.decls[entry.decl].node)),
        decl_span_(module_.decls[entry.decl].span),
        scope_(context, fmt::format("constraint `{}`", decl_.name.text), true),
        checker_(context, module_, scope_) {}

  ConstraintInfo Run();

 private:
  void AddParameter(const ast::Param& param);
  void Body(const ast::RequireStmt& statement);
  void Body(const ast::StepUpStmt& statement);
  void Body(const ast::ObligeStmt& statement);
  void Body(const ast::DenyStmt& statement) {
    ReadText(statement.text, statement.span, "deny", info_.text);
  }
  void Body(const ast::ConsentStmt& statement) {
    ReadText(statement.text, statement.span, "consent", info_.consent);
  }
  void Body(const ast::ConsumeStmt& statement) {
    Add(CheckConsume(context_, checker_, statement));
  }
  void Add(std::optional<LimitSource> limit);
  void AddKey(const ast::Param& param);
  void Body(const ast::ConstraintCall&) {}  // the parser refuses these two
  void Body(const ast::Let&) {}
  void ReadText(const ast::Text& text, const SourceSpan& span, std::string_view word,
                std::vector<BodyText>& out);
  bool ReadName(const ast::Text& text, size_t begin, size_t end, std::vector<BodyText>& out);

  Context& context_;
  const ast::Module& module_;
  const ast::ConstraintDecl& decl_;
  SourceSpan decl_span_;
  Scope scope_;
  ExprChecker checker_;
  ConstraintInfo info_;
};

/// A parameter of type `key`, whose value is no expression.
void ConstraintChecker::AddKey(const ast::Param& param) {
  Parameter made{.name = param.name.text,
                 .span = param.name.span,
                 .type = context_.types.String(),
                 .is_key = true};
  const auto index = static_cast<uint32_t>(info_.parameters.size());
  if (param.default_value) {
    const auto* name = std::get_if<ast::NameExpr>(&module_[*param.default_value].node);
    const bool subject = name != nullptr && name->name.text == "subject";
    if (subject) made.default_value = CheckKeys(context_, checker_, *param.default_value);
    if (!subject) {
      context_.Error(diag::Code::kBadKey, module_[*param.default_value].span,
                     {.message = "the only default of a key is the holder of the grant",
                      .label = "no default",
                      .help = fmt::format("write `{}: key = subject`", param.name.text),
                      .notes = {}});
    }
    if (made.default_value == kNone) info_.good = false;
  }
  const NodeId node = context_.nodes.Add({.kind = NodeKind::kParameter,
                                          .type = made.type,
                                          .index = index,
                                          .span = param.name.span});
  const bool added = scope_.Declare(
      {.name = param.name.text, .span = param.name.span, .kind = SymbolKind::kKey, .node = node});
  if (!added) info_.good = false;
  info_.parameters.push_back(std::move(made));
}

void ConstraintChecker::AddParameter(const ast::Param& param) {
  if (IsKeyType(context_, module_, param.type)) return AddKey(param);
  const DeclaredType declared = DeclareType(context_, module_, param.type, TypePlace::kParameter);
  Parameter made{.name = param.name.text,
                 .span = param.name.span,
                 .type = declared.type,
                 .default_value = kNone};
  if (param.narrows) made.order = param.narrows->order;
  const auto index = static_cast<uint32_t>(info_.parameters.size());
  NodeId node = context_.nodes.Error(param.name.span);
  if (declared.type == kNone) {
    info_.good = false;
  } else {
    node = context_.nodes.Add({.kind = NodeKind::kParameter,
                               .type = declared.type,
                               .index = index,
                               .span = param.name.span});
    if (param.default_value) {
      const uint32_t value = DeclareDefault(context_, module_, param, declared.type);
      if (value == kNone) info_.good = false;
      if (value != kNone) {
        made.default_value = context_.nodes.Add({.kind = NodeKind::kLiteral,
                                                 .type = context_.types.Canonical(declared.type),
                                                 .index = value,
                                                 .span = param.span});
      }
    }
  }
  const bool added = scope_.Declare({.name = param.name.text,
                                     .span = param.name.span,
                                     .kind = SymbolKind::kParameter,
                                     .node = node});
  if (!added) info_.good = false;
  info_.parameters.push_back(std::move(made));
}

/// What is wrong whatever the parameters are is reported here, and not at every use.
void ConstraintChecker::Add(std::optional<LimitSource> limit) {
  const auto given = [&](NodeId id) { return std::optional<Node>(context_.nodes[id]); };
  if (!limit || !CheckConstants(context_, *limit, given, limit->statement)) {
    info_.good = false;
    return;
  }
  BodyClause clause;
  clause.kind = ClauseKind::kLimit;
  clause.condition =
      context_.AddLiteral(Value{.v = false}, context_.types.Bool(), limit->statement);
  clause.limit = std::move(limit);
  info_.clauses.push_back(std::move(clause));
}

void ConstraintChecker::Body(const ast::RequireStmt& statement) {
  bool negated = false;
  if (const ast::AfterExpr* after = WholeAfter(module_, statement.condition, &negated)) {
    return Add(CheckAfter(context_, checker_, *after, negated, statement.span));
  }
  const NodeId condition = checker_.CheckCondition(statement.condition);
  if (context_.nodes.IsError(condition)) {
    info_.good = false;
    return;
  }
  info_.clauses.push_back(
      {.kind = ClauseKind::kRequire, .condition = condition, .approvers = kNone, .step_up = {}});
}

void ConstraintChecker::Body(const ast::StepUpStmt& statement) {
  const auto bad = [&](const SourceSpan& span, std::string message, Help help) {
    info_.good = false;
    context_.Error(diag::Code::kBadStepUp, span,
                   {.message = std::move(message),
                    .label = "no step-up",
                    .help = std::move(help),
                    .notes = {}});
  };
  const std::string& kind = statement.kind.text;
  if (kind != "approval" && kind != "review") {
    return bad(statement.kind.span, fmt::format("no step-up `{}`", kind),
               MeantOrKnown(kind, {"approval", "review"}));
  }
  const bool good = statement.arguments.size() == 1 &&
                    (!statement.arguments[0].name || statement.arguments[0].name->text == "role");
  if (!good) {
    return bad(statement.span, fmt::format("a step-up asks one role: `stepup {}(role: by)`", kind),
               "declare a parameter `by: approver`");
  }
  const NodeId role = checker_.CheckAs(statement.arguments[0].value, context_.types.Approvers(),
                                       "the role of a step-up");
  const NodeId condition =
      checker_.MakeOperation(Op::kApproved, context_.types.Bool(), role, kNone, statement.span);
  if (context_.nodes.IsError(condition)) {
    info_.good = false;
    return;
  }
  info_.clauses.push_back(
      {.kind = ClauseKind::kStepUp, .condition = condition, .approvers = role, .step_up = kind});
}

void ConstraintChecker::Body(const ast::ObligeStmt& statement) {
  std::optional<BodyClause> clause = CheckOblige(context_, checker_, statement);
  if (clause) {
    info_.clauses.push_back(std::move(*clause));
  } else {
    info_.good = false;
  }
}

bool ConstraintChecker::ReadName(const ast::Text& text, size_t begin, size_t end,
                                 std::vector<BodyText>& out) {
  const std::string_view name = std::string_view(text.text).substr(begin, end - begin);
  const SourceSpan span = PlaceInText(context_, text, begin, end);
  const std::vector<ast::Ident> path = ReadDottedName(name, span);
  const resolve::Table& data = context_.names.data;
  const bool known_name = !path.empty() &&
                          (scope_.Find(path.front().text) != nullptr ||
                           context_.Find(data, module_, path.front(), nullptr) != kNone);
  if (!known_name || path.front().text == "now") {
    std::vector<std::string_view> known;
    for (const Parameter& parameter : info_.parameters) known.push_back(parameter.name);
    context_.Error(diag::Code::kNoSuchTextName, span,
                   {.message = fmt::format("no parameter `{}` to show", name),
                    .label = "not a parameter",
                    .help = MeantOrKnown(name, known),
                    .notes = {}});
    return false;
  }
  const NodeId value = checker_.CheckDotted(path);
  if (context_.nodes.IsError(value)) return false;
  if (context_.types.KindOf(context_.nodes[value].type) == TypeKind::kRecord) {
    context_.Error(diag::Code::kNoSuchTextName, span,
                   {.message = fmt::format("`{}` is a record, which no text shows", name),
                    .label = "a record",
                    .help = "show one of its fields",
                    .notes = {}});
    return false;
  }
  out.push_back({.literal = {}, .value = value});
  return true;
}

void ConstraintChecker::ReadText(const ast::Text& written, const SourceSpan& span,
                                 std::string_view word, std::vector<BodyText>& out) {
  if (!out.empty()) {
    context_.Error(diag::Code::kDeclaredTwice, span,
                   {.message = fmt::format("`{}` has a text already", decl_.name.text),
                    .label = fmt::format("another `{}`", word),
                    .help = "a constraint has one text of each kind",
                    .notes = {}});
    info_.good = false;
    return;
  }
  const std::string& text = written.text;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t open = text.find("{{", begin);
    const size_t close = open == std::string::npos ? open : text.find("}}", open + 2);
    if (close == std::string::npos) break;
    if (open > begin) out.push_back({.literal = text.substr(begin, open - begin)});
    if (!ReadName(written, open + 2, close, out)) info_.good = false;
    begin = close + 2;
  }
  if (begin < text.size()) out.push_back({.literal = text.substr(begin)});
}

ConstraintInfo ConstraintChecker::Run() {
  info_.name = decl_.name.text;
  info_.span = decl_.name.span;
  for (const ast::Param& param : decl_.parameters) AddParameter(param);
  if (decl_.of) {
    AddParameter(*decl_.of);
    info_.has_of = true;
  }
  for (const ast::Stmt& statement : decl_.body) {
    std::visit([this](const auto& node) { Body(node); }, statement);
  }
  if (info_.clauses.empty() && info_.good && !context_.ReportedIn(decl_span_)) {
    info_.good = false;
    context_.Error(diag::Code::kEmptyConstraint, decl_.name.span,
                   {.message = fmt::format("the constraint `{}` demands nothing", decl_.name.text),
                    .label = "no `require`, `consume`, `hold`, `stepup` or `oblige`",
                    .help = "say what must hold: `require …`",
                    .notes = {}});
  }
  if (info_.clauses.empty()) info_.good = false;
  std::vector<const ast::Param*> declared;
  for (const ast::Param& param : decl_.parameters) declared.push_back(&param);
  // A constraint that breaks its own promise still means what its body says: calls of it are fine.
  if (info_.good) CheckNarrowing(context_, info_, declared);
  return std::move(info_);
}

}  // namespace

ConstraintInfo CheckConstraint(Context& context, const resolve::Entry& entry) {
  return ConstraintChecker(context, entry).Run();
}

}  // namespace cap::check

#include "compiler/parse/builder.h"
#include "compiler/parse/literals.h"

namespace cap::parse {

// --- shared ---

SourceSpan Builder::SpanOf(const antlr4::Token& token) const {
  return reporter_.SpanOf(token.getStartIndex(), token.getStopIndex() + 1);
}

SourceSpan Builder::SpanOf(const Context& context) const {
  SourceSpan span = SpanOf(*context.start);
  if (context.stop == nullptr) return span;
  span.end = std::max(span.end, SpanOf(*context.stop).end);
  return span;
}

std::string_view Builder::TextOf(const SourceSpan& span) const {
  return reporter_.TextOf(span.begin, span.end);
}

const antlr4::Token* Builder::Read(Terminal* terminal) {
  const bool skipped = As<antlr4::tree::ErrorNode>(terminal) != nullptr;
  return terminal == nullptr || skipped ? nullptr : terminal->getSymbol();
}

std::optional<ast::Ident> Builder::Name(CapParser::NameContext* context) const {
  if (context == nullptr || context->exception != nullptr) return std::nullopt;
  const SourceSpan span = SpanOf(*context);
  std::string_view text = TextOf(span);
  if (text.starts_with('`') && text.size() > 2) text = text.substr(1, text.size() - 2);
  return ast::Ident{std::string(text), span};
}

std::vector<ast::Ident> Builder::Names(const std::vector<CapParser::NameContext*>& contexts) const {
  std::vector<ast::Ident> names;
  for (CapParser::NameContext* context : contexts) {
    if (std::optional<ast::Ident> name = Name(context)) names.push_back(std::move(*name));
  }
  return names;
}

std::optional<ast::Text> Builder::String(Terminal* terminal) const {
  const antlr4::Token* const token = Read(terminal);
  if (token == nullptr) return std::nullopt;
  const SourceSpan span = SpanOf(*token);
  return ast::Text{ReadString(TextOf(span)).text, span};
}

std::optional<int64_t> Builder::Duration(Terminal* terminal) const {
  const antlr4::Token* const token = Read(terminal);
  if (token == nullptr) return std::nullopt;
  return ReadDuration(TextOf(SpanOf(*token)));
}

ast::QualifiedName Builder::Qualified(CapParser::QualifiedNameContext* context) const {
  if (context == nullptr || context->exception != nullptr) return {};
  return {Names(context->name()), SpanOf(*context)};
}

void Builder::Later(diag::Code code, const SourceSpan& span, const std::string& construct,
                    std::string help) {
  sink_.Add({code,
             span,
             construct + " is not part of this version of the language",
             "not in this version",
             {},
             std::move(help)});
}

void Builder::Misplaced(const SourceSpan& span, std::string message, std::string help) {
  sink_.Add(
      {diag::Code::kMisplaced, span, std::move(message), "not allowed here", {}, std::move(help)});
}

// --- declarations ---

ast::Module Builder::Build(CapParser::FileContext& file) {
  if (CapParser::LanguageHeaderContext* header = file.languageHeader()) {
    Later(diag::Code::kLaterLanguage, SpanOf(*header), "`language`", "leave the line out");
  }
  if (CapParser::ModuleHeaderContext* header = file.moduleHeader()) {
    ast::QualifiedName name = Qualified(header->qualifiedName());
    if (!name.parts.empty()) module_.name = std::move(name);
  }
  for (CapParser::DeclarationContext* context : file.declaration()) Declaration(*context);
  return std::move(module_);
}

void Builder::Declaration(CapParser::DeclarationContext& context) {
  if (auto* import = As<CapParser::ImportDeclarationContext>(&context)) {
    Import(*import);
  } else if (auto* bound = As<CapParser::BoundContextDeclarationContext>(&context)) {
    ContextBlock(context, false, bound->fieldBody());
  } else if (auto* live = As<CapParser::LiveContextDeclarationContext>(&context)) {
    ContextBlock(context, true, live->fieldBody());
  } else if (auto* record = As<CapParser::RecordDeclarationContext>(&context)) {
    Record(*record);
  } else if (auto* enumeration = As<CapParser::EnumDeclarationContext>(&context)) {
    Enum(context, enumeration->name(), enumeration->STRING(), false);
  } else if (auto* ordered = As<CapParser::OrderedEnumDeclarationContext>(&context)) {
    Enum(context, ordered->name(), ordered->STRING(), true);
  } else if (auto* approver = As<CapParser::ApproverDeclarationContext>(&context)) {
    Add(context, ast::ApproverDecl{Names(approver->name())});
  } else if (auto* purpose = As<CapParser::PurposeDeclarationContext>(&context)) {
    Purpose(*purpose);
  } else if (auto* action = As<CapParser::ActionDeclarationContext>(&context)) {
    Action(*action);
  } else if (auto* wrapper = As<CapParser::WrapperDeclarationContext>(&context)) {
    Wrapper(*wrapper);
  } else if (auto* policy = As<CapParser::PolicyDeclarationContext>(&context)) {
    Policy(*policy);
  } else if (auto* constraint = As<CapParser::ConstraintDeclarationContext>(&context)) {
    Constraint(*constraint);
  } else if (auto* data = As<CapParser::DataDeclarationContext>(&context)) {
    std::optional<ast::Ident> name = Name(data->name());
    if (name) Add(context, ast::DataDecl{std::move(*name), Type(data->type())});
  } else if (auto* forbid = As<CapParser::ForbidDeclarationContext>(&context)) {
    std::optional<ast::Forbid> node = Forbid(forbid->forbid());
    if (node && context.exception == nullptr) Add(context, ast::ForbidDecl{std::move(*node)});
  } else if (auto* def = As<CapParser::DefDeclarationContext>(&context)) {
    Def(*def);
  } else if (auto* limit = As<CapParser::LimitDeclarationContext>(&context)) {
    std::optional<ast::Limit> node = Limit(limit->limit());
    if (node && context.exception == nullptr) Add(context, ast::LimitDecl{std::move(*node)});
  }
}

void Builder::Import(CapParser::ImportDeclarationContext& context) {
  ast::QualifiedName name = Qualified(context.qualifiedName());
  if (name.parts.empty()) return;
  if (!module_.decls.empty()) {
    Misplaced(SpanOf(context), "an `import` stands before the declarations",
              "move it up, below `module`");
  }
  module_.imports.push_back(std::move(name));
}

std::vector<ast::Param> Builder::Fields(CapParser::FieldBodyContext* body) {
  std::vector<ast::Param> fields;
  if (body == nullptr) return fields;
  for (CapParser::FieldContext* context : body->field()) {
    if (std::optional<ast::Param> field = Field(context)) fields.push_back(std::move(*field));
  }
  return fields;
}

bool Builder::IsOpen(CapParser::FieldBodyContext* body) {
  return body != nullptr && body->openMark() != nullptr;
}

void Builder::ContextBlock(const Context& context, bool live, CapParser::FieldBodyContext* body) {
  if (IsOpen(body)) {
    Misplaced(SpanOf(*body->openMark()), "`...` lets a record have further fields",
              "declare each value of the context");
  }
  Add(context, ast::ContextDecl{live, Fields(body)});
}

void Builder::Wrapper(CapParser::WrapperDeclarationContext& context) {
  std::optional<ast::Text> tool = String(context.STRING());
  if (!tool || context.exception != nullptr || context.fieldBody() == nullptr) return;
  Add(context, ast::WrapperDecl{std::move(*tool), Fields(context.fieldBody()),
                                IsOpen(context.fieldBody()), SpanOf(context)});
}

std::optional<ast::Param> Builder::Field(CapParser::FieldContext* context) {
  if (context == nullptr) return std::nullopt;
  std::optional<ast::Ident> name = Name(context->name());
  if (!name) return std::nullopt;
  SourceSpan span = SpanOf(*context);
  if (TextOf(span).ends_with(',')) --span.end;
  const bool given_up = context->exception != nullptr;
  ast::Param field{std::move(*name), Type(given_up ? nullptr : context->type()), std::nullopt,
                   span};
  if (context->expr() != nullptr) field.default_value = Whole(*context, context->expr());
  return field;
}

void Builder::Record(CapParser::RecordDeclarationContext& context) {
  std::optional<ast::Ident> name = Name(context.name());
  if (!name) return;
  Add(context, ast::RecordDecl{std::move(*name), Fields(context.fieldBody()),
                               IsOpen(context.fieldBody())});
}

void Builder::Enum(const Context& context, CapParser::NameContext* name_context,
                   const std::vector<Terminal*>& members, bool ordered) {
  std::optional<ast::Ident> name = Name(name_context);
  if (!name) return;
  ast::EnumDecl node{std::move(*name), {}, ordered};
  for (Terminal* member : members) {
    if (std::optional<ast::Text> text = String(member)) node.members.push_back(std::move(*text));
  }
  Add(context, std::move(node));
}

void Builder::Purpose(CapParser::PurposeDeclarationContext& context) {
  std::optional<ast::Ident> name = Name(context.name());
  if (!name) return;
  Add(context, ast::PurposeDecl{std::move(*name), String(context.STRING()).value_or(ast::Text{})});
}

void Builder::Def(CapParser::DefDeclarationContext& context) {
  std::optional<ast::Ident> name = Name(context.name());
  if (!name) return;
  ast::DefDecl node{std::move(*name), {}, Type(context.type()), Whole(context, context.expr())};
  for (CapParser::ParameterContext* parameter : context.parameter()) {
    if (std::optional<ast::Param> made = Parameter(parameter)) {
      node.parameters.push_back(std::move(*made));
    }
  }
  Add(context, std::move(node));
}

void Builder::Action(CapParser::ActionDeclarationContext& context) {
  std::optional<ast::Ident> name = Name(context.name());
  if (!name) return;
  ast::ActionDecl action;
  action.name = std::move(*name);
  for (CapParser::AnnotationContext* annotation : context.annotation()) {
    const std::vector<ast::Ident> names = Names(annotation->name());
    if (names.empty() || annotation->exception != nullptr) continue;
    action.annotations.push_back({names[0], std::nullopt, SpanOf(*annotation)});
    if (names.size() > 1) action.annotations.back().argument = names[1];
  }
  if (auto* of = As<CapParser::ToolOfContext>(context.toolClause())) {
    action.tool = String(of->STRING());
    if (of->WHEN() != nullptr) action.when = Expr(of->expr());
  } else if (auto* when = As<CapParser::ToolWhenContext>(context.toolClause())) {
    action.when = Expr(when->expr());
  }
  if (context.actionBody() != nullptr) {
    for (CapParser::MemberContext* member : context.actionBody()->member()) {
      Member(*member, action);
    }
  }
  Add(context, std::move(action));
}

void Builder::Member(CapParser::MemberContext& context, ast::ActionDecl& action) {
  if (auto* argument = As<CapParser::ArgumentMemberContext>(&context)) {
    std::optional<ast::Param> field = Field(argument->field());
    if (field) action.arguments.push_back(std::move(*field));
  } else if (auto* fact = As<CapParser::FactMemberContext>(&context)) {
    Fact(*fact, action);
  } else if (auto* let = As<CapParser::LetMemberContext>(&context)) {
    std::optional<ast::Ident> name = Name(let->name());
    if (!name) return;
    action.lets.push_back({std::move(*name), Whole(context, let->expr()), SpanOf(context)});
  } else if (auto* each = As<CapParser::ResourceEachMemberContext>(&context)) {
    Resource(*each, action);
  } else if (auto* resource = As<CapParser::ResourceMemberContext>(&context)) {
    std::optional<ast::Text> pattern = String(resource->STRING());
    if (!pattern) return;
    action.resources.push_back({std::nullopt, std::nullopt, std::move(*pattern), SpanOf(context)});
  }
}

void Builder::Fact(CapParser::FactMemberContext& context, ast::ActionDecl& action) {
  std::optional<ast::Ident> name = Name(context.name());
  if (!name) return;
  ast::Fact fact{std::move(*name), Type(context.type()), {},     false,
                 std::nullopt,     std::nullopt,         SpanOf(context)};
  if (auto* each = As<CapParser::EachKeyContext>(context.factKeys())) {
    fact.each = true;
    fact.keys.push_back(Operand(each->operand()));
  } else if (auto* keys = As<CapParser::PlainKeysContext>(context.factKeys())) {
    for (CapParser::OperandContext* key : keys->operand()) fact.keys.push_back(Operand(key));
  }
  if (context.factSource() != nullptr) fact.attestor = Name(context.factSource()->name());
  if (context.factAge() != nullptr) fact.max_age_us = Duration(context.factAge()->DURATION());
  action.facts.push_back(std::move(fact));
}

void Builder::Resource(CapParser::ResourceEachMemberContext& context, ast::ActionDecl& action) {
  std::optional<ast::Text> pattern = String(context.STRING());
  std::optional<ast::Ident> variable = Name(context.name());
  if (!pattern || !variable) return;
  action.resources.push_back(
      {std::move(variable), Operand(context.operand()), std::move(*pattern), SpanOf(context)});
}

}  // namespace cap::parse

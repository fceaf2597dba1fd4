#include "compiler/parse/builder.h"
#include "compiler/parse/literals.h"

namespace cap::parse {

ast::TypeId Builder::Type(CapParser::TypeContext* context) {
  ast::Type type;
  if (context != nullptr) {
    type.span = SpanOf(*context);
    TypeHead(context->typeHead(), type);
    for (CapParser::TypeSuffixContext* suffix : context->typeSuffix()) TypeSuffix(*suffix, type);
    type.optional = Read(context->QUESTION()) != nullptr;
  }
  module_.types.push_back(std::move(type));
  return static_cast<ast::TypeId>(module_.types.size() - 1);
}

void Builder::TypeHead(CapParser::TypeHeadContext* context, ast::Type& type) {
  if (auto* record = As<CapParser::InlineRecordTypeContext>(context)) {
    type.record = true;
    type.fields = Fields(record->fieldBody());
    type.open = IsOpen(record->fieldBody());
    return;
  }
  if (auto* scaled = As<CapParser::ScaledTypeContext>(context)) {
    if (scaled->exception != nullptr) return;
    std::optional<ast::Ident> name = Name(scaled->name());
    const antlr4::Token* const number = Read(scaled->INTEGER());
    if (!name || number == nullptr) return;
    type.scale = ReadInteger(TextOf(SpanOf(*number)));
    if (type.scale) type.name = std::move(*name);
    return;
  }
  auto* named = As<CapParser::NamedTypeContext>(context);
  if (named == nullptr || named->exception != nullptr) return;
  std::optional<ast::Ident> name = Name(named->name());
  if (!name) return;
  type.name = std::move(*name);
  for (CapParser::TypeContext* argument : named->type()) type.arguments.push_back(Type(argument));
}

void Builder::TypeSuffix(CapParser::TypeSuffixContext& context, ast::Type& type) {
  if (auto* in = As<CapParser::InSuffixContext>(&context)) {
    if (auto* text = As<CapParser::StringOperandContext>(in->operand())) {
      type.in_text = String(text->STRING());
    } else {
      type.in_expr = Operand(in->operand());
    }
  } else if (auto* max = As<CapParser::MaxSuffixContext>(&context)) {
    const antlr4::Token* const number = Read(max->INTEGER());
    if (number == nullptr) return;
    type.max_span = SpanOf(*number);
    type.max = ReadInteger(TextOf(type.max_span));
  } else if (As<CapParser::MinorSuffixContext>(&context) != nullptr) {
    type.minor = true;
  } else if (As<CapParser::SignedSuffixContext>(&context) != nullptr) {
    type.is_signed = true;
  }
}

}  // namespace cap::parse

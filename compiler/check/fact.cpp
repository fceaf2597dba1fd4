#include "compiler/check/fact.h"

#include <fmt/core.h>

#include "runtime/base/limits.h"
#include "runtime/program/layout.h"
#include "runtime/value/text.h"

namespace cap::check {

namespace {

bool IsKey(TypeKind kind) {
  return IsTextKind(kind) || kind == TypeKind::kInt || kind == TypeKind::kEnum;
}

bool IsArgument(const Tool& tool, const Node& node) {
  return node.kind == NodeKind::kSlot && tool.slots[node.index].source == SlotSource::kArgument;
}

std::nullopt_t BadEach(Context& context, const SourceSpan& span, std::string message) {
  context.Error(diag::Code::kBadEach, span,
                {.message = std::move(message),
                 .label = "not a list of keys",
                 .help = "name a list argument of texts, int or enum, or a field of the records in "
                         "one: `for each flights.number`",
                 .notes = {}});
  return std::nullopt;
}

/// The field below a list of records; kNone: reported.
uint32_t FieldKey(Context& context, TypeIndex element, const ast::Ident& member) {
  const Type& type = context.types[element];
  const std::string name = context.types.NameOf(element);
  if (type.kind != TypeKind::kRecord) {
    BadEach(context, member.span, fmt::format("{} has no field `{}`", name, member.text));
    return kNone;
  }
  const RecordType& record = context.program.records[type.ref];
  for (uint32_t i = 0; i < record.fields.size(); ++i) {
    if (record.fields[i].name != member.text) continue;
    if (IsKey(context.types.KindOf(record.fields[i].type)) && !record.fields[i].optional) {
      return FieldOffset(context.program, type.ref, i);
    }
    BadEach(context, member.span,
            fmt::format("`{}` of {} is {}: no key", member.text, name,
                        record.fields[i].optional
                            ? "optional"
                            : context.types.NameOf(record.fields[i].type)));
    return kNone;
  }
  if (!context.bad_fields[type.ref].contains(member.text)) {
    BadEach(context, member.span, fmt::format("no field `{}` in {}", member.text, name));
  }
  return kNone;
}

}  // namespace

std::vector<uint32_t> KeysOf(Context& context, const Tool& tool, ExprChecker& checker,
                             const ast::Fact& fact) {
  std::vector<uint32_t> keys;
  for (const ast::ExprId key : fact.keys) {
    // A fact keyed by an optional that is absent is missing: reading it is a fault, as ever.
    const NodeId id = checker.CheckPath(key);
    if (context.nodes.IsError(id)) continue;
    const Node& node = context.nodes[id];
    const bool argument = IsArgument(tool, node);
    if (argument && IsKey(context.types.KindOf(node.type))) {
      keys.push_back(node.index);
      continue;
    }
    const bool list = argument && context.types.IsContainer(node.type);
    context.Error(
        diag::Code::kBadFactKey, node.span,
        {.message = argument ? fmt::format("{} is {}: no key", context.Quoted(node.span),
                                           context.TypeName(id))
                             : fmt::format("{} is no argument", context.Quoted(node.span)),
         .label = "not a key",
         .help = list ? "one fact an element: `for each …`"
                      : "a fact is keyed by arguments that are texts, int or enum",
         .notes = {}});
  }
  return keys;
}

std::optional<EachKey> EachKeyOf(Context& context, const Tool& tool, ExprChecker& checker,
                                 const ast::Fact& fact) {
  ast::ExprId list = fact.keys.front();
  const ast::MemberExpr* below = nullptr;
  // `xs.field`: of a list, whose elements have the field.
  if (const auto* member = std::get_if<ast::MemberExpr>(&checker.module()[list].node)) {
    const auto* name = std::get_if<ast::NameExpr>(&checker.module()[member->object].node);
    const Symbol* symbol = name == nullptr ? nullptr : checker.scope().Find(name->name.text);
    const bool found = symbol != nullptr && symbol->node != kNone &&
                       !context.nodes.IsError(symbol->node) &&
                       context.types.IsContainer(context.nodes[symbol->node].type);
    if (found) {
      below = member;
      list = member->object;
    }
  }
  const NodeId id = checker.CheckPath(list);
  if (context.nodes.IsError(id)) return std::nullopt;
  const Node node = context.nodes[id];
  if (!IsArgument(tool, node)) {
    return BadEach(context, node.span,
                   fmt::format("{} is no argument", context.Quoted(node.span)));
  }
  if (!context.types.IsContainer(node.type) ||
      ClassOf(context.program, node.type) == ValueClass::kMask) {
    return BadEach(context, node.span, fmt::format("{} is {}", context.Quoted(node.span),
                                                   context.TypeName(id)));
  }
  const Type type = context.types[node.type];
  const uint32_t max = type.max != 0 ? type.max : uint32_t{limits::kElements};
  if (below != nullptr) {
    const uint32_t offset = FieldKey(context, type.element, below->member);
    if (offset == kNone) return std::nullopt;
    return EachKey{.slot = node.index, .offset = offset, .max = max};
  }
  if (IsKey(context.types.KindOf(type.element))) {
    return EachKey{.slot = node.index, .offset = 0, .max = max};
  }
  return BadEach(context, node.span,
                 fmt::format("an element of {} is {}: no key", context.Quoted(node.span),
                             context.types.NameOf(type.element)));
}

TypeIndex TypeOfEach(Context& context, const ast::Fact& fact, TypeIndex element, uint32_t max) {
  const Type& type = context.types[element];
  const bool sibling = type.kind == TypeKind::kMoney && type.form == MoneyForm::kSibling;
  if (context.types.IsContainer(element) || sibling) {
    context.Error(diag::Code::kTypeNotAllowed, fact.name.span,
                  {.message = fmt::format("a fact for each element is a list, and {} is no element",
                                          sibling ? "money of a sibling's currency"
                                                  : context.types.NameOf(element)),
                   .label = "not here",
                   .help = "declare a record with it as a field",
                   .notes = {}});
    return kNone;
  }
  if (SlotsOf(context.program, element) > limits::kElementSlots) {
    context.Error(diag::Code::kRecordTooWide, fact.name.span,
                  {.message = fmt::format("an element of a list has at most {} values",
                                          limits::kElementSlots),
                   .label = "too wide",
                   .help = "declare only the fields that the policy reads",
                   .notes = {}});
    return kNone;
  }
  return context.types.Intern({.kind = TypeKind::kList, .element = element, .max = max});
}

}  // namespace cap::check

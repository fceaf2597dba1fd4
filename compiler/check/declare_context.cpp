// `context bound` and `context live` of all modules.
#include <fmt/core.h>

#include "compiler/check/action.h"
#include "compiler/check/declare.h"
#include "runtime/base/limits.h"

namespace cap::check {

std::vector<ContextValue> DeclareContext(Context& context) {
  std::vector<ContextValue> values;
  Scope scope(context, "the context", false);  // finds values that are declared twice
  for (const ast::Module& module : context.modules) {
    for (const ast::Decl& decl : module.decls) {
      const auto* block = std::get_if<ast::ContextDecl>(&decl.node);
      if (block == nullptr) continue;
      const TypePlace place = block->live ? TypePlace::kLive : TypePlace::kBound;
      for (const ast::Param& field : block->fields) {
        const DeclaredType declared = DeclareType(context, module, field.type, place);
        if (field.default_value) {
          context.Error(diag::Code::kBadDefault, module[*field.default_value].span,
                        {.message = "a context value has no default",
                         .label = "not here",
                         .help = block->live ? "make it optional: `T?`"
                                             : "whoever mints a grant gives every bound value",
                         .notes = {}});
        }
        const bool added =
            scope.Declare({.name = field.name.text,
                           .span = field.name.span,
                           .kind = block->live ? SymbolKind::kLive : SymbolKind::kBound,
                           .node = context.nodes.Error(field.name.span)});
        if (!added) continue;
        if (values.size() == limits::kContextValues) {
          context.Error(
              diag::Code::kProgramTooLarge, field.name.span,
              {.message = fmt::format("the context has at most {} values", limits::kContextValues),
               .label = "one too many",
               .help = "what a call brings belongs into arguments and facts",
               .notes = {}});
          return values;
        }
        ContextValue value{.name = field.name.text,
                           .span = field.name.span,
                           .type = declared.type,
                           .optional = declared.optional,
                           .bound = kNone};
        if (!block->live) {
          value.bound = static_cast<uint32_t>(context.program.bound.size());
          if (declared.type != kNone) {
            context.program.bound.push_back({.name = value.name, .type = value.type, .policy = {}});
          }
        }
        values.push_back(std::move(value));
      }
    }
  }
  return values;
}

}  // namespace cap::check

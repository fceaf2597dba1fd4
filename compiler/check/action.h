// Actions: the layout of a tool's frame, the scope that policies see, the resource.
#pragma once

#include <memory>
#include <vector>

#include "compiler/check/context.h"
#include "compiler/check/expr.h"
#include "compiler/check/scope.h"

namespace cap::check {

/// A value of `context bound` or `context live`, declared once and seen by every action.
struct ContextValue {
  std::string name;
  SourceSpan span;
  TypeIndex type = kNone;  // kNone: already reported
  bool optional = false;
  uint32_t bound = kNone;  // index into Program::bound; kNone: live
};

/// One action, as the policies need it. Index: as in names.actions and Program::actions.
struct ActionInfo {
  const ast::ActionDecl* decl = nullptr;
  const ast::Module* module = nullptr;
  std::unique_ptr<Scope> scope;
  NodeId guard = kNone;         // `when` of the action; an error node: reported
  bool good = true;             // false: it is too wide; rules about it stay silent
  bool resource_known = false;  // false: there is none, or it was reported
};

/// The context values of all modules; fills Program::bound.
std::vector<ContextValue> DeclareContext(Context& context);

/// One action, and its tool, unless an earlier action made it: fills Program::actions and tools.
ActionInfo CheckAction(Context& context, const std::vector<ContextValue>& values,
                       const resolve::Entry& entry);

/// The action's `resource`. Returns false when it was reported or there is none.
bool CheckResource(Context& context, ActionInfo& info, uint32_t action);

}  // namespace cap::check

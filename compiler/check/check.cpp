#include "compiler/check/check.h"

#include <fmt/core.h>

#include "compiler/check/action.h"
#include "compiler/check/constraint.h"
#include "compiler/check/context.h"
#include "compiler/check/declare.h"
#include "compiler/check/def.h"
#include "compiler/check/policy.h"
#include "compiler/check/wrapper.h"
#include "runtime/base/limits.h"
#include "runtime/program/layout.h"

namespace cap::check {

namespace {

bool TooManyTypes(Context& context) {
  if (context.program.types.size() <= limits::kTypes) return false;
  context.Error(diag::Code::kProgramTooLarge, {},
                {.message = fmt::format("a program has at most {} different types", limits::kTypes),
                 .label = {},
                 .help = "types that differ only in `max` are different ones",
                 .notes = {}});
  return true;
}

bool TooManyActions(Context& context, size_t count) {
  if (count <= limits::kActions) return false;
  context.Error(diag::Code::kProgramTooLarge, {},
                {.message = fmt::format("a program has at most {} actions", limits::kActions),
                 .label = {},
                 .help = "split the tools over several modules",
                 .notes = {}});
  return true;
}

}  // namespace

std::optional<Checked> Check(const SourceMap& sources, const std::vector<ast::Module>& modules,
                             const resolve::Names& names, const DataFiles& data,
                             const std::map<std::string, std::string>& library, diag::Sink& sink) {
  Context context(sources, modules, names, sink);
  context.library = library;
  for (uint32_t i = 0; i < sources.size(); ++i) {
    context.program.files.push_back(sources.file(static_cast<FileId>(i)).path);
  }
  if (TooManyActions(context, names.actions.entries().size())) return std::nullopt;
  DeclareNamed(context);
  const auto data_begin = static_cast<uint32_t>(context.program.values.size());
  DeclareData(context, data);
  const auto data_end = static_cast<uint32_t>(context.program.values.size());
  CheckDefs(context);  // before anything that could call them
  const std::vector<ContextValue> values = DeclareContext(context);
  std::vector<ActionInfo> actions;
  for (const resolve::Entry& entry : names.actions.entries()) {
    actions.push_back(CheckAction(context, values, entry));
  }
  CheckWrappers(context);
  std::vector<ConstraintInfo> constraints;
  for (const resolve::Entry& entry : names.constraints.entries()) {
    constraints.push_back(CheckConstraint(context, entry));
  }
  // Instructions name types in 16 bits, so this is decided before there are any.
  if (TooManyTypes(context)) return std::nullopt;
  PolicyChecker policies(context, actions, constraints);
  policies.CheckGuards();
  policies.CheckTopForbids();
  policies.CheckTopLimits();
  for (uint32_t i = 0; i < names.policies.entries().size(); ++i) policies.Check(i);
  if (TooManyTypes(context) || sink.HasErrors()) return std::nullopt;
  for (Tool& tool : context.program.tools) {
    tool.layout_hash = LayoutHash(context.program, tool);
  }
  return Checked{std::move(context.program), data_begin, data_end};
}

}  // namespace cap::check

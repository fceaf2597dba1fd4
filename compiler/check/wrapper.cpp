#include "compiler/check/wrapper.h"

#include <fmt/core.h>

#include <algorithm>

namespace cap::check {

namespace {

class WrapperChecker {
 public:
  WrapperChecker(Context& context, const ast::Module& module, const ast::WrapperDecl& decl)
      : context_(context), module_(module), decl_(decl) {}

  void Run();

 private:
  bool ToolMayBe();
  bool Member(const ast::Param& param);
  bool Bad(const SourceSpan& span, std::string message, std::string label, std::string help) {
    context_.Error(diag::Code::kBadWrapper, span,
                   {.message = std::move(message),
                    .label = std::move(label),
                    .help = std::move(help),
                    .notes = {}});
    return false;
  }

  Context& context_;
  const ast::Module& module_;
  const ast::WrapperDecl& decl_;
  Wrapper made_;
};

bool WrapperChecker::ToolMayBe() {
  const std::string& name = decl_.tool.text;
  const bool plain = std::ranges::all_of(name, [](char c) {
    return static_cast<unsigned char>(c) > 0x1F && c != 0x7F;
  });
  if (name.empty() || !plain) {
    return Bad(decl_.tool.span, "a tool has a name without control characters", "no name",
               "write the name by which agents call the tool");
  }
  if (context_.tools.contains(name)) {
    return Bad(decl_.tool.span, fmt::format("the tool \"{}\" is an action's, too", name),
               "one or the other",
               "a wrapper is never an action: what it carries is what is decided");
  }
  const bool twice =
      std::ranges::find(context_.program.wrappers, name, &Wrapper::tool) !=
      context_.program.wrappers.end();
  if (!twice) return true;
  return Bad(decl_.tool.span, fmt::format("the tool \"{}\" is a wrapper already", name),
             "declared again", "leave one out");
}

/// One of the two arguments: `tool` or `arguments` stands where its type would.
bool WrapperChecker::Member(const ast::Param& param) {
  const ast::Type& type = module_[param.type];
  if (type.name.text.empty() && !type.record) return false;  // reported
  const bool plain = type.arguments.empty() && !type.in_text && !type.in_expr && !type.scale &&
                     !type.max && !type.minor && !type.optional && !param.default_value;
  std::string* member = type.name.text == "tool"        ? &made_.tool_member
                        : type.name.text == "arguments" ? &made_.arguments_member
                                                        : nullptr;
  if (member == nullptr || !plain) {
    return Bad(type.span, "a wrapper's arguments are a `tool` and its `arguments`",
               "neither, or more than that",
               "write `wrapper \"call_tool\" { name: tool, input: arguments }`");
  }
  if (!member->empty()) {
    return Bad(param.name.span, fmt::format("the wrapper has two `{}`", type.name.text), "again",
               "leave one out");
  }
  *member = param.name.text;
  return true;
}

void WrapperChecker::Run() {
  bool good = ToolMayBe();
  if (decl_.open) {
    good = Bad(decl_.span, "a wrapper has two arguments and no further ones", "`...` is not for it",
               "leave it out: what stands beside them is refused");
  }
  for (const ast::Param& param : decl_.fields) good = Member(param) && good;
  if (!good) return;
  if (made_.tool_member.empty() || made_.arguments_member.empty()) {
    Bad(decl_.span, "a wrapper says where the tool's name and its arguments stand",
        "not both are said", "write `wrapper \"call_tool\" { name: tool, input: arguments }`");
    return;
  }
  if (made_.tool_member == made_.arguments_member) {
    Bad(decl_.span, fmt::format("`{}` is both", made_.tool_member), "one name for two arguments",
        "give each its own");
    return;
  }
  made_.tool = decl_.tool.text;
  made_.span = context_.Place(decl_.tool.span);
  context_.program.wrappers.push_back(std::move(made_));
}

}  // namespace

void CheckWrappers(Context& context) {
  for (const ast::Module& module : context.modules) {
    for (const ast::Decl& decl : module.decls) {
      const auto* wrapper = std::get_if<ast::WrapperDecl>(&decl.node);
      if (wrapper != nullptr) WrapperChecker(context, module, *wrapper).Run();
    }
  }
}

}  // namespace cap::check

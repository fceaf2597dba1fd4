#include "compiler/check/context.h"

#include <fmt/core.h>

#include "compiler/check/fixes.h"

namespace cap::check {

namespace {
constexpr size_t kQuotedBytes = 40;
constexpr size_t kKnownNames = 8;
}  // namespace

void Context::Error(diag::Code code, const SourceSpan& span, Report report) {
  std::vector<diag::Fix> fixes = std::move(report.fixes);
  if (!report.help.replacement.empty() && fixes.empty()) {
    fixes = Certain(NameFix(sources, span, report.help.replacement));
  }
  sink.Add({.code = code,
            .span = span,
            .message = std::move(report.message),
            .label = std::move(report.label),
            .notes = std::move(report.notes),
            .help = std::move(report.help.text),
            .fixes = std::move(fixes)});
}

std::string Context::Quoted(const SourceSpan& span) const {
  std::string_view text = sources.TextOf(span);
  text = text.substr(0, text.find('\n'));
  if (text.size() <= kQuotedBytes) return fmt::format("`{}`", text);
  size_t cut = kQuotedBytes;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return fmt::format("`{}…`", text.substr(0, cut));
}

namespace {

/// What a node is, where that can be told from its parts; else the node itself.
std::string IdentityOf(const Context& context, NodeId id) {
  const Node& node = context.nodes[id];
  if (IsPath(node) || node.kind == NodeKind::kBound) {
    return fmt::format("{}:{}:{}", static_cast<int>(node.kind), node.index, node.offset);
  }
  if (node.kind == NodeKind::kLiteral && !node.datum) {
    const Value& value = context.program.values[node.index];
    if (const auto* text = std::get_if<std::string>(&value.v)) return "text:" + *text;
    if (const auto* number = std::get_if<int64_t>(&value.v)) return fmt::format("int:{}", *number);
    if (const auto* date = std::get_if<Date>(&value.v)) return fmt::format("day:{}", date->days);
    if (const auto* member = std::get_if<EnumMember>(&value.v)) return "member:" + member->name;
  }
  if (node.datum) return fmt::format("datum:{}", node.index);
  return fmt::format("node:{}", id);
}

}  // namespace

uint32_t Context::RowOf(NodeId row) {
  const Node& node = nodes[row];
  const std::string key =
      fmt::format("{}|{}|{}", InfoOf(node.op).text, IdentityOf(*this, node.left),
                  node.right == kNone ? "" : IdentityOf(*this, node.right));
  return rows.try_emplace(key, static_cast<uint32_t>(rows.size())).first->second;
}

bool Context::ReportedIn(const SourceSpan& span) const {
  for (const diag::Diagnostic& d : before_) {
    if (d.span.file == span.file && d.span.begin >= span.begin && d.span.end <= span.end) {
      return true;
    }
  }
  return false;
}

uint32_t Context::Find(const resolve::Table& table, const ast::Module& module,
                       const ast::Ident& name, bool* hidden) {
  const uint32_t index = table.Find(name.text);
  if (index == kNone || names.Sees(IndexOf(module), table[index])) return index;
  if (hidden == nullptr) return kNone;
  *hidden = true;
  const resolve::Entry& entry = table[index];
  const std::optional<ast::QualifiedName>& owner = modules[entry.module].name;
  const std::string of = owner ? owner->Joined() : std::string("another module");
  const bool own = entry.name.starts_with('_');
  Error(diag::Code::kNotVisible, name.span,
        {.message = own ? fmt::format("`{}` is for the module `{}` alone", name.text, of)
                        : fmt::format("`{}` is declared in the module `{}`, which is not imported",
                                      name.text, of),
         .label = own ? "begins with `_`" : "not visible here",
         .help = own ? "no other module sees a name that begins with `_`"
                     : fmt::format("add `import {}`", of),
         .notes = {{entry.span, "declared here"}},
         .fixes = own ? std::vector<diag::Fix>{} : Certain(ImportFix(module, of))});
  return kNone;
}

std::vector<std::string_view> Context::Known(const resolve::Table& table) const {
  std::vector<std::string_view> known;
  if (sink.errors() >= limits::kDiagnostics) return known;
  for (const resolve::Entry& entry : table.entries()) known.push_back(entry.name);
  return known;
}

Help DidYouMean(std::string_view name, const std::vector<std::string_view>& known) {
  const diag::Nearest nearest = diag::FindNearest(name, known);
  if (nearest.name.empty()) return {};
  Help help = fmt::format("did you mean `{}`?", nearest.name);
  if (nearest.only) help.replacement = nearest.name;
  return help;
}

Help MeantOrKnown(std::string_view name, const std::vector<std::string_view>& known) {
  Help meant = DidYouMean(name, known);
  if (!meant.empty()) return meant;
  if (known.empty() || known.size() > kKnownNames) return {};
  std::string list;
  for (const std::string_view candidate : known) {
    list += fmt::format("{}`{}`", list.empty() ? "" : ", ", candidate);
  }
  return fmt::format("known here: {}", list);
}

}  // namespace cap::check

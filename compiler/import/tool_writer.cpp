#include "compiler/import/tool_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "compiler/import/spelling.h"
#include "runtime/base/limits.h"

namespace cap::importer {

namespace {

using Kind = SchemaType::Kind;
using Container = SchemaType::Container;

constexpr size_t kFieldIndent = 2;

/// As runtime/program/layout.h counts, for types that have no names yet.
uint64_t SlotsOf(const SchemaType& type) {
  if (type.container != Container::kNone || type.kind != Kind::kRecord) return 1;
  uint64_t slots = 1;
  for (const SchemaField& field : type.fields) slots += SlotsOf(field.type);
  return slots;
}

void MakeOpaque(SchemaType& type, std::string why) {
  SchemaType opaque = SchemaType::Opaque(std::move(why));
  opaque.nullable = type.nullable;
  opaque.scalar = false;
  type = std::move(opaque);
}

/// What would not fit a frame becomes opaque: the largest record first.
void Fit(std::vector<SchemaField>& arguments) {
  for (SchemaField& field : arguments) {
    SchemaType element = field.type;
    element.container = Container::kNone;
    const bool list = field.type.container != Container::kNone;
    if (list && SlotsOf(element) > limits::kElementSlots) {
      MakeOpaque(field.type, fmt::format("records of more than {} values in a list",
                                         limits::kElementSlots));
    }
  }
  while (true) {
    uint64_t slots = 0;
    SchemaField* largest = nullptr;
    for (SchemaField& field : arguments) {
      const uint64_t own = SlotsOf(field.type);
      slots += own;
      if (own > 1 && (largest == nullptr || own > SlotsOf(largest->type))) largest = &field;
    }
    if (slots <= limits::kFrameSlots || largest == nullptr) return;
    MakeOpaque(largest->type, fmt::format("the tool has more than {} values, fields counted",
                                          limits::kFrameSlots));
  }
}

bool MayBeMoney(const SchemaField& field) {
  constexpr std::array<std::string_view, 8> kWords = {"amount", "price",  "cost",   "fee",
                                                      "salary", "budget", "balance", "payment"};
  if (field.type.kind != Kind::kDecimal && field.type.kind != Kind::kInt) return false;
  if (field.type.container != Container::kNone) return false;
  std::string lower;
  for (const char c : field.name) {
    lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return std::ranges::any_of(kWords, [&](std::string_view word) {
    return lower == word || lower.ends_with("_" + std::string(word)) ||
           lower.starts_with(std::string(word) + "_");
  });
}

bool IsOptional(const SchemaField& field) {
  return field.type.nullable || (!field.required && !field.default_literal);
}

std::string Joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

void AddComment(std::string& out, std::string_view text, size_t indent) {
  for (const std::string& line : CommentLines(text, indent)) out += line + "\n";
}

}  // namespace

std::string ToolWriter::Fresh(std::string base, std::set<std::string>& taken) const {
  constexpr size_t kRoom = 8;  // for the number
  base.resize(std::min<size_t>(base.size(), limits::kNameBytes - kRoom));
  std::string name = base;
  for (uint32_t nth = 2; !taken.insert(name).second; ++nth) name = fmt::format("{}_{}", base, nth);
  return name;
}

std::string ToolWriter::EnumName(const SchemaType& type, const std::string& name,
                                 std::string& before) {
  std::string members;
  for (const std::string& member : type.members) {
    members += (members.empty() ? "" : ", ") + StringLiteral(member);
  }
  const auto [at, added] = types_.try_emplace("enum " + members);
  if (!added) return at->second;
  at->second = Fresh(name, type_names_);
  before += fmt::format("enum {} {{ {} }}\n\n", at->second, members);
  return at->second;
}

std::string ToolWriter::RecordName(const SchemaType& type, const std::string& name,
                                   std::string& before) {
  std::string inner;   // what its fields are made of
  std::string lines;   // as written
  std::string shape;   // the same without comments
  for (const SchemaField& field : type.fields) {
    const std::string written = TypeText(field.type, name + CamelCase(field.name), inner);
    lines += FieldLines(field, written, false);
    shape += fmt::format("{}: {}{}\n", field.name, written, IsOptional(field) ? "?" : "");
  }
  before += inner;
  const auto [at, added] = types_.try_emplace("record " + shape + (type.open ? "..." : ""));
  if (!added) return at->second;
  at->second = Fresh(name, type_names_);
  before += fmt::format("record {} {{\n{}{}}}\n\n", at->second, lines, type.open ? "  ...\n" : "");
  return at->second;
}

std::string ToolWriter::TypeText(const SchemaType& type, const std::string& name,
                                 std::string& before) {
  std::string text;
  switch (type.kind) {
    case Kind::kBool: text = "bool"; break;
    case Kind::kInt: text = "int"; break;
    case Kind::kDecimal: text = fmt::format("decimal({})", type.scale); break;
    case Kind::kString: text = "string"; break;
    case Kind::kEmail: text = "email"; break;
    case Kind::kInstant: text = "instant"; break;
    case Kind::kEnum: text = EnumName(type, name, before); break;
    case Kind::kRecord: text = RecordName(type, name, before); break;
    case Kind::kJson: text = "json"; break;
  }
  const bool number = type.kind == Kind::kDecimal && type.scale == options_.schema.number_scale;
  numbers_ = numbers_ || number;
  opaque_ = opaque_ || type.kind == Kind::kJson;
  if (type.max_bytes != 0) text += fmt::format(" max {}", type.max_bytes);
  if (type.container == Container::kNone) return text;
  switch (type.container) {
    case Container::kNone: break;
    case Container::kList: text = fmt::format("list<{}>", text); break;
    case Container::kSet: text = fmt::format("set<{}>", text); break;
    case Container::kMap: text = fmt::format("map<string, {}>", text); break;
  }
  if (type.max_items != 0) text += fmt::format(" max {}", type.max_items);
  return text;
}

std::string ToolWriter::FieldLines(const SchemaField& field, const std::string& type,
                                   bool argument) {
  std::string out;
  AddComment(out, field.doc, kFieldIndent);
  if (!field.type.opaque.empty()) AddComment(out, "opaque: " + field.type.opaque, kFieldIndent);
  std::vector<std::string> notes = field.type.notes;
  if (!argument && field.default_literal) notes.push_back("default " + *field.default_literal);
  if (!notes.empty()) AddComment(out, "not checked here: " + Joined(notes), kFieldIndent);
  if (MayBeMoney(field)) {
    AddComment(out, "money? the schema names no currency", kFieldIndent);
    amounts_ = true;
  }
  out += fmt::format("  {}: {}", *SpeltName(field.name), type);
  const bool by_default = argument && field.default_literal && !field.type.nullable;
  if (by_default) out += " = " + *field.default_literal;
  if (!by_default && (IsOptional(field) || field.default_literal)) out += "?";
  return out + "\n";
}

std::string ToolWriter::ActionName(const FoundTool& tool) {
  const std::optional<std::string> spelt = SpeltName(tool.name);
  const bool quoted = spelt && spelt->starts_with('`');
  const bool word = quoted && IdentifierLike(tool.name) == "tool_" + tool.name;
  const bool plain = IsPlainName(tool.name) || word;
  return plain ? tool.name : IdentifierLike(tool.name);
}

Result<std::string> ToolWriter::Write(const FoundTool& tool, ToolReport& report) {
  report = {tool.name, {}, tool.origin, {}};
  for (const SchemaField& argument : tool.arguments) {
    const std::string why = WhyUnspellable(argument.name);
    if (why.empty()) continue;
    return Fail("refused", fmt::format("its argument \"{}\" cannot be spelt: {}",
                                       CommentText(argument.name), why));
  }
  std::vector<SchemaField> arguments = tool.arguments;
  Fit(arguments);
  report.action = Fresh(ActionName(tool), action_names_);
  const std::string camel = CamelCase(tool.name).empty() ? "Tool" : CamelCase(tool.name);
  std::string before;
  std::string body;
  for (const SchemaField& field : arguments) {
    const std::string type = TypeText(field.type, camel + CamelCase(field.name), before);
    body += FieldLines(field, type, true);
    report.arguments.push_back({field.name, type + (IsOptional(field) ? "?" : ""),
                                field.type.scalar, field.type.opaque, field.type.notes});
  }
  std::string out = before;
  AddComment(out, tool.doc, 0);
  for (const std::string& note : tool.notes) AddComment(out, note, 0);
  out += "action " + *SpeltName(report.action);
  if (report.action != tool.name) out += " of " + StringLiteral(tool.name);
  out += body.empty() ? " { }\n" : " {\n" + body + "}\n";
  return out;
}

std::string ToolWriter::Header() const {
  std::string out = "// Made from tool schemas by `capc import tools`. Schemas say less than a "
                    "policy needs: review it.\n";
  if (numbers_) {
    AddComment(out, fmt::format("A number is `decimal({0})` here: at most {0} digits follow its "
                                "point, and a call with more is denied.",
                                options_.schema.number_scale), 0);
  }
  if (amounts_) {
    AddComment(out, "What is marked `money?` is a number until somebody says its currency: `money "
                    "in \"USD\"`, or `money in f` where the argument `f` names the currency.", 0);
  }
  if (opaque_) {
    AddComment(out, "What is `json` is passed on unread: no policy can look into it.", 0);
  }
  return out + "module " + options_.module + "\n";
}

}  // namespace cap::importer

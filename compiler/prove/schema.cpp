#include "compiler/prove/schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/program/print.h"

namespace cap::prove {
namespace {

/// Everything that a value of the type may be. Records do not contain themselves.
std::string Whole(const Program& program, TypeIndex type) {
  const Type& t = program.types[type];
  std::string text = PrintType(program, type);
  if (t.kind == TypeKind::kEnum) {
    for (const std::string& member : program.enums[t.ref].members) text += " \"" + member + '"';
  } else if (t.kind == TypeKind::kRecord) {
    const RecordType& record = program.records[t.ref];
    for (const RecordField& field : record.fields) {
      text += fmt::format(" {}{}: {};", field.name, field.optional ? "?" : "",
                          Whole(program, field.type));
      if (field.currency_field != kNone) text += " in " + record.fields[field.currency_field].name;
    }
  }
  if (t.element != kNone) text += " of " + Whole(program, t.element);
  return text;
}

std::string PathOf(const Tool& tool, uint32_t slot) {
  return slot == kNone ? std::string() : tool.slots[slot].path;
}

std::string Text(const Program& program, const Tool& tool, const ArgumentDesc& argument) {
  return fmt::format("{}|{}|{}|{}", Whole(program, argument.type), argument.optional,
                     argument.default_value == kNone
                         ? "no default"
                         : PrintValue(program, program.values[argument.default_value]),
                     PathOf(tool, argument.currency_slot));
}

std::string Text(const Program& program, const Tool& tool, const FactDesc& fact) {
  std::string keys;
  for (const uint32_t key : fact.key_slots) keys += PathOf(tool, key) + ",";
  return fmt::format("{}|{}|{}|{}|{}|{}", Whole(program, fact.type), keys, fact.max_age_us,
                     fact.attestor, PathOf(tool, fact.currency_slot), fact.each_offset);
}

std::string Text(const Program& program, const Tool&, const LiveDesc& live) {
  return fmt::format("{}|{}", Whole(program, live.type), live.optional);
}

/// The first that both have and that is not the same; with `all`, that one has not, too.
template <typename Descs>
std::optional<std::string> FirstDifference(const Program& a, const Tool& tool_a, const Descs& in_a,
                                           const Program& b, const Tool& tool_b,
                                           const Descs& in_b, std::string_view what, bool all) {
  for (const auto& desc : in_a) {
    const auto other = std::ranges::find_if(
        in_b, [&](const auto& each) { return each.name == desc.name; });
    if (other == in_b.end()) {
      if (all) return fmt::format("only one of them has the {} `{}`", what, desc.name);
      continue;
    }
    if (Text(a, tool_a, desc) == Text(b, tool_b, *other)) continue;
    return fmt::format("the {} `{}` is declared differently", what, desc.name);
  }
  return std::nullopt;
}

}  // namespace

const Tool* FindToolNamed(const Program& program, const std::string& name) {
  const auto found = std::ranges::find(program.tools, name, &Tool::name);
  return found == program.tools.end() ? nullptr : &*found;
}

bool HasWrapper(const Program& program, const Wrapper& wrapper) {
  return std::ranges::any_of(program.wrappers, [&](const Wrapper& each) {
    return each.tool == wrapper.tool && each.tool_member == wrapper.tool_member &&
           each.arguments_member == wrapper.arguments_member;
  });
}

std::optional<std::string> ToolsDiffer(const Program& a, const Tool& tool_a, const Program& b,
                                       const Tool& tool_b) {
  auto found = FirstDifference(a, tool_a, tool_a.arguments, b, tool_b, tool_b.arguments,
                               "argument", true);
  if (!found) {
    found = FirstDifference(b, tool_b, tool_b.arguments, a, tool_a, tool_a.arguments, "argument",
                            true);
  }
  if (!found) {
    found = FirstDifference(a, tool_a, tool_a.facts, b, tool_b, tool_b.facts, "fact", false);
  }
  if (!found) {
    found = FirstDifference(a, tool_a, tool_a.live, b, tool_b, tool_b.live, "live context", false);
  }
  if (!found) return std::nullopt;
  return fmt::format("tool `{}`: {}", tool_a.name, *found);
}

std::optional<std::string> BoundsDiffer(const Program& a, const Policy& policy_a,
                                        const Program& b, const Policy& policy_b) {
  const auto all = [](const Policy& policy) {
    std::vector<uint32_t> bound = policy.bound;
    for (const FixedBound& fixed : policy.fixed) bound.push_back(fixed.bound);
    return bound;
  };
  for (const uint32_t bound : all(policy_a)) {
    const BoundDesc& desc = a.bound[bound];
    for (const uint32_t other_bound : all(policy_b)) {
      const BoundDesc& other = b.bound[other_bound];
      if (other.name != desc.name || Whole(a, desc.type) == Whole(b, other.type)) continue;
      return fmt::format("the bound value `{}` is declared differently", desc.name);
    }
  }
  return std::nullopt;
}

}  // namespace cap::prove

#include "compiler/policytest/delegation_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "runtime/engine/limit_parameter.h"
#include "runtime/frame/json_tree.h"
#include "runtime/frame/json_value.h"
#include "runtime/value/duration.h"
#include "runtime/value/money.h"
#include "runtime/value/rate.h"

namespace cap::policytest {

namespace {

using Kind = JsonNode::Kind;

std::unexpected<Error> Bad(std::string message) {
  return Fail("delegation-json", std::move(message));
}

/// "50.00 USD": a parameter's type names no currency.
std::optional<Value> MoneyOf(std::string_view text) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const Currency* currency = FindCurrency(text.substr(space + 1));
  if (currency == nullptr) return std::nullopt;
  const Result<int64_t> units = ParseMoney(text.substr(0, space), currency->id);
  if (!units.has_value()) return std::nullopt;
  return Value{Money{*units, currency->id}};
}

class DelegationReader {
 public:
  DelegationReader(const Program& program, const JsonTree& tree) : program_(program), tree_(tree) {}

  Result<DelegationSpec> Run() {
    if (tree_.root().kind != Kind::kObject) return Bad("a delegation is an object");
    for (const JsonNode* member = tree_.First(tree_.root()); member != nullptr;
         member = tree_.Next(*member)) {
      const Result<void> read = Member(*member);
      if (!read.has_value()) return std::unexpected(read.error());
    }
    return std::move(spec_);
  }

 private:
  Result<void> Member(const JsonNode& member) {
    if (member.key == "capabilities") return Capabilities(member);
    if (member.key == "narrow") return Narrow(member);
    if (member.key == "only") return EveryOnly(member);
    if (member.key != "subject" && member.key != "ttl") {
      return Bad(fmt::format("no member `{}`: there are subject, capabilities, narrow, only, ttl",
                             member.key));
    }
    if (member.kind != Kind::kString) return Bad(fmt::format("`{}` is a text", member.key));
    if (member.key == "subject") {
      spec_.subject = member.text;
      return {};
    }
    const Result<int64_t> ttl = ParseDuration(member.text);
    if (!ttl.has_value()) return Bad(ttl.error().message);
    spec_.ttl_us = *ttl;
    return {};
  }

  Result<void> Capabilities(const JsonNode& list) {
    if (list.kind != Kind::kArray) return Bad("`capabilities` is a list of names");
    for (const JsonNode* name = tree_.First(list); name != nullptr; name = tree_.Next(*name)) {
      if (name->kind != Kind::kString) return Bad("`capabilities` is a list of names");
      spec_.capabilities.emplace_back(name->text);
    }
    return {};
  }

  Result<Value> Read(const JsonNode& node, TypeIndex type) {
    const TypeKind kind = program_.types[type].kind;
    if (kind == TypeKind::kMoney && node.kind == Kind::kString) {
      std::optional<Value> money = MoneyOf(node.text);
      if (money.has_value()) return std::move(*money);
    }
    if (kind == TypeKind::kRate && node.kind == Kind::kString) {
      const Result<Rate> rate = ParseRate(node.text);
      if (!rate.has_value()) return std::unexpected(rate.error());
      return Value{*rate};
    }
    return ReadJsonValue(program_, tree_, node, type, 0);
  }

  /// The type of "budget.limit" of a limit; kNone: there is no such constant, or it is an interval,
  /// which `interval` says.
  TypeIndex LimitType(std::string_view name, std::string_view parameter, bool& interval) const {
    for (const SharedLimit& limit : program_.limits) {
      if (limit.name != name) continue;
      const auto found = engine::FindLimitParameter(program_, limit, parameter);
      if (found) interval = found->interval;
      if (found) return interval ? kNone : found->type;
    }
    return kNone;
  }

  /// The type of "maxAmount.limit"; kNone: there is no such parameter.
  TypeIndex ParameterType(std::string_view capability, std::string_view parameter) const {
    for (const Capability& c : program_.capabilities) {
      if (c.name != capability) continue;
      for (const CapabilityParameter& p : c.parameters) {
        if (p.constraint + "." + p.name == parameter) return p.type;
      }
    }
    return kNone;
  }

  Result<void> Narrow(const JsonNode& object) {
    if (object.kind != Kind::kObject) return Bad("`narrow` is an object by capability");
    for (const JsonNode* of = tree_.First(object); of != nullptr; of = tree_.Next(*of)) {
      if (of->kind != Kind::kObject) return Bad("`narrow` has an object for each capability");
      for (const JsonNode* one = tree_.First(*of); one != nullptr; one = tree_.Next(*one)) {
        Narrowing narrowing{std::string(of->key), std::string(one->key), {}};
        bool interval = false;
        const auto limit = engine::LimitName(of->key);
        const TypeIndex type = limit ? LimitType(*limit, one->key, interval)
                                     : ParameterType(of->key, one->key);
        if (interval && one->kind == Kind::kString) {
          const Result<int64_t> time = ParseDuration(one->text);
          if (!time.has_value()) return Bad(time.error().message);
          narrowing.value = Value{Duration{*time}};
        }
        if (type != kNone) {
          Result<Value> value = Read(*one, type);
          if (!value.has_value()) {
            return Bad(fmt::format("`{}`: {}", one->key, value.error().message));
          }
          narrowing.value = std::move(*value);
        }
        spec_.narrow.push_back(std::move(narrowing));
      }
    }
    return {};
  }

  /// Of the first tool that has such an argument; of a list or set, of its elements.
  TypeIndex ArgumentType(std::string_view name) const {
    for (const Tool& tool : program_.tools) {
      const auto argument = std::ranges::find(tool.arguments, name, &ArgumentDesc::name);
      if (argument == tool.arguments.end()) continue;
      const Type& type = program_.types[argument->type];
      const bool many = type.kind == TypeKind::kList || type.kind == TypeKind::kSet;
      return many ? type.element : argument->type;
    }
    return kNone;
  }

  Result<void> EveryOnly(const JsonNode& object) {
    if (object.kind != Kind::kObject) return Bad("`only` is an object by argument");
    for (const JsonNode* one = tree_.First(object); one != nullptr; one = tree_.Next(*one)) {
      Only only{.argument = std::string(one->key)};
      const Result<void> read = OneOnly(*one, ArgumentType(one->key), only);
      if (!read.has_value()) return Bad(fmt::format("`{}`: {}", one->key, read.error().message));
      spec_.only.push_back(std::move(only));
    }
    return {};
  }

  Result<void> OneOnly(const JsonNode& node, TypeIndex type, Only& only) {
    constexpr const char* kForms =
        R"(it is {"in": […]}, {"from": …, "to": …}, {"prefix": …} or "absent")";
    if (node.kind == Kind::kString && node.text == "absent") {
      only.kind = Only::Kind::kAbsent;
      return {};
    }
    if (node.kind != Kind::kObject || node.count == 0) return Bad(kForms);
    if (type == kNone) return {};
    for (const JsonNode* member = tree_.First(node); member != nullptr;
         member = tree_.Next(*member)) {
      Result<void> read = Bad(kForms);
      if (member->key == "in" && node.count == 1) read = OneOf(*member, type, only);
      if (member->key == "prefix" && node.count == 1) read = Prefix(*member, only);
      if (member->key == "from") read = Bound(*member, type, only.low);
      if (member->key == "to") read = Bound(*member, type, only.high);
      if (!read.has_value()) return read;
    }
    if (only.low.has_value() || only.high.has_value()) only.kind = Only::Kind::kRange;
    return {};
  }

  Result<void> OneOf(const JsonNode& list, TypeIndex type, Only& only) {
    if (list.kind != Kind::kArray) return Bad("`in` is a list");
    only.kind = Only::Kind::kOneOf;
    for (const JsonNode* one = tree_.First(list); one != nullptr; one = tree_.Next(*one)) {
      Result<Value> value = Read(*one, type);
      if (!value.has_value()) return std::unexpected(value.error());
      only.values.push_back(std::move(*value));
    }
    return {};
  }

  Result<void> Prefix(const JsonNode& node, Only& only) {
    if (node.kind != Kind::kString) return Bad("`prefix` is a text");
    only.kind = Only::Kind::kPrefix;
    only.values = {Value{std::string(node.text)}};
    return {};
  }

  Result<void> Bound(const JsonNode& node, TypeIndex type, std::optional<Value>& bound) {
    Result<Value> value = Read(node, type);
    if (!value.has_value()) return std::unexpected(value.error());
    bound = std::move(*value);
    return {};
  }

  const Program& program_;
  const JsonTree& tree_;
  DelegationSpec spec_;
};

}  // namespace

Result<DelegationSpec> DelegationFromJson(const Program& program, std::string_view json) {
  const Result<JsonTree> tree = JsonTree::Parse(json);
  if (!tree.has_value()) return Bad(tree.error().message);
  return DelegationReader(program, *tree).Run();
}

}  // namespace cap::policytest

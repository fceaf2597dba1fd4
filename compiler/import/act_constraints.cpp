// The constraints of policies in YAML that the standard library has, too.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/import/act_words.h"
#include "compiler/import/act_writer.h"
#include "compiler/import/spelling.h"

namespace cap::importer {

namespace {

bool IsTemplate(std::string_view text) { return text.find("{{") != text.npos; }

/// A constraint that holds a list to another: which argument it holds.
struct ListRow {
  std::string_view name;
  std::string_view argument;
  std::string_view type;
  std::string_view module;
};
constexpr std::array<ListRow, 6> kLists = {{
    {"columns", "columns", "set<string>", "std.data"},
    {"excludeColumns", "columns", "set<string>", "std.data"},
    {"format", "format", "string", "std.data"},
    {"regions", "region", "string", "std.data"},
    {"safeDomains", "domains", "set<string>", "std.data"},
    {"vendors", "vendor", "string", "std.money"},
}};

constexpr std::array<std::string_view, 4> kLevels = {"public", "internal_only", "confidential",
                                                     "restricted"};

/// "last_90_days" → "90"; empty if it is no such text.
std::string_view DaysOf(std::string_view text) {
  constexpr std::string_view kBegin = "last_";
  constexpr std::string_view kEnd = "_days";
  if (!text.starts_with(kBegin) || !text.ends_with(kEnd)) return {};
  if (text.size() <= kBegin.size() + kEnd.size()) return {};
  const std::string_view days =
      text.substr(kBegin.size(), text.size() - kBegin.size() - kEnd.size());
  return IsDigits(days) && days.size() <= 5 ? days : std::string_view();
}

}  // namespace

/// The statement, if it says what was meant for sure.
std::optional<std::string> ActWriter::Statement(const ActConstraint& constraint, Action& action) {
  const ActValue& value = constraint.value;
  if (std::optional<std::string> counted = Counted(constraint, action)) return counted;
  if (value.kind == ActValue::Kind::kList) return Listed(constraint.name, value.texts, action);
  if (value.kind != ActValue::Kind::kText) return std::nullopt;
  const std::string& text = value.texts.front();
  for (const auto& say : {&ActWriter::Bounded, &ActWriter::Known, &ActWriter::Asked}) {
    std::optional<std::string> statement = (this->*say)(constraint.name, text, action);
    if (statement) return statement;
  }
  return std::nullopt;
}

std::optional<std::string> ActWriter::Bounded(const std::string& name, const std::string& text,
                                              Action& action) {
  if (name == "maxAmount") {
    if (!IsAmount(text) || options_.currency.empty()) return std::nullopt;
    Need(action, "amount", fmt::format("money in \"{}\"", options_.currency));
    imports_.insert("std.money");
    return fmt::format("maxAmount({} {})", text, options_.currency);
  }
  if (!IsDigits(text)) return std::nullopt;
  if (name == "maxRows") {
    Need(action, "rows", "int");
  } else if (name == "maxLength") {
    Need(action, "text", "string max 1048576");
  } else if (name == "maxRecipients") {
    Need(action, "recipients", "list<email>");
  } else {
    return std::nullopt;
  }
  imports_.insert("std.data");
  return fmt::format("{}({})", name, text);
}

/// What is held to one value.
std::optional<std::string> ActWriter::Known(const std::string& name, const std::string& text,
                                            Action& action) {
  if (name == "onlyForCustomer") {
    const std::string bound = Bound(text);
    if (bound.empty() && IsTemplate(text)) return std::nullopt;
    Need(action, "customer", "string");
    imports_.insert("std.data");
    return fmt::format("onlyForCustomer({})", bound.empty() ? StringLiteral(text) : bound);
  }
  if (name == "classification" && std::ranges::find(kLevels, text) != kLevels.end()) {
    Need(action, "classification", "Classification");
    imports_.insert("std.data");
    return fmt::format("classification(\"{}\")", text);
  }
  if (name == "dateRange" && !DaysOf(text).empty()) {
    Need(action, "date", "date");
    imports_.insert("std.time");
    return fmt::format("dateRange(last: {}d) of date", DaysOf(text));
  }
  return std::nullopt;
}

/// What a person or a scanner is asked.
std::optional<std::string> ActWriter::Asked(const std::string& name, const std::string& text,
                                            Action& action) {
  if (name == "blockSensitiveData" && text == "true") {
    Need(action, "body", "string");
    if (action.fact.empty()) {
      import_.assumed.push_back({where_, "scan: Scan for body by scanner",
                                 "a fact; somebody has to read the text and attest it"});
    }
    arguments_.insert("scan");
    action.fact = "fact scan: Scan for body by scanner";
    imports_.insert("std.data");
    return "blockSensitiveData of scan";
  }
  if (name != "requireApproval" && name != "requireReview") return std::nullopt;
  std::string guard;
  if (text != "true") {  // "amount > 100"
    for (const std::string_view begin : {"amount > ", "amount >= "}) {
      if (text.starts_with(begin) && IsAmount(std::string_view(text).substr(begin.size()))) {
        guard = fmt::format(" when {} {}", text, options_.currency);
      }
    }
    if (guard.empty() || options_.currency.empty()) return std::nullopt;
    Need(action, "amount", fmt::format("money in \"{}\"", options_.currency));
  }
  approver_ = true;
  imports_.insert("std.approval");
  return fmt::format("{}(by: {}){}", name, options_.approver, guard);
}

std::optional<std::string> ActWriter::Listed(const std::string& name,
                                             const std::vector<std::string>& texts,
                                             Action& action) {
  if (texts.empty() || std::ranges::any_of(texts, IsTemplate)) return std::nullopt;
  if (name == "requiredFields") {
    // An argument that is not optional is there; what is required is not empty either.
    if (!std::ranges::all_of(texts, [](const std::string& t) { return IsPlainName(t); })) {
      return std::nullopt;
    }
    std::string condition;
    for (const std::string& field : texts) {
      Need(action, field, "string");
      condition += fmt::format("{}size({}) > 0", condition.empty() ? "" : " and ", field);
    }
    return "require " + condition;
  }
  const auto row = std::ranges::find(kLists, name, &ListRow::name);
  if (row == kLists.end()) return std::nullopt;
  Need(action, std::string(row->argument), std::string(row->type));
  imports_.insert(std::string(row->module));
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + StringLiteral(text);
  return fmt::format("{}([{}])", name, list);
}

}  // namespace cap::importer

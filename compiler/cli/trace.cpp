#include "compiler/cli/trace.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "compiler/policytest/session.h"
#include "runtime/frame/json_tree.h"
#include "runtime/value/instant.h"

namespace cap::cli {

namespace {

struct Member {
  std::string_view key;  // as it stands between the quotes
  std::string_view value;
};

constexpr std::string_view kSpace = " \t\r\n";

void SkipSpace(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
}

/// Cuts one value off, without a look at what is in it: brackets and quotes close again.
std::string_view TakeValue(std::string_view& text) {
  size_t at = 0;
  size_t depth = 0;
  bool in_string = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    const bool closes = c == '}' || c == ']';
    if (depth == 0 && (c == ',' || c == ':' || closes)) break;
    if (closes) --depth;
  }
  std::string_view value = text.substr(0, at);
  text.remove_prefix(value.size());
  const size_t last = value.find_last_not_of(kSpace);
  return last == std::string_view::npos ? std::string_view() : value.substr(0, last + 1);
}

bool Take(std::string_view& text, char c) {
  SkipSpace(text);
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  SkipSpace(text);
  return true;
}

/// The members of an object. Nothing: the text is none.
std::optional<std::vector<Member>> MembersOf(std::string_view text) {
  std::vector<Member> members;
  if (!Take(text, '{')) return std::nullopt;
  if (Take(text, '}')) return text.empty() ? std::optional(members) : std::nullopt;
  do {
    const std::string_view key = TakeValue(text);
    if (key.size() < 2 || key.front() != '"' || !Take(text, ':')) return std::nullopt;
    members.push_back({key.substr(1, key.size() - 2), TakeValue(text)});
    if (members.back().value.empty()) return std::nullopt;
  } while (Take(text, ','));
  if (!Take(text, '}') || !text.empty()) return std::nullopt;
  return members;
}

std::unexpected<Error> Bad(std::string message) { return Fail("bad-trace", std::move(message)); }

Result<void> ReadOutcome(const JsonTree& tree, const JsonNode& root, TraceLine& line) {
  if (root.kind == JsonNode::Kind::kString) {
    if (root.text == "none") line.outcome = TraceLine::Outcome::kNone;
    if (root.text == "commit") line.outcome = TraceLine::Outcome::kCommit;
    if (root.text == "release") line.outcome = TraceLine::Outcome::kRelease;
    if (root.text == "none" || root.text == "commit" || root.text == "release") return {};
  }
  const JsonNode* actual =
      root.kind == JsonNode::Kind::kObject && root.count == 1 ? tree.Find(root, "actual") : nullptr;
  if (actual == nullptr || (actual->kind != JsonNode::Kind::kString &&
                            actual->kind != JsonNode::Kind::kNumber)) {
    return Bad("`outcome` is \"commit\", \"release\", \"none\" or {\"actual\": \"30.00 USD\"}");
  }
  const Result<state::Actual> parsed = policytest::ParseActual(actual->text);
  if (!parsed.has_value()) return Bad(parsed.error().message);
  line.outcome = TraceLine::Outcome::kCommit;
  line.actual = *parsed;
  return {};
}

Result<void> ReadMember(const Member& member, TraceLine& line) {
  if (member.key == "request") {
    line.request = member.value;
    return {};
  }
  // A tree is that of an object.
  const Result<JsonTree> tree = JsonTree::Parse(fmt::format(R"({{"value":{}}})", member.value));
  if (!tree.has_value()) return Bad(fmt::format("`{}`: {}", member.key, tree.error().message));
  const JsonNode& root = *tree->First(tree->root());
  if (member.key == "outcome") return ReadOutcome(*tree, root, line);
  if (member.key != "at" && member.key != "operation") {
    return Bad(fmt::format("no member `{}`: there are at, request, operation, outcome",
                           member.key));
  }
  if (root.kind != JsonNode::Kind::kString || root.text.empty()) {
    return Bad(fmt::format("`{}` is a text", member.key));
  }
  if (member.key == "operation") {
    line.operation = root.text;
    return {};
  }
  const Result<Instant> at = ParseInstant(root.text);
  if (!at.has_value()) return Bad("`at`: " + at.error().message);
  line.at_us = at->us;
  return {};
}

}  // namespace

Result<TraceLine> ParseTraceLine(std::string_view text) {
  const std::optional<std::vector<Member>> members = MembersOf(text);
  if (!members.has_value()) return Bad("a line is one JSON object");
  TraceLine line;
  bool has_at = false;
  bool has_outcome = false;
  for (size_t i = 0; i < members->size(); ++i) {
    const Member& member = (*members)[i];
    for (size_t before = 0; before < i; ++before) {
      if ((*members)[before].key == member.key) {
        return Bad(fmt::format("`{}` stands twice", member.key));
      }
    }
    has_at = has_at || member.key == "at";
    has_outcome = has_outcome || member.key == "outcome";
    const Result<void> read = ReadMember(member, line);
    if (!read.has_value()) return std::unexpected(read.error());
  }
  if (!has_at) return Bad("`at` is missing: when the call was made");
  if (line.request.empty() && (line.operation.empty() || !has_outcome)) {
    return Bad("a line has a `request`, or the `operation` of an earlier one and its `outcome`");
  }
  if (!has_outcome) line.outcome = TraceLine::Outcome::kCommit;
  return line;
}

}  // namespace cap::cli

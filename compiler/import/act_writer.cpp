#include "compiler/import/act_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/import/act_words.h"
#include "compiler/import/spelling.h"
#include "runtime/base/limits.h"

namespace cap::importer {

namespace {

std::string UniqueName(const std::string& base, std::set<std::string>& taken) {
  const std::string first = IsPlainName(base) ? base : IdentifierLike(base);
  std::string name = first;
  for (uint32_t nth = 2; !taken.insert(name).second; ++nth) name = fmt::format("{}_{}", first, nth);
  return name;
}

/// Text of a pattern that stands for itself.
bool IsLiteral(std::string_view text) {
  return !text.empty() && text.find_first_of("{}*\"\\%") == text.npos && SpeltName(text);
}

}  // namespace

void ActWriter::Left(const std::string& where, const std::string& what, const std::string& why) {
  import_.left.push_back({where, what, why});
  const std::string shown = what.empty() ? where : where + " " + what;
  for (const std::string& line :
       CommentLines(fmt::format("not carried over: {}: {}", shown, why), 4)) {
    body_ += line + "\n";
  }
}

void ActWriter::Need(Action& action, const std::string& name, const std::string& type) {
  arguments_.insert(name);
  if (!action.lines.emplace(name, type).second) return;
  action.order.push_back(name);
  import_.assumed.push_back({where_, fmt::format("{}: {}", name, type),
                             "an argument; if an agent must not choose it, make it a fact"});
}

/// "{{session.customer_id}}" → "session_customer_id", which becomes bound context; empty if it is
/// no template. Two templates are two names, and none is an argument's.
std::string ActWriter::Bound(std::string_view text) {
  if (!text.starts_with("{{") || !text.ends_with("}}") || text.size() < 5) return {};
  const std::string inner(text.substr(2, text.size() - 4));
  if (inner.find_first_of("{}") != inner.npos) return {};
  const auto [at, added] = bound_.try_emplace(inner);
  if (added) {
    std::string base = IdentifierLike(inner);
    while (taken_by_arguments_.contains(base)) base += "_bound";
    at->second = UniqueName(base, bound_names_);
  }
  return at->second;
}

/// The pattern as Cap writes it; the first one of an action gives its resource. Empty: it cannot.
std::string ActWriter::Pattern(const std::string& text, Action& action) {
  const size_t scheme = text.find("://");
  if (scheme == std::string::npos || !IsPlainName(text.substr(0, scheme))) return {};
  std::string pattern = text.substr(0, scheme) + "://";
  std::string resource = pattern;
  std::string_view rest = std::string_view(text).substr(scheme + 3);
  if (rest.empty() || rest.ends_with("/")) return {};
  std::vector<std::string> holes;
  for (uint32_t nth = 1; !rest.empty(); ++nth) {
    const size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    // A template may have a colon of its own.
    const size_t colon = segment.starts_with("{{") ? segment.npos : segment.find(':');
    const std::string key(colon == segment.npos ? "" : segment.substr(0, colon));
    const std::string_view value = colon == segment.npos ? segment : segment.substr(colon + 1);
    if (colon != segment.npos && !IsPlainName(key)) return {};
    std::string hole = key;
    if (key.empty()) hole = value == "*" && rest.empty() ? "item" : fmt::format("part{}", nth);
    const std::string begin = key.empty() ? "" : key + ":";
    const std::string bound = Bound(value);
    if (bound.empty() && value != "*" && !IsLiteral(value)) return {};
    const bool last = value == "*" && rest.empty() && key.empty();
    pattern += begin + (!bound.empty() ? "{{" + bound + "}}" : last ? "**" : std::string(value));
    resource += fmt::format("{}{{{}}}", begin, hole);
    holes.push_back(hole);
    if (!rest.empty()) pattern += "/";
    if (!rest.empty()) resource += "/";
  }
  if (action.resource.empty()) {
    action.resource = resource;
    for (const std::string& hole : holes) Need(action, hole, "string");
  }
  return pattern;
}

/// False: some resource is none of Cap's. Without it the capability would be for all of them, so it
/// is left out.
bool ActWriter::Patterns(const ActCapability& capability, Action& action, std::string& patterns) {
  bool good = true;
  for (const std::string& resource : capability.resources) {
    const std::string pattern = Pattern(resource, action);
    patterns += (patterns.empty() ? " on \"" : ", \"") + pattern + "\"";
    if (!pattern.empty()) continue;
    Left(where_, resource, "this is no resource of Cap; the capability is left out");
    good = false;
  }
  if (!capability.has_resources || !capability.resources.empty()) return good;
  Left(where_, "", "its list of resources is empty; the capability is left out");
  return false;
}

ActWriter::Action& ActWriter::ActionOf(const std::string& tool) {
  const auto [at, added] = actions_.try_emplace(tool);
  if (added) {
    action_order_.push_back(tool);
    at->second.name = UniqueName(tool, action_names_);
  }
  return at->second;
}

void ActWriter::Capability(const ActCapability& capability, const std::string& name) {
  const auto refused = refused_.find(where_);
  if (refused != refused_.end()) {
    ++import_.left_out;
    return Left(where_, "", refused->second + "; the capability is left out");
  }
  if (capability.action.empty() || capability.action.size() > limits::kNameBytes) {
    ++import_.left_out;
    return Left(where_, "", "it names no action; the capability is left out");
  }
  Action& action = ActionOf(capability.action);
  action.capabilities.push_back(where_);
  std::string patterns;
  if (!Patterns(capability, action, patterns)) {
    ++import_.left_out;
    return;
  }
  std::string text = fmt::format("capability {}{}{} {{\n{}", name.empty() ? "" : name + ": ",
                                 action.name, patterns, until_);
  bool whole = policy_whole_ && file_whole_;
  for (const ActConstraint& constraint : capability.constraints) {
    const std::optional<std::string> statement = Statement(constraint, action);
    if (statement) {
      text += "  " + *statement + "\n";
      ++import_.constraints;
      continue;
    }
    Left(where_ + "." + constraint.name, constraint.value.shown,
         WhyLeft(constraint.name, options_.currency.empty()));
    whole = whole && RestrictsNothing(constraint.name);
  }
  Add(text + "}\n", whole);
}

/// What is not whole permits too much: it waits, as a comment, for whoever completes it.
void ActWriter::Add(const std::string& capability, bool whole) {
  ++(whole ? import_.capabilities : import_.left_out);
  const bool shown = whole || all_;
  if (!shown) body_ += "  // Left out until all of it is said:\n";
  const size_t begin = body_.size();
  for (size_t at = 0; at < capability.size();) {
    const size_t end = capability.find('\n', at) + 1;
    body_ += (shown ? "  " : "  // ") + capability.substr(at, end - at);
    at = end;
  }
  if (shown) chunks_.push_back({{where_}, begin, body_.size()});
}

/// False: something that binds every capability of the policy is left.
bool ActWriter::PolicyStatements(const ActPolicy& policy, const std::string& name) {
  bool whole = true;
  if (!policy.version.empty()) body_ += "  version " + StringLiteral(policy.version) + "\n";
  if (IsDuration(policy.expires)) {
    body_ += "  expires after " + policy.expires + "\n";
  } else if (IsTime(policy.expires)) {
    until_ = "  require now < instant(" + StringLiteral(policy.expires) + ")\n";
  } else if (!policy.expires.empty()) {
    Left(name + ".expires", policy.expires, "it is neither a duration nor a time");
    whole = false;
  }
  for (const ActConstraint& other : policy.others) {
    const std::optional<std::string> breaker =
        other.name == "circuit_breaker" ? Breaker(other.value) : std::nullopt;
    if (breaker) {
      body_ += "  " + *breaker + "\n";
      continue;
    }
    Left(name + "." + other.name, other.value.shown, WhyLeft(other.name, false));
    whole = whole && RestrictsNothing(other.name);
  }
  return whole;
}

void ActWriter::Policy(const ActPolicy& policy) {
  const std::string name = UniqueName(policy.name.empty() ? "policy" : policy.name, policy_names_);
  body_ += fmt::format("\npolicy {} {{\n", name);
  until_.clear();
  policy_whole_ = PolicyStatements(policy, name);
  std::map<std::string, uint32_t> times;
  for (const ActCapability& capability : policy.capabilities) ++times[capability.action];
  std::set<std::string> names;
  for (const ActCapability& capability : policy.capabilities) {
    const std::string base = name + "." + capability.action;
    const uint32_t nth = ++seen_[base];
    where_ = nth == 1 ? base : fmt::format("{}#{}", base, nth);
    // Capabilities of one action have names.
    const bool named = times[capability.action] > 1;
    Capability(capability,
               named ? UniqueName(IdentifierLike(capability.action) + "_1", names) : "");
  }
  body_ += "}\n";
  ++import_.policies;
}

std::string ActWriter::ActionText(const std::string& tool, const Action& action) const {
  std::string text = "\naction " + action.name;
  if (tool != action.name) text += " of " + StringLiteral(tool);
  text += " {\n";
  for (const std::string& argument : action.order) {
    text += fmt::format("  {}: {}\n", argument, action.lines.at(argument));
  }
  if (!action.fact.empty()) text += "  " + action.fact + "\n";
  if (!action.resource.empty()) text += "  resource \"" + action.resource + "\"\n";
  return text + "}\n";
}

ActImport ActWriter::Write(const ActFile& file) {
  for (const ActConstraint& other : file.others) {
    Left(other.name, other.value.shown, "no capabilities are in it");
    file_whole_ = file_whole_ && !RestrictsAll(other.name);
  }
  for (const ActPolicy& policy : file.policies) Policy(policy);
  std::string head =
      "// Made from a policy in YAML by `capc import act`. It declares no tools: their arguments\n"
      "// are assumed, and have to be checked against the tools.\nmodule " +
      options_.module + "\n";
  for (const std::string& module : imports_) head += "import " + module + "\n";
  if (approver_) head += "\napprover " + options_.approver + "\n";
  if (!bound_names_.empty()) head += "\ncontext bound {\n";
  for (const std::string& name : bound_names_) head += "  " + name + ": string\n";
  if (!bound_names_.empty()) head += "}\n";
  std::vector<Chunk> chunks;
  for (const std::string& tool : action_order_) {
    const Action& action = actions_.at(tool);
    const size_t begin = head.size();
    head += ActionText(tool, action);
    chunks.push_back({action.capabilities, begin, head.size()});
  }
  for (Chunk& chunk : chunks_) {
    chunk.begin += head.size();
    chunk.end += head.size();
  }
  chunks_.insert(chunks_.end(), chunks.begin(), chunks.end());
  import_.text = head + body_;
  return import_;
}

std::vector<std::string> ActWriter::CapabilitiesAt(size_t offset) const {
  for (const Chunk& chunk : chunks_) {
    if (offset >= chunk.begin && offset < chunk.end) return chunk.where;
  }
  return {};
}

}  // namespace cap::importer

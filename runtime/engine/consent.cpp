#include "cap/consent.h"

#include <algorithm>
#include <map>

#include "runtime/engine/show.h"
#include "runtime/frame/encode.h"
#include "runtime/value/arena.h"
#include "runtime/value/duration.h"
#include "runtime/value/quote.h"

namespace cap {
namespace {

class Writer {
 public:
  Writer(const Program& program, const Policy& policy) : program_(program), policy_(policy) {}

  Result<void> Bind(const GrantSpec* grant);
  std::string Write(const GrantSpec* grant);

 private:
  void Head(const GrantSpec* grant);
  void Rule(const Capability& capability);
  template <typename Holder>
  void Clause(const Holder& rule, const ClauseInfo& info);
  void Limits();
  void Forbidden(const Forbid& forbid);
  Result<std::string> Shown(const BoundDesc& desc, const Value& value) const;
  std::string Constant(const ConstSource& source, TypeIndex type) const;
  template <typename Holder>
  std::string Pieces(const std::vector<TextPiece>& text, const Holder& rule) const;
  std::string PatternText(const Pattern& pattern) const;
  std::string On(const std::vector<Pattern>& patterns) const;
  std::string Place(const Span& span) const {
    const SourcePlace place = engine::PlaceOf(program_, span);
    return OneLine(place.file) + ":" + std::to_string(place.line);
  }

  const Program& program_;
  const Policy& policy_;
  std::map<uint32_t, std::string> bound_;  // by index into Program::bound, as it is shown
  std::string out_;
};

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " and ") + name;
  return text;
}

Result<std::string> Writer::Shown(const BoundDesc& desc, const Value& value) const {
  Arena arena;
  const Result<Slot> slot = EncodeConstant(program_, desc.type, value, arena);
  if (!slot) return Fail("bad-bound", "`" + desc.name + "`: " + slot.error().message);
  if (program_.types[desc.type].kind == TypeKind::kApprovers) {
    return Joined(engine::ApproverNames(program_, slot->lo));
  }
  return engine::ShowSlot(program_, desc.type, *slot);
}

/// What the grant gives, what it leaves to defaults, and what the policy fixes.
Result<void> Writer::Bind(const GrantSpec* grant) {
  for (const uint32_t index : policy_.bound) {
    if (grant == nullptr) break;
    const BoundDesc& desc = program_.bound[index];
    const auto given = std::ranges::find(grant->bound, desc.name, &Field::name);
    const bool named = given != grant->bound.end();
    if (!named && desc.default_value == kNone) continue;
    const Result<std::string> shown =
        Shown(desc, named ? given->value : program_.values[desc.default_value]);
    if (!shown) return std::unexpected(shown.error());
    bound_[index] = *shown;
  }
  for (const FixedBound& fixed : policy_.fixed) {
    const BoundDesc& desc = program_.bound[fixed.bound];
    if (fixed.value.bound) {
      const auto known = bound_.find(fixed.value.index);
      bound_[fixed.bound] = known != bound_.end()
                                ? known->second
                                : "{{" + program_.bound[fixed.value.index].name + "}}";
      continue;
    }
    const Result<std::string> shown = Shown(desc, program_.values[fixed.value.index]);
    if (!shown) return std::unexpected(shown.error());
    bound_[fixed.bound] = *shown;
  }
  return {};
}

std::string Writer::Constant(const ConstSource& source, TypeIndex type) const {
  if (source.bound) {
    const auto known = bound_.find(source.index);
    return known != bound_.end() ? known->second : "{{" + program_.bound[source.index].name + "}}";
  }
  Arena arena;
  const Result<Slot> slot = EncodeConstant(program_, type, program_.values[source.index], arena);
  if (!slot) return "?";
  if (program_.types[type].kind == TypeKind::kApprovers) {
    return Joined(engine::ApproverNames(program_, slot->lo));
  }
  return engine::ShowSlot(program_, type, *slot);
}

/// Of a capability or a shared limit.
template <typename Holder>
std::string Writer::Pieces(const std::vector<TextPiece>& text, const Holder& rule) const {
  const Shape& shape = program_.shapes[rule.shape];
  const Tool& tool = program_.tools[program_.actions[rule.action].tool];
  std::string made;
  for (const TextPiece& piece : text) {
    switch (piece.kind) {
      case TextPiece::Kind::kLiteral:
        made += piece.literal;
        break;
      case TextPiece::Kind::kSlot:  // the call's own value, which nobody knows yet
        made += tool.slots[piece.index].path;
        break;
      case TextPiece::Kind::kConst:
        made += Constant(rule.consts[piece.index], shape.const_types[piece.index]);
        break;
    }
  }
  return OneLine(made);
}

/// The pattern as written, with the values of the grant in place of their names.
std::string Writer::PatternText(const Pattern& pattern) const {
  std::string text = pattern.text.empty() ? std::string("anything") : pattern.text;
  for (const PatternHole& held : pattern.holes) {
    const auto known = held.value.bound ? bound_.find(held.value.index) : bound_.end();
    if (known == bound_.end()) continue;
    const std::string& shown = known->second;
    const std::string hole = "{{" + program_.bound[held.value.index].name + "}}";
    const bool quoted = shown.size() > 1 && shown.front() == '"';
    const std::string value = quoted ? shown.substr(1, shown.size() - 2) : shown;
    for (size_t at = text.find(hole); at != std::string::npos;
         at = text.find(hole, at + value.size())) {
      text.replace(at, hole.size(), value);
    }
  }
  return OneLine(text);
}

std::string Writer::On(const std::vector<Pattern>& patterns) const {
  std::string text;
  for (const Pattern& pattern : patterns) {
    if (pattern.text.empty()) continue;
    text += (text.empty() ? " on " : ", ") + PatternText(pattern);
  }
  return text;
}

void Writer::Head(const GrantSpec* grant) {
  out_ += "policy " + policy_.name;
  if (!policy_.version.empty()) out_ += ", version " + OneLine(policy_.version);
  out_ += "\n";
  if (grant != nullptr) out_ += "for " + QuoteCut(grant->subject) + "\n";
  for (const uint32_t purpose : policy_.purposes) {
    const PurposeDesc& desc = program_.purposes[purpose];
    if (grant != nullptr && grant->purpose != desc.name) continue;
    out_ += "to " + OneLine(desc.text) + "\n";
  }
  int64_t life = policy_.max_ttl_us;
  if (grant != nullptr && grant->ttl_us.has_value()) life = *grant->ttl_us;
  if (life > 0) out_ += "for at most " + FormatDuration({life}) + "\n";
  for (const uint32_t index : policy_.bound) {
    const BoundDesc& desc = program_.bound[index];
    if (!desc.is_parameter()) continue;
    const auto known = bound_.find(index);
    out_ += "with " + desc.name + " " + (known != bound_.end() ? known->second : "of the grant") +
            "\n";
  }
}

void Writer::Rule(const Capability& capability) {
  const Action& action = program_.actions[capability.action];
  out_ += "\nmay " + action.name + On(capability.patterns);
  if (capability.name != action.name) out_ += " (" + capability.name + ")";
  out_ += "\n";
  if (action.risk != Risk::kUnsaid) out_ += "  risk: " + std::string(NameOf(action.risk)) + "\n";
  if (action.irreversible) out_ += "  cannot be undone\n";
  for (size_t i = 0; i < capability.clauses.size(); ++i) {
    const ClauseInfo& info = capability.clauses[i];
    if (info.unsaid) continue;
    // A constraint of several clauses says its text once, at the first.
    const bool again = info.consent.empty() && i > 0 &&
                       capability.clauses[i - 1].span == info.span &&
                       !capability.clauses[i - 1].consent.empty();
    if (!again) Clause(capability, info);
  }
}

template <typename Holder>
void Writer::Clause(const Holder& rule, const ClauseInfo& info) {
  if (!info.consent.empty()) {
    out_ += "  " + Pieces(info.consent, rule) + "\n";
  } else {
    out_ += "  only if " + info.name + " holds, at " + Place(info.span) + "\n";
  }
}

/// What several permits take of one counter; a limit on several actions is said once.
void Writer::Limits() {
  std::vector<Span> said;
  for (const uint32_t index : policy_.limits) {
    const SharedLimit& limit = program_.limits[index];
    if (std::ranges::find(said, limit.span) != said.end()) continue;
    said.push_back(limit.span);
    std::string actions;
    for (const uint32_t other : policy_.limits) {
      const SharedLimit& each = program_.limits[other];
      if (each.span != limit.span) continue;
      actions += (actions.empty() ? "" : ", ") + program_.actions[each.action].name;
    }
    out_ += "\ntaken together, " + actions + " (" + OneLine(limit.name) + ")\n";
    for (const ClauseInfo& info : limit.clauses) {
      if (!info.unsaid) Clause(limit, info);
    }
  }
  const Breaker& breaker = policy_.breaker;
  if (breaker.max_violations == 0) return;
  out_ += "\nnothing for " + FormatDuration({breaker.suspend_us}) + " after " +
          std::to_string(breaker.max_violations) + " denials within " +
          FormatDuration({breaker.window_us}) + "\n";
}

void Writer::Forbidden(const Forbid& forbid) {
  out_ += "never " + program_.actions[forbid.action].name + On(forbid.patterns);
  if (forbid.shape != kNone) out_ += ", where it applies";
  if (forbid.unless_approvers != 0) {
    out_ +=
        ", unless approved by " + Joined(engine::ApproverNames(program_, forbid.unless_approvers));
  }
  out_ += " (" + Place(forbid.info.span) + ")\n";
}

std::string Writer::Write(const GrantSpec* grant) {
  Head(grant);
  for (const uint32_t index : policy_.capabilities) Rule(program_.capabilities[index]);
  if (policy_.capabilities.empty()) out_ += "\nmay do nothing\n";
  if (!policy_.forbids.empty()) out_ += "\n";
  for (const uint32_t index : policy_.forbids) Forbidden(program_.forbids[index]);
  Limits();
  return std::move(out_);
}

}  // namespace

Result<std::string> ConsentText(const Program& program, std::string_view policy,
                                const GrantSpec* grant) {
  const auto found = std::ranges::find(program.policies, policy, &Policy::name);
  if (found == program.policies.end()) {
    return Fail("unknown-policy", "no policy `" + OneLine(policy) + "`");
  }
  Writer writer(program, *found);
  if (const Result<void> bound = writer.Bind(grant); !bound) {
    return std::unexpected(bound.error());
  }
  return writer.Write(grant);
}

}  // namespace cap

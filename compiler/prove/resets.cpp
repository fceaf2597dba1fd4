#include "compiler/prove/resets.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace cap::prove {
namespace {

/// A term, with the constants that it counts by.
struct Counted {
  const LimitTerm* term = nullptr;
  const std::vector<ConstSource>* consts = nullptr;
  const Program* program = nullptr;
  bool shared = false;
};

template <typename Rule>
void Take(const Program& program, const Rule& rule, bool shared, std::vector<Counted>& out) {
  for (const LimitTerm& term : rule.terms) {
    out.push_back({&term, &rule.consts, &program, shared});
  }
}

/// As the changes of constants name it.
std::string OwnerOf(const Counted& counted) {
  return (counted.shared ? "limit " : "") + counted.term->owner;
}

std::vector<Counted> TermsOf(const Side& side, const std::string& action) {
  std::vector<Counted> out;
  const Program& program = *side.program;
  for (const uint32_t index : side.of().capabilities) {
    const Capability& capability = program.capabilities[index];
    if (program.actions[capability.action].name == action) Take(program, capability, false, out);
  }
  for (const uint32_t index : side.of().limits) {
    const SharedLimit& limit = program.limits[index];
    if (program.actions[limit.action].name == action) Take(program, limit, true, out);
  }
  return out;
}

/// Whether a quota is of all time. Nothing: it is no quota.
std::optional<bool> IsTotal(const Counted& counted) {
  const LimitOperand& period = counted.term->period;
  if (counted.term->kind != LimitKind::kQuota ||
      period.source != LimitOperand::Source::kConst) {
    return std::nullopt;
  }
  const ConstSource& source = (*counted.consts)[period.index];
  if (source.bound) return std::nullopt;
  const auto* member = std::get_if<EnumMember>(&counted.program->values[source.index].v);
  if (member == nullptr) return std::nullopt;
  return member->name == kPeriodNames[static_cast<size_t>(Period::kTotal)];
}

bool SameName(const LimitTerm& a, const LimitTerm& b) {
  return a.policy == b.policy && a.owner == b.owner && a.name == b.name && a.reset == b.reset;
}

bool IsHistory(const LimitTerm& term) {
  return term.kind == LimitKind::kAfter || term.kind == LimitKind::kNotAfter;
}

}  // namespace

void AddResets(const Side& before, const Side& after, const std::string& action,
               std::vector<Change>& out) {
  const std::vector<Counted> news = TermsOf(after, action);
  for (const Counted& old : TermsOf(before, action)) {
    const auto now = std::ranges::find_if(
        news, [&](const Counted& each) { return SameName(*old.term, *each.term); });
    if (now == news.end() || IsHistory(*old.term) || IsHistory(*now->term)) continue;
    const std::optional<bool> was = IsTotal(old);
    const std::optional<bool> is = IsTotal(*now);
    const std::string& name = old.term->name;
    if (old.term->kind != now->term->kind) {
      out.push_back({OwnerOf(old), fmt::format("{}: it counts in another way, so that what was "
                                                  "counted is forgotten", name)});
    } else if (was && is && *was != *is) {
      out.push_back({OwnerOf(old),
                     fmt::format("{}: its counter is of {}, and is for {} now: whoever has one is "
                                 "denied (constraint_fault) until a `reset: \"…\"` is written or "
                                 "`capc state reset` was run",
                                 name, *was ? "all time" : "a period",
                                 *is ? "all time" : "a period")});
    }
  }
}

}  // namespace cap::prove

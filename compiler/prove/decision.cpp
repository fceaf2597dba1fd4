#include "compiler/prove/decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "runtime/base/limits.h"
#include "runtime/program/print.h"
#include "runtime/value/date.h"
#include "runtime/value/instant.h"
#include "runtime/value/segment.h"
#include "runtime/value/text.h"

namespace cap::prove {
namespace {

/// The text that a constant of a pattern stands for; nothing if it has none.
std::optional<std::string> SegmentOf(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.v)) return *text;
  if (const auto* number = std::get_if<int64_t>(&value.v)) return std::to_string(*number);
  if (const auto* member = std::get_if<EnumMember>(&value.v)) return member->name;
  if (const auto* instant = std::get_if<Instant>(&value.v)) return FormatInstant(*instant);
  if (const auto* date = std::get_if<Date>(&value.v)) return FormatDate(*date);
  return std::nullopt;
}

}  // namespace

Decider::Hole Decider::MakeHole(const ResourceHole& hole, const Cell& cell) {
  Hole made{cell.present, cell.value, &hole};
  const Type& type = program_.types[hole.type];
  Texts& texts = world_.texts();
  if (hole.email_domain) {
    made.value.word = type.kind == TypeKind::kUrl ? texts.Part(UrlPart::kHost, made.value.word)
                                                  : texts.Domain(made.value.word);
  }
  if (type.kind == TypeKind::kEnum) {
    Expr legal = world_.False();
    const std::vector<std::string>& members = program_.enums[type.ref].members;
    for (size_t i = 0; i < members.size(); ++i) {
      if (!IsLegalSegment(members[i])) continue;
      legal = Or(legal, made.value.word == world_.Int(static_cast<int64_t>(i)));
    }
    made.valid = And(made.valid, legal);
  } else if (type.kind == TypeKind::kUrl && !hole.email_domain) {
    made.valid = world_.False();  // a whole url is no segment
  } else if (made.value.kind == ValueClass::kStr && !hole.email_domain) {
    made.valid = And(made.valid, texts.LegalSegment(made.value.word));
  }
  return made;
}

std::vector<Decider::Derived> Decider::Resources(const Action& action) {
  std::vector<Derived> out;
  if (!action.has_resource) return {{world_.True(), {}}};
  const Resource& resource = action.resource;
  const auto add = [&](const Expr& there, const Element* element) {
    Derived one{there, {}};
    for (const ResourceHole& hole : resource.holes) {
      const Cell& cell = hole.source == HoleSource::kSlot ? encoder_.Slot(hole.index)
                                                           : element->cells[hole.index];
      one.holes.push_back(MakeHole(hole, cell));
    }
    out.push_back(std::move(one));
  };
  if (resource.each_slot == kNone) {
    add(world_.True(), nullptr);
    return out;
  }
  const Cell& cell = encoder_.Slot(resource.each_slot);
  if (cell.value.list == nullptr) throw TooLarge("resources of a closed set are not known here");
  for (const Element& element : cell.value.list->elements) {
    add(And(cell.present, element.there), &element);
  }
  return out;
}

void Decider::AskOfEach(const Action& action, const std::string& question) {
  if (action.resource.each_slot == kNone) return;
  for (const std::string& root : encoder_.Slot(action.resource.each_slot).value.list->roots) {
    world_.sizes().Ask(root, question);
  }
}

Expr Decider::AllDerived(const Action& action, const std::vector<Derived>& resources) {
  if (!action.has_resource) return world_.True();
  Expr good = world_.True();
  if (action.resource.each_slot != kNone) {
    const Cell& cell = encoder_.Slot(action.resource.each_slot);
    good = And(cell.present, cell.value.list->size > 0);
  }
  for (const Derived& resource : resources) {
    for (const Hole& hole : resource.holes) {
      good = And(good, Implies(resource.there, hole.valid));
    }
  }
  AskOfEach(action, "derived:" + action.name);
  return good;
}

Expr Decider::HoleIsText(const Hole& hole, const std::string& text) {
  const Type& type = program_.types[hole.of->type];
  const auto is_word = [&](int64_t word) { return hole.value.word == world_.Int(word); };
  if (type.kind == TypeKind::kInt) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && std::to_string(number) == text ? is_word(number)
                                                                  : world_.False();
  }
  if (type.kind == TypeKind::kEnum) {
    const std::vector<std::string>& members = program_.enums[type.ref].members;
    const auto found = std::ranges::find(members, text);
    return found == members.end() ? world_.False() : is_word(found - members.begin());
  }
  if (type.kind == TypeKind::kInstant) {
    const Result<Instant> instant = ParseInstant(text);
    return instant && FormatInstant(*instant) == text ? is_word(instant->us) : world_.False();
  }
  if (type.kind == TypeKind::kDate) {
    const Result<Date> date = ParseDate(text);
    return date ? is_word(date->days) : world_.False();
  }
  if (IsCanonicalKind(type.kind)) {
    const Result<std::string> part = CanonicalSegment(type.kind, hole.of->email_domain, text);
    return part ? hole.value.word == world_.texts().Literal(*part) : world_.False();
  }
  return hole.value.word == world_.texts().Literal(text);
}

Expr Decider::HoleIsValue(const Hole& hole, TypeIndex type, const Sym& value) {
  const TypeKind own = program_.types[hole.of->type].kind;
  const Type& other = program_.types[type];
  if (other.kind == TypeKind::kEnum) {
    Expr is = world_.False();
    const std::vector<std::string>& members = program_.enums[other.ref].members;
    for (size_t i = 0; i < members.size(); ++i) {
      const Expr chosen = value.word == world_.Int(static_cast<int64_t>(i));
      is = Or(is, And(chosen, HoleIsText(hole, members[i])));
    }
    return is;
  }
  if (own == other.kind && !hole.of->email_domain) return hole.value.word == value.word;
  Texts& texts = world_.texts();
  if (own == TypeKind::kString && other.kind == TypeKind::kInt) {
    return hole.value.word == texts.OfInt(value.word);
  }
  if (own == TypeKind::kInt && other.kind == TypeKind::kString) {
    return texts.OfInt(hole.value.word) == value.word;
  }
  if (own == TypeKind::kString && other.kind == TypeKind::kEmail) {
    return hole.value.word == value.word;
  }
  // A text may be another spelling of the same email. How, is not known here: any way, the same for
  // the same two.
  world_.Keep(hole.value.word);
  world_.Keep(value.word);
  const Expr otherwise = world_.context().bool_const(
      fmt::format("meets:{}:{}", IdOf(hole.value.word), IdOf(value.word)).c_str());
  if (value.kind != ValueClass::kStr || hole.value.kind != ValueClass::kStr) return otherwise;
  world_.Prefer(Not(otherwise));
  return Or(otherwise, hole.value.word == value.word);
}

Expr Decider::HoleIs(const Hole& hole, const PatternHole& pattern) {
  if (!pattern.value.bound) {
    const std::optional<std::string> text = SegmentOf(program_.values[pattern.value.index]);
    return text ? And(hole.valid, HoleIsText(hole, *text)) : world_.False();
  }
  const TypeIndex type = program_.bound[pattern.value.index].type;
  const Sym bound = bound_.Value(world_, pattern.value.index);
  const Type& t = program_.types[type];
  if (t.kind != TypeKind::kSet) return And(hole.valid, HoleIsValue(hole, type, bound));
  Expr is = world_.False();
  if (bound.kind == ValueClass::kMask) {
    const std::vector<std::string>& members = program_.enums[program_.types[t.element].ref].members;
    for (size_t i = 0; i < members.size(); ++i) {
      is = Or(is, And(bound.members[i], HoleIsText(hole, members[i])));
    }
    return And(hole.valid, is);
  }
  for (const Element& element : bound.list->elements) {
    const Sym& value = element.cells[0].value;
    is = Or(is, And(element.there, HoleIsValue(hole, t.element, value)));
  }
  world_.Keep(hole.value.word);
  for (const std::string& root : bound.list->roots) {
    world_.sizes().Ask(root, fmt::format("pattern:{}", IdOf(hole.value.word)));
  }
  return And(hole.valid, is);
}

Expr Decider::Matches(const std::vector<Pattern>& patterns, const Derived& resource) {
  Expr any = world_.False();
  for (const Pattern& pattern : patterns) {
    Expr all = world_.True();
    for (const PatternHole& hole : pattern.holes) {
      all = And(all, HoleIs(resource.holes[hole.hole], hole));
    }
    any = Or(any, all);
  }
  return any;
}

Expr Decider::Covers(const Capability& capability, const Action& action,
                     const std::vector<Derived>& resources) {
  Expr covers = world_.True();
  std::string key = "covered";
  for (const Derived& resource : resources) {
    const Expr matches = Matches(capability.patterns, resource);
    if (key == "covered") key += fmt::format(":{}", IdOf(matches));
    world_.Keep(matches);
    covers = And(covers, Implies(resource.there, matches));
  }
  AskOfEach(action, key);
  return covers;
}

Expr Decider::AnyMatches(const Forbid& forbid, const Action& action,
                         const std::vector<Derived>& resources) {
  if (forbid.patterns.empty()) return world_.True();
  Expr any = world_.False();
  std::string key = "forbidden";
  for (const Derived& resource : resources) {
    const Expr matches = Matches(forbid.patterns, resource);
    if (key == "forbidden") key += fmt::format(":{}", IdOf(matches));
    world_.Keep(matches);
    any = Or(any, And(resource.there, matches));
  }
  AskOfEach(action, key);
  return any;
}

/// Grants are there: what their patterns insert is a segment.
void Decider::AssumeMinted(const std::vector<Pattern>& patterns) {
  for (const Pattern& pattern : patterns) {
    for (const PatternHole& hole : pattern.holes) {
      if (!hole.value.bound) continue;
      const Sym bound = bound_.Value(world_, hole.value.index);
      if (bound.kind == ValueClass::kStr) {
        world_.Assume(world_.texts().LegalSegment(bound.word));
      } else if (bound.list != nullptr) {
        for (const Element& element : bound.list->elements) {
          const Sym& value = element.cells[0].value;
          if (value.kind != ValueClass::kStr) continue;
          world_.Assume(Implies(element.there, world_.texts().LegalSegment(value.word)));
        }
        for (const std::string& root : bound.list->roots) world_.sizes().Ask(root, "minted");
      }
    }
  }
}

std::string Decider::ObligationKey(const Capability& capability, const ClauseInfo& info) {
  const ObligationType& type = program_.obligations[info.obligation];
  std::string key = fmt::format("{}@{}", type.name, type.version);
  for (size_t i = 0; i < info.obligation_consts.size(); ++i) {
    const ConstSource& source = capability.consts[info.obligation_consts[i]];
    key += fmt::format("{}{}: {}", i == 0 ? " " : ", ", type.parameters[i].name,
                       source.bound ? bound_.Text(source.index)
                                    : PrintValue(program_, program_.values[source.index]));
  }
  return key;
}

void Decider::DecideForbids(const Action& action, const std::vector<Derived>& resources,
                            Expr& denies, Expr& steps_up) {
  for (const uint32_t index : policy_.forbids) {
    const Forbid& forbid = program_.forbids[index];
    if (&program_.actions[forbid.action] != &action) continue;
    AssumeMinted(forbid.patterns);
    Expr acts = AnyMatches(forbid, action, resources);
    if (forbid.shape != kNone) {
      acts = And(acts, Not(encoder_.Clause(forbid.shape, 0, forbid.consts).no));
    }
    if (forbid.unless_approvers == 0) {
      denies = Or(denies, acts);
      continue;
    }
    Expr lifted = world_.True();
    for (size_t i = 0; i < program_.approvers.size(); ++i) {
      if ((forbid.unless_approvers >> i & 1) == 0) continue;
      lifted = And(lifted, world_.Approved(program_.approvers[i]));
    }
    steps_up = Or(steps_up, And(acts, Not(lifted)));
  }
}

void Decider::DecideCapabilities(const Action& action, const std::vector<Derived>& resources,
                                 Verdict& verdict) {
  std::vector<uint32_t> own;
  for (const uint32_t index : policy_.capabilities) {
    if (&program_.actions[program_.capabilities[index].action] == &action) own.push_back(index);
  }
  // Of several that permit, the first by name is charged, and brings its obligations.
  std::ranges::stable_sort(own, {}, [&](uint32_t index) {
    return std::pair(program_.capabilities[index].name, index);
  });
  for (const uint32_t index : own) {
    const Capability& capability = program_.capabilities[index];
    const Shape& shape = program_.shapes[capability.shape];
    AssumeMinted(capability.patterns);
    Expr admits = Covers(capability, action, resources);
    Expr asks = world_.False();
    std::vector<std::pair<std::string, Expr>> brings;
    for (uint32_t i = 0; i < shape.clause_count; ++i) {
      const Sym value = encoder_.Clause(capability.shape, i, capability.consts);
      const ClauseKind kind = program_.clauses[shape.first_clause + i].kind;
      if (kind == ClauseKind::kRequire) admits = And(admits, value.yes);
      if (kind == ClauseKind::kStepUp) asks = Or(asks, Not(value.yes));
      if (kind != ClauseKind::kOblige) continue;
      brings.emplace_back(ObligationKey(capability, capability.clauses[i]), Not(value.yes));
    }
    admits = And(admits, HasRoom(capability));
    const Expr permits = And(admits, Not(asks));
    const Expr charged = And(permits, Not(verdict.permit));
    for (const auto& [key, when] : brings) {
      const auto at = verdict.obligations.try_emplace(key, world_.False()).first;
      at->second = Or(at->second, And(charged, when));
    }
    verdict.permit = Or(verdict.permit, permits);
    verdict.step_up = Or(verdict.step_up, And(admits, asks));
  }
}

std::optional<Sym> Decider::Operand(const LimitOperand& operand,
                                    const std::vector<ConstSource>& consts) {
  using Source = LimitOperand::Source;
  switch (operand.source) {
    case Source::kConst: return encoder_.Constant(operand.type, consts[operand.index]);
    case Source::kSlot: return encoder_.Slot(operand.index).value;
    case Source::kAbsent:
    case Source::kInst: return std::nullopt;
  }
  return std::nullopt;
}

/// Whether the rule's counters have room for the call when nobody has touched them: who has less
/// room lets through no more. What is computed may be anything.
template <typename Rule>
Expr Decider::HasRoom(const Rule& rule) {
  Expr all = world_.True();
  for (const LimitTerm& term : rule.terms) {
    const bool rate = term.kind == LimitKind::kRate;
    const bool counts = rate || term.kind == LimitKind::kRecent ||
                        term.kind == LimitKind::kQuota || term.kind == LimitKind::kGauge;
    if (!counts) continue;
    const std::optional<Sym> amount = Operand(term.amount, rule.consts);
    const std::optional<Sym> limit = Operand(rate ? term.burst : term.limit, rule.consts);
    const bool one = rate && term.burst.source == LimitOperand::Source::kAbsent;
    if (!amount || (!limit && !one)) continue;
    const Expr most = one ? world_.Int(int64_t{1}) : limit->word;
    const Expr fits = And(amount->word <= most, most <= world_.Int(limits::kQuantity));
    all = And(all, Or(encoder_.Clause(rule.shape, term.clause, rule.consts).yes, fits));
  }
  return all;
}

/// What the shared limits ask of the call; what they count is a question of its own (limits.h).
Expr Decider::LimitsRequire(const Action& action) {
  Expr all = world_.True();
  for (const uint32_t index : policy_.limits) {
    const SharedLimit& limit = program_.limits[index];
    if (&program_.actions[limit.action] != &action) continue;
    const Shape& shape = program_.shapes[limit.shape];
    for (uint32_t i = 0; i < shape.clause_count; ++i) {
      if (program_.clauses[shape.first_clause + i].kind != ClauseKind::kRequire) continue;
      all = And(all, encoder_.Clause(limit.shape, i, limit.consts).yes);
    }
    all = And(all, HasRoom(limit));
  }
  return all;
}

Verdict Decider::DecideAction(const Action& action) {
  const std::vector<Derived> resources = Resources(action);
  Expr denies = world_.False();
  Expr pending = world_.False();
  DecideForbids(action, resources, denies, pending);
  Verdict found{world_.False(), world_.False(), {}};
  DecideCapabilities(action, resources, found);
  const Expr open = And(And(Not(denies), LimitsRequire(action)), AllDerived(action, resources));
  Verdict made{And(open, And(found.permit, Not(pending))), world_.False(), found.obligations};
  made.step_up = And(open, And(Or(found.permit, found.step_up), Not(made.permit)));
  return made;
}

CallVerdict Decider::Decide(const Tool& tool) {
  encoder_.Use(tool);
  CallVerdict call{{world_.False(), world_.False(), {}}, {}};
  Expr some = world_.False();
  Expr all_permit = world_.True();
  Expr none_deny = world_.True();
  for (const uint32_t index : tool.actions) {
    const Action& action = program_.actions[index];
    ActionVerdict own{action.name, world_.True(), DecideAction(action)};
    if (action.guard != kNone) {
      own.is = Not(encoder_.Clause(action.guard, 0, action.guard_consts).no);
    }
    some = Or(some, own.is);
    const Verdict& verdict = own.verdict;
    all_permit = And(all_permit, Implies(own.is, verdict.permit));
    none_deny = And(none_deny, Implies(own.is, Or(verdict.permit, verdict.step_up)));
    for (const auto& [key, when] : verdict.obligations) {
      const auto at = call.whole.obligations.try_emplace(key, world_.False()).first;
      at->second = Or(at->second, And(own.is, when));
    }
    call.actions.push_back(std::move(own));
  }
  call.whole.permit = And(some, all_permit);
  call.whole.step_up = And(some, And(none_deny, Not(all_permit)));
  return call;
}

}  // namespace cap::prove

#include "compiler/policytest/branches.h"

#include <string_view>

namespace cap::policytest {

namespace {

SourcePlace PlaceOf(const Program& program, const Span& span) {
  const std::string file = span.file < program.files.size() ? program.files[span.file] : "";
  return {file, span.line, span.column, span.length};
}

/// Whether the instruction is a condition that is made of no other ones.
bool IsCondition(const Program& program, const Inst& inst) {
  const bool logic = inst.op == Op::kNot || inst.op == Op::kAnd || inst.op == Op::kOr ||
                     inst.op == Op::kActs || inst.op == Op::kConst;
  // What the compiler asks of a limit's numbers and keys is nobody's condition.
  const bool charge = inst.op == Op::kWordCharge || inst.op == Op::kMoneyCharge ||
                      inst.op == Op::kUsable;
  return !logic && !charge && program.types[inst.type].kind == TypeKind::kBool;
}

/// Whether the policy's own operator is the opposite of the instruction: `<=` is made of `<`.
bool IsInverted(const Program& program, uint32_t shape, const Clause& clause, uint32_t spans,
                uint32_t at) {
  if (spans == kNone) return false;
  for (uint32_t user = at + 1; user < clause.end; ++user) {
    const Inst& inst = program.insts[program.shapes[shape].first_inst + user];
    if (inst.op != Op::kNot || inst.a != at) continue;
    if (program.spans[spans + user] == program.spans[spans + at]) return true;
  }
  return false;
}

const cap::Clause* ClauseOf(const Program& program, uint32_t shape, size_t nth) {
  return &program.clauses[program.shapes[shape].first_clause + nth];
}

/// The shape that a rule's clauses are of; kNone: it has none.
uint32_t ShapeOf(const Program& program, const ExplainedRule& rule) {
  switch (rule.kind) {
    case ExplainedRule::Kind::kAction: return program.actions[rule.index].guard;
    case ExplainedRule::Kind::kForbid: return program.forbids[rule.index].shape;
    case ExplainedRule::Kind::kCapability: return program.capabilities[rule.index].shape;
  }
  return kNone;
}

/// Where the spans of the rule's instructions begin; kNone: they have none.
uint32_t SpansOf(const Program& program, const ExplainedRule& rule) {
  switch (rule.kind) {
    case ExplainedRule::Kind::kAction: return kNone;
    case ExplainedRule::Kind::kForbid: return program.forbids[rule.index].first_inst_span;
    case ExplainedRule::Kind::kCapability: return program.capabilities[rule.index].first_inst_span;
  }
  return kNone;
}

}  // namespace

std::string WordsAt(const SourceMap& sources, const SourcePlace& place) {
  if (place.line == 0 || place.column == 0) return {};
  for (uint32_t i = 0; i < sources.size(); ++i) {
    const FileId file{i};
    if (sources.file(file).path != place.file) continue;
    if (place.line > sources.file(file).line_begins.size()) return {};
    const std::string_view line = sources.LineText(file, place.line);
    if (place.column > line.size()) return {};
    return std::string(line.substr(place.column - 1, place.length));
  }
  return {};
}

Branches::Key Branches::KeyOf(const SourcePlace& used, const SourcePlace& place, uint32_t nth) {
  return {Place{used.file, used.line, used.column, used.length},
          Place{place.file, place.line, place.column, place.length}, nth};
}

void Branches::Declare(const std::string& source, const Program& program,
                       const SourceMap& sources) {
  std::map<Key, Part>& parts = sources_[source];
  const auto add = [&](uint32_t shape, size_t nth, const SourcePlace& used, uint32_t spans) {
    const cap::Clause& clause = *ClauseOf(program, shape, nth);
    for (uint32_t at = clause.begin; at < clause.end; ++at) {
      const Inst& inst = program.insts[program.shapes[shape].first_inst + at];
      if (!IsCondition(program, inst)) continue;
      const SourcePlace place =
          spans == kNone ? used : PlaceOf(program, program.spans[spans + at]);
      Part part{WordsAt(sources, place), place, used};
      if (part.words.empty() || spans == kNone) part.words = InfoOf(inst.op).text;
      parts.emplace(KeyOf(used, place, spans == kNone ? at : 0), std::move(part));
    }
  };
  for (const Capability& capability : program.capabilities) {
    for (size_t i = 0; i < capability.clauses.size(); ++i) {
      add(capability.shape, i, PlaceOf(program, capability.clauses[i].span),
          capability.first_inst_span);
    }
  }
  for (const Forbid& forbid : program.forbids) {
    if (forbid.shape == kNone) continue;
    add(forbid.shape, 0, PlaceOf(program, forbid.info.span), forbid.first_inst_span);
  }
  for (const Action& action : program.actions) {
    if (action.guard != kNone) add(action.guard, 0, PlaceOf(program, action.span), kNone);
  }
}

void Branches::Note(const std::string& source, const Program& program,
                    const CallExplanation& explanation) {
  std::map<Key, Part>& parts = sources_[source];
  for (const ExplainedRule& rule : explanation.rules) {
    const uint32_t shape = ShapeOf(program, rule);
    const bool guard = rule.kind == ExplainedRule::Kind::kAction;
    for (size_t i = 0; i < rule.clauses.size(); ++i) {
      const ExplainedClause& clause = rule.clauses[i];
      if (clause.outcome == ClauseOutcome::kSkipped) continue;
      const uint32_t begin = ClauseOf(program, shape, i)->begin;
      const uint32_t spans = SpansOf(program, rule);
      for (uint32_t nth = 0; nth < clause.parts.size(); ++nth) {
        const ExplainedPart& seen = clause.parts[nth];
        const Inst& inst = program.insts[program.shapes[shape].first_inst + begin + nth];
        if (seen.fault || !seen.ran || !IsCondition(program, inst)) continue;
        const auto found =
            parts.find(KeyOf(clause.place, guard ? clause.place : seen.place,
                             guard ? begin + nth : 0));
        if (found == parts.end()) continue;
        const bool inverted =
            IsInverted(program, shape, *ClauseOf(program, shape, i), spans, begin + nth);
        const bool value = (seen.value == "true") != inverted;
        (value ? found->second.seen_true : found->second.seen_false) = true;
      }
    }
  }
}

std::vector<std::pair<std::string, std::vector<Branches::Part>>> Branches::Result() const {
  std::vector<std::pair<std::string, std::vector<Part>>> result;
  for (const auto& [source, parts] : sources_) {
    std::vector<Part>& list = result.emplace_back(source, std::vector<Part>{}).second;
    for (const auto& [key, part] : parts) list.push_back(part);
  }
  return result;
}

}  // namespace cap::policytest

#include "compiler/cli/explain_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "compiler/diag/json_text.h"
#include "compiler/policytest/branches.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

using diag::JsonQuote;

constexpr size_t kIndent = 2;
constexpr size_t kValueColumn = 48;
constexpr size_t kMostIndent = 40;  // what is nested deeper stands below each other

bool SamePlace(const SourcePlace& a, const SourcePlace& b) {
  return a.line != 0 && a.file == b.file && a.line == b.line && a.column == b.column &&
         a.length == b.length;
}

std::string At(const SourcePlace& place) {
  if (place.line == 0) return "";
  return fmt::format("  {}:{}:{}", place.file, place.line, place.column);
}

using policytest::WordsAt;

class Tree {
 public:
  Tree(const ExplainedClause& clause, const SourceMap& sources, std::string& out)
      : clause_(clause), sources_(sources), out_(out), shown_(clause.parts.size(), false) {}

  /// Each part once: what is used again was shown before. Its own stack, since conditions nest as
  /// deep as their author likes.
  void Write() {
    std::vector<std::pair<uint32_t, size_t>> open{{clause_.root, 2 * kIndent}};
    while (!open.empty()) {
      const auto [top, indent] = open.back();
      open.pop_back();
      const uint32_t at = Asked(top);
      if (shown_[at]) continue;
      shown_[at] = true;
      const ExplainedPart& part = clause_.parts[at];
      Line(part, indent);
      const std::vector<uint32_t> below = Below(at);
      for (auto child = below.rbegin(); child != below.rend(); ++child) {
        open.emplace_back(*child, indent + kIndent);
      }
    }
  }

 private:
  /// A guard is asked whether it acts, and is then turned around: what it says itself is shown.
  uint32_t Asked(uint32_t at) const {
    while (true) {
      const ExplainedPart& part = clause_.parts[at];
      if (part.parts.empty()) return at;
      const ExplainedPart& below = clause_.parts[part.parts[0]];
      const bool turned =
          part.text == "not" && below.text == "acts" && SamePlace(part.place, below.place);
      if (part.text != "acts" && !turned) return at;
      at = part.parts[0];
    }
  }

  /// The parts of a part. What the compiler made of one operator of the policy is one of it.
  std::vector<uint32_t> Below(uint32_t at) {
    std::vector<uint32_t> below;
    std::vector<uint32_t> open{at};
    while (!open.empty()) {
      const uint32_t of = open.back();
      open.pop_back();
      for (const uint32_t child : clause_.parts[of].parts) {
        const ExplainedPart& part = clause_.parts[child];
        const bool same = SamePlace(part.place, clause_.parts[at].place) && !part.parts.empty();
        if (!same) {
          // That a literal is what it is need not be said.
          const bool literal = part.text == "const" && WordsAt(sources_, part.place) == part.value;
          if (!literal) below.push_back(child);
        } else if (!shown_[child]) {
          shown_[child] = true;
          open.push_back(child);
        }
      }
    }
    std::ranges::stable_sort(below, {}, [this](uint32_t child) {
      const SourcePlace& place = clause_.parts[child].place;
      return std::pair(place.line, place.column);
    });
    return below;
  }

  void Line(const ExplainedPart& part, size_t indent) {
    const std::string words = WordsAt(sources_, part.place);
    std::string line = std::string(std::min(indent, kMostIndent), ' ');
    line += OneLine(words.empty() ? part.text : words);
    std::string value = part.fault ? "fault" : part.value;
    if (!part.ran) value = "no element";
    if (part.element != kNone) value += fmt::format(", by element {}", part.element);
    line.resize(std::max(line.size() + kIndent, kValueColumn), ' ');
    out_ += line + OneLine(value) + "\n";
  }

  const ExplainedClause& clause_;
  const SourceMap& sources_;
  std::string& out_;
  std::vector<bool> shown_;
};

std::string_view Meaning(const ExplainedRule& rule) {
  if (rule.kind == ExplainedRule::Kind::kAction) {
    return rule.stage == "yes" ? "the call is this action" : "the call is not this action";
  }
  if (rule.stage == "resource") return "is for other resources";
  if (rule.stage == "no") return "does not act";
  if (rule.stage == "acts") return "acts";
  if (rule.stage == "lifted") return "is lifted by an approval";
  if (rule.stage == "clauses") return "a clause is not true";
  if (rule.stage == "step-up") return "needs an approval first";
  return "permits";
}

std::string PlaceJson(const SourcePlace& place) {
  if (place.line == 0) return "null";
  return fmt::format(R"({{"file":{},"line":{},"column":{},"length":{}}})", JsonQuote(place.file),
                     place.line, place.column, place.length);
}

std::string PartJson(const ExplainedPart& part, const SourceMap& sources) {
  std::string below;
  for (const uint32_t child : part.parts) {
    below += (below.empty() ? "" : ",") + std::to_string(child);
  }
  const std::string words = WordsAt(sources, part.place);
  return fmt::format(
      R"({{"op":{},"source":{},"value":{},"fault":{},"ran":{},"element":{},)"
      R"("place":{},"parts":[{}]}})",
      JsonQuote(part.text), words.empty() ? "null" : JsonQuote(words),
      part.fault ? "null" : JsonQuote(part.value), part.fault, part.ran,
      part.element == kNone ? "null" : std::to_string(part.element), PlaceJson(part.place), below);
}

}  // namespace

std::string ExplanationText(const CallExplanation& explanation, const SourceMap& sources) {
  std::string out;
  for (const ExplainedRule& rule : explanation.rules) {
    const bool named = rule.kind != ExplainedRule::Kind::kForbid;
    out += OneLine(fmt::format("{} {}: {}{}", NameOf(rule.kind), named ? rule.name : rule.action,
                               Meaning(rule), At(rule.place))) +
           "\n";
    for (const ExplainedClause& clause : rule.clauses) {
      out += OneLine(fmt::format("  {}: {}{}", clause.name, NameOf(clause.outcome),
                                 At(clause.place))) +
             "\n";
      if (clause.outcome != ClauseOutcome::kSkipped) Tree(clause, sources, out).Write();
    }
  }
  return out;
}

std::string ExplanationJson(const CallExplanation& explanation, const SourceMap& sources) {
  std::string rules;
  for (const ExplainedRule& rule : explanation.rules) {
    std::string clauses;
    for (const ExplainedClause& clause : rule.clauses) {
      std::string parts;
      for (const ExplainedPart& part : clause.parts) {
        parts += (parts.empty() ? "" : ",") + PartJson(part, sources);
      }
      clauses += fmt::format(
          R"({}{{"clause":{},"outcome":{},"place":{},"root":{},"parts":[{}]}})",
          clauses.empty() ? "" : ",", JsonQuote(clause.name), JsonQuote(NameOf(clause.outcome)),
          PlaceJson(clause.place), clause.root, parts);
    }
    rules += fmt::format(
        R"({}{{"rule":{},"name":{},"action":{},"stage":{},"place":{},"clauses":[{}]}})",
        rules.empty() ? "" : ",", JsonQuote(NameOf(rule.kind)), JsonQuote(rule.name),
        JsonQuote(rule.action), JsonQuote(rule.stage), PlaceJson(rule.place), clauses);
  }
  return "[" + rules + "]";
}

}  // namespace cap::cli

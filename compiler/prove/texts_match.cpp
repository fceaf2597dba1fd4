// Regular expressions, prefixes, suffixes and parts of texts: together they are a question to
// automata, and which answers one text can give to all of them is known exactly.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/prove/texts.h"
#include "runtime/program/abi.h"

namespace cap::prove {
namespace {

constexpr size_t kWays = 128;     // more are not told to the solver
constexpr size_t kTexts = 60;     // that are looked at for one that does what a model says

bool MatchesText(const Table& pattern, const std::string& text) {
  const Slot slot = StringSlot(text);
  const Slot table = SlotOf(pattern);
  return StandardCallOuts().str_matches(&slot, &table) != 0;
}

}  // namespace

z3::func_decl Texts::MatchDecl(const Table& pattern) {
  const auto same = [&](const Table* other) { return other->words == pattern.words; };
  const auto found = std::ranges::find_if(patterns_, same);
  const auto number = found - patterns_.begin();
  if (found == patterns_.end()) patterns_.push_back(&pattern);
  return z3::function(fmt::format("text.matches!{}", number).c_str(), context_.real_sort(),
                      context_.bool_sort());
}

Expr Texts::Matches(const Expr& text, const Table& pattern) {
  if (const std::string* literal = LiteralOf(text)) {
    return context_.bool_val(MatchesText(pattern, *literal));
  }
  const Expr holds = MatchDecl(pattern)(text);
  if (match_ids_.insert(IdOf(holds)).second) matches_.push_back({text, &pattern, holds});
  return holds;
}

std::vector<Texts::Questions> Texts::QuestionsOfTexts() {
  std::map<uint32_t, Questions> by_text;
  const auto add = [&](const Expr& text, const Expr& holds, Automaton automaton) {
    Questions& own = by_text.try_emplace(IdOf(text), Questions{text, {}, {}, {}}).first->second;
    own.holds.push_back(holds);
    own.automata.push_back(std::move(automaton));
  };
  for (const Match& at : matches_) add(at.text, at.holds, Automaton::OfTable(*at.pattern));
  for (const Application& at : applications_) {
    const std::string* part = LiteralOf(at.part);
    if (part == nullptr || part->empty()) continue;
    switch (at.relation) {
      case Relation::kPrefix: add(at.text, at.holds, Automaton::WithPrefix(*part)); break;
      case Relation::kSuffix: add(at.text, at.holds, Automaton::WithSuffix(*part)); break;
      case Relation::kContains: add(at.text, at.holds, Automaton::WithPart(*part)); break;
      case Relation::kUnder: break;
    }
  }
  std::vector<Questions> out;
  for (auto& [id, questions] : by_text) out.push_back(std::move(questions));
  return out;
}

void Texts::AddMatchAxioms(std::vector<Expr>& out) {
  for (const Table* pattern : patterns_) {
    const z3::func_decl decl = MatchDecl(*pattern);
    for (const auto& [text, expr] : literals_) {
      out.push_back(decl(expr) == context_.bool_val(MatchesText(*pattern, text)));
    }
  }
  const z3::func_decl length =
      z3::function("text.length", context_.real_sort(), context_.int_sort());
  questions_ = QuestionsOfTexts();
  for (Questions& of : questions_) {
    of.product = Product::Of(of.automata);
    if (!of.product || of.product->ways().size() > kWays) continue;
    const bool has_length = lengths_.contains(IdOf(of.text));
    Expr some = context_.bool_val(false);
    for (const Product::Way& way : of.product->ways()) {
      Expr all = context_.bool_val(true);
      for (size_t i = 0; i < of.holds.size(); ++i) {
        all = And(all, way.answers[i] ? of.holds[i] : Not(of.holds[i]));
      }
      if (has_length) {
        all = And(all, length(of.text) >= context_.int_val(static_cast<uint64_t>(way.shortest)));
      }
      some = Or(some, all);
    }
    out.push_back(some);
  }
}

std::vector<std::string> Texts::AutomatonTexts(const z3::model& model, const Expr& rank) const {
  const std::string own = model.eval(rank, true).to_string();
  for (const Questions& of : questions_) {
    if (!of.product || model.eval(of.text, true).to_string() != own) continue;
    std::vector<bool> answers;
    for (const Expr& holds : of.holds) answers.push_back(model.eval(holds, true).is_true());
    std::optional<size_t> length;
    for (const auto& [id, expr] : lengths_) {
      if (model.eval(expr, true).to_string() != own) continue;
      const Expr asked =
          z3::function("text.length", context_.real_sort(), context_.int_sort())(expr);
      uint64_t bytes = 0;
      if (model.eval(asked, true).is_numeral_u64(bytes)) length = bytes;
    }
    return of.product->TextsOf(answers, length, kTexts);
  }
  return {};
}

}  // namespace cap::prove

#include "compiler/parse/concrete.h"

#include <typeindex>
#include <unordered_map>

#include "compiler/parse/concrete_of.h"

namespace cap::parse {

namespace {

Alternative AlternativeOf(const antlr4::ParserRuleContext& context) {
  static const std::unordered_map<std::type_index, Alternative> kAlternatives = {
#define ALTERNATIVE(name) {typeid(CapParser::name##Context), Alternative::k##name},
#include "compiler/parse/alternatives.def"
#undef ALTERNATIVE
  };
  return kAlternatives.at(typeid(context));
}

/// Its recursion follows the nesting of the text, which CheckDepth() has bounded.
class Converter {
 public:
  explicit Converter(antlr4::BufferedTokenStream& tokens) {
    for (antlr4::Token* token : tokens.getTokens()) {
      number_.push_back(static_cast<uint32_t>(tree_.tokens.size()));
      const bool written = token->getChannel() == antlr4::Token::DEFAULT_CHANNEL &&
                           token->getType() != antlr4::Token::EOF;
      if (!written) continue;
      tree_.tokens.push_back({static_cast<uint32_t>(token->getStartIndex()),
                              static_cast<uint32_t>(token->getStopIndex() + 1)});
    }
  }

  Concrete Run(const CapParser::FileContext& file) {
    Add(file, 0, static_cast<uint32_t>(tree_.tokens.size()));
    return std::move(tree_);
  }

 private:
  uint32_t Add(const antlr4::ParserRuleContext& context, uint32_t first, uint32_t last) {
    const auto id = static_cast<uint32_t>(tree_.nodes.size());
    tree_.nodes.push_back(
        {.alternative = AlternativeOf(context), .first = first, .last = last, .children = {}});
    std::vector<uint32_t> children;
    for (const antlr4::tree::ParseTree* child : context.children) {
      const auto* rule = dynamic_cast<const antlr4::ParserRuleContext*>(child);
      if (rule == nullptr) continue;
      // Every rule but that of the file takes a token.
      children.push_back(Add(*rule, number_[rule->start->getTokenIndex()],
                             number_[rule->stop->getTokenIndex()] + 1));
    }
    tree_.nodes[id].children = std::move(children);
    return id;
  }

  Concrete tree_;
  std::vector<uint32_t> number_;  // by token of the stream: of the next one that is written
};

}  // namespace

Concrete ConcreteOf(const CapParser::FileContext& file, antlr4::BufferedTokenStream& tokens) {
  return Converter(tokens).Run(file);
}

}  // namespace cap::parse

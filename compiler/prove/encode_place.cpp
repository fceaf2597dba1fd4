// Paths, networks, urls, and regular expressions.
#include "compiler/prove/encode.h"

namespace cap::prove {

std::optional<Sym> Encoder::UrlPartOf(const Inst& inst, const Sym& url) {
  Texts& texts = world_.texts();
  if (inst.op == Op::kUrlPort) return world_.Word(texts.Port(url.word));
  Sym made = url;
  made.fault = world_.False();
  if (inst.op == Op::kUrlScheme) {
    made.word = texts.Part(UrlPart::kScheme, url.word);
  } else if (inst.op == Op::kUrlHost) {
    made.word = texts.Part(UrlPart::kHost, url.word);
  } else if (inst.op == Op::kUrlPath) {
    made.word = texts.Part(UrlPart::kPath, url.word);
  } else {
    return std::nullopt;
  }
  return made;
}

std::optional<Sym> Encoder::Place(const Inst& inst, const Sym& a, const Sym* b) {
  Texts& texts = world_.texts();
  if (b == nullptr) return UrlPartOf(inst, a);
  if (inst.op == Op::kPathUnder) return world_.Bool(texts.Is(Relation::kUnder, a.word, b->word));
  if (inst.op == Op::kNetWithin) return world_.Bool(texts.Within(a.word, b->word));
  if (inst.op == Op::kStrMatches && b->table != nullptr) {
    return world_.Bool(texts.Matches(a.word, *b->table));
  }
  if (inst.op == Op::kUrlUnder) {
    const Expr place = texts.IsPlace(b->word);
    const Expr under = texts.UrlUnder(a.word, b->word);
    return world_.Bool(And(place, under), And(place, Not(under)));
  }
  if (inst.op != Op::kNetIn) return std::nullopt;
  Expr in = world_.False();
  for (const Element& element : b->list->elements) {
    const Sym& network = element.cells[0].value;
    in = Or(in, And(element.there, texts.Within(a.word, network.word)));
  }
  Ask(*b->list, "net" + KeyOf(a));
  return world_.Bool(in);
}

}  // namespace cap::prove

// What is made of models that believe in texts that do not exist.
#include "compiler/prove/texts.h"

#include <doctest/doctest.h>

namespace cap::prove {
namespace {

/// The text of `text` in a model in which `fact` holds as well.
std::optional<std::string> TextWhere(z3::context& context, Texts& texts, const Expr& text,
                                     const Expr& fact) {
  z3::solver solver(context);
  for (const Expr& axiom : texts.Axioms()) solver.add(axiom);
  solver.add(fact);
  REQUIRE(solver.check() == z3::sat);
  const z3::model model = solver.get_model();
  return texts.Concrete(model, text);
}

// Where several texts have one rank, the one that was asked for last says of what kind it is: so
// these ask for a url once more.
TEST_CASE("a url that is its own part is looked for once") {
  for (const UrlPart part : {UrlPart::kHost, UrlPart::kPath}) {
    z3::context context;
    Texts texts(context);
    const Expr url = texts.Variable("page", TextKind::kUrl, 100);
    for (const UrlPart each : {UrlPart::kScheme, UrlPart::kHost, UrlPart::kPath}) {
      texts.Part(each, url);
    }
    const Expr own = texts.Part(part, url);
    const Expr again = texts.Variable("link", TextKind::kUrl, 100);
    CHECK_FALSE(TextWhere(context, texts, url, own == url && again == url).has_value());
  }
}

TEST_CASE("urls that are parts of each other are looked for once") {
  z3::context context;
  Texts texts(context);
  const Expr page = texts.Variable("page", TextKind::kUrl, 100);
  const Expr host = texts.Part(UrlPart::kHost, page);
  const Expr link = texts.Variable("link", TextKind::kUrl, 100);
  const Expr back = texts.Part(UrlPart::kPath, link);
  const Expr again = texts.Variable("again", TextKind::kUrl, 100);
  const Expr circle = host == link && back == page && again == page && page != link;
  CHECK_FALSE(TextWhere(context, texts, page, circle).has_value());
}

TEST_CASE("an address whose domain is a url with the address as its path is looked for once") {
  z3::context context;
  Texts texts(context);
  const Expr mail = texts.Variable("mail", TextKind::kEmail, 100);
  const Expr domain = texts.Domain(mail);
  const Expr page = texts.Variable("page", TextKind::kUrl, 100);
  const Expr circle = domain == page && texts.Part(UrlPart::kPath, page) == mail && page != mail;
  CHECK_FALSE(TextWhere(context, texts, mail, circle).has_value());
}

TEST_CASE("a url that may exist is found, and has the part that it should") {
  z3::context context;
  Texts texts(context);
  const Expr page = texts.Variable("page", TextKind::kUrl, 100);
  const Expr host = texts.Part(UrlPart::kHost, page);
  Expr fact = host == texts.Literal("shop.example");
  for (const UrlPart part : {UrlPart::kScheme, UrlPart::kHost, UrlPart::kPath}) {
    fact = fact && texts.Part(part, page) != page;
  }
  const auto url = TextWhere(context, texts, page, fact);
  REQUIRE(url.has_value());
  CHECK(url->find("://shop.example") != std::string::npos);
}

}  // namespace
}  // namespace cap::prove

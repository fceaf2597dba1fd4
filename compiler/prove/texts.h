// Texts as formulas. A text is its rank: a real number, such that the order of ranks is the order
// of the texts by bytes, and equal ranks are equal texts. That is exact for == and <. What else is
// asked of a text (its length, its domain, what it starts with) is a function of its rank, of which
// the solver is told what holds of all texts. It may believe in a text that does not exist; then no
// call can be made from its model, and the question is not decided.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "compiler/prove/automata.h"
#include "compiler/prove/sym.h"

namespace cap::prove {

enum class TextKind : uint8_t { kPlain, kEmail, kDomain, kPath, kIp, kCidr, kUrl, kHost };
enum class Relation : uint8_t { kPrefix, kSuffix, kContains, kUnder };  // kUnder: of paths
enum class UrlPart : uint8_t { kScheme, kHost, kPath };

/// Whether the relation holds of two texts.
bool Holds(Relation relation, std::string_view text, std::string_view part);
/// Whether a text of the kind may be written so.
bool IsOfKind(TextKind kind, const std::string& text);

class Texts {
 public:
  explicit Texts(z3::context& context) : context_(context) { Literal(""); }

  Expr Literal(const std::string& text);
  /// The text of an input. The same name is the same text.
  Expr Variable(const std::string& name, TextKind kind, uint32_t max_bytes);
  Expr Length(const Expr& text);
  Expr Domain(const Expr& email);
  Expr Less(const Expr& a, const Expr& b);
  Expr Is(Relation relation, const Expr& text, const Expr& part);
  Expr Matches(const Expr& text, const Table& pattern);
  Expr Part(UrlPart part, const Expr& url);
  Expr Port(const Expr& url);
  /// Whether the url has neither query nor fragment.
  Expr IsPlace(const Expr& url);
  Expr UrlUnder(const Expr& url, const Expr& place);
  /// Whether an address or a network lies in a network.
  Expr Within(const Expr& inner, const Expr& network);
  /// Whether it can stand for one segment of a resource.
  Expr LegalSegment(const Expr& text);
  /// The id of the currency with this code; 0 if there is none.
  Expr CurrencyOf(const Expr& text);
  /// The text of a whole number.
  Expr OfInt(const Expr& number);

  /// The text, if the expression is a literal.
  const std::string* LiteralOf(const Expr& text) const;

  /// What holds of all texts that were asked for. Last.
  std::vector<Expr> Axioms();
  /// What makes texts that a request can easily have. Not an axiom.
  std::vector<Expr> Pleasant() const;

  /// A text that does what the model says of `text`; nothing if none was found. The same rank is
  /// the same text, as long as the model is the same.
  std::optional<std::string> Concrete(const z3::model& model, const Expr& text);
  void ForgetModel() { chosen_.clear(); }

 private:
  struct Variant {
    Expr expr;
    TextKind kind;
    uint32_t max_bytes;
  };
  struct Match {  // of a pattern, to something that is no literal
    Expr text;
    const Table* pattern;
    Expr holds;
  };
  /// What is asked of one text, and by which automata it is answered.
  struct Questions {
    Expr text;
    std::vector<Expr> holds;
    std::vector<Automaton> automata;
    std::optional<Product> product;
  };
  struct Net {
    Expr address;
    Expr prefix;
    Expr size;
  };
  struct Application {  // of a relation, to something that is no literal
    Relation relation;
    Expr text;
    Expr part;
    Expr holds;
  };

  Expr Rank(const std::string& name);
  Expr Unary(Relation relation, const std::string& part, const Expr& text);
  z3::func_decl UnaryDecl(Relation relation, const std::string& part);
  z3::func_decl MatchDecl(const Table& pattern);
  z3::func_decl OfUrl(const char* what, const z3::sort& range);
  Net NetOf(const Expr& text);
  Expr IsV4(const Expr& address);
  void AddMatchAxioms(std::vector<Expr>& out);
  std::vector<Questions> QuestionsOfTexts();
  void AddUrlAxioms(std::vector<Expr>& out);
  void AddNetAxioms(std::vector<Expr>& out);
  std::vector<int> PrefixesAsked() const;
  void AddLiteralAxioms(std::vector<Expr>& out);
  void AddLengthAxioms(std::vector<Expr>& out);
  void AddRelationAxioms(std::vector<Expr>& out);
  void AddPartAxioms(const Expr& text, std::vector<Expr>& out);
  void AddOrderAxioms(const Expr& text, const std::string& prefix, std::vector<Expr>& out);
  void AddEmailAxioms(std::vector<Expr>& out);
  void AddDomainAxioms(const Expr& domain, std::vector<Expr>& out);
  TextKind KindOf(const Expr& text) const;
  /// The strictest kind of all texts that have this rank.
  TextKind KindIn(const z3::model& model, const std::string& rank) const;
  bool FitsOthers(const z3::model& model, const Expr& rank, const std::string& text) const;
  std::optional<std::string> Known(const z3::model& model, const Expr& text) const;
  bool Fits(const z3::model& model, const Expr& rank, const std::string& text) const;
  bool FitsOrder(const z3::model& model, const Expr& rank, const std::string& text) const;
  std::vector<std::string> Candidates(const z3::model& model, const Expr& rank, TextKind kind,
                                      size_t number);
  std::vector<std::string> AutomatonTexts(const z3::model& model, const Expr& rank) const;
  std::vector<std::string> NewPlaces(const z3::model& model, const Expr& rank, TextKind kind,
                                     size_t number);
  std::vector<std::string> NewUrls(const z3::model& model, const Expr& rank, size_t number);
  std::vector<std::string> NewNets(const z3::model& model, const Expr& rank, TextKind kind,
                                   size_t number);
  std::optional<std::string> NewEmail(const z3::model& model, const Expr& rank, size_t number);

  z3::context& context_;
  std::map<std::string, Expr> literals_;           // sorted by bytes, as ranks are
  std::map<uint32_t, std::string> literal_of_;     // by id
  std::map<uint32_t, Variant> variants_;           // by id
  std::map<uint32_t, Expr> lengths_;               // whose length is asked, by id
  std::map<uint32_t, Expr> legal_;
  std::map<uint32_t, Expr> currencies_;
  std::map<uint32_t, Expr> domains_;               // email -> its domain, by the email's id
  std::map<std::pair<Relation, std::string>, bool> parts_;
  std::vector<Application> applications_;
  std::vector<Match> matches_;
  std::set<uint32_t> match_ids_;
  std::vector<const Table*> patterns_;             // each once, by their words
  std::vector<Questions> questions_;               // once the axioms were made
  std::map<uint32_t, Expr> urls_;                  // whose parts are asked, by id
  std::map<uint32_t, Expr> nets_;                  // whose bits are asked, by id
  std::set<uint32_t> application_ids_;
  bool ordered_ = false;
  struct Chosen {
    Expr rank;
    std::string text;
  };
  std::map<std::string, Chosen> chosen_;           // by the rank in the model
};

}  // namespace cap::prove

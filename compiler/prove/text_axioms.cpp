// What the solver is told of all texts.
#include <algorithm>

#include "compiler/prove/texts.h"
#include "runtime/base/limits.h"
#include "runtime/value/email.h"
#include "runtime/value/money.h"
#include "runtime/value/segment.h"

namespace cap::prove {
namespace {

/// Whether a domain may have the text as a part.
bool InDomain(const std::string& part) {
  return std::ranges::all_of(part, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

}  // namespace

std::vector<Expr> Texts::Axioms() {
  std::vector<Expr> out;
  AddUrlAxioms(out);
  // Relations to texts of inputs know the literals that these may be.
  for (size_t i = 0; i < applications_.size(); ++i) {
    const Application at = applications_[i];
    if (LiteralOf(at.part) != nullptr) continue;
    out.push_back(Implies(at.text == at.part, at.holds));
    const std::map<std::string, Expr> literals = literals_;
    for (const auto& [text, expr] : literals) {
      if (at.relation == Relation::kUnder && !IsOfKind(TextKind::kPath, text)) continue;
      out.push_back(Implies(at.part == expr, at.holds == Unary(at.relation, text, at.text)));
    }
  }
  // Emails bring relations of their domains, which bring literals.
  AddEmailAxioms(out);
  AddNetAxioms(out);
  AddLengthAxioms(out);
  AddRelationAxioms(out);
  AddMatchAxioms(out);
  AddLiteralAxioms(out);
  return out;
}

void Texts::AddLiteralAxioms(std::vector<Expr>& out) {
  const Expr* before = nullptr;
  for (const auto& [text, expr] : literals_) {
    if (before != nullptr) out.push_back(*before < expr);
    before = &expr;
  }
  for (const auto& [id, variant] : variants_) {
    out.push_back(variant.expr >= literals_.at(""));
    if (variant.kind == TextKind::kPlain) continue;
    for (const auto& [text, expr] : literals_) {
      if (!IsOfKind(variant.kind, text)) out.push_back(variant.expr != expr);
    }
  }
  const z3::sort real = context_.real_sort();
  if (!legal_.empty()) {
    const z3::func_decl legal = z3::function("text.legal", real, context_.bool_sort());
    for (const auto& [text, expr] : literals_) {
      const bool good = IsLegalSegment(text) && text.size() <= limits::kLiteralBytes;
      out.push_back(legal(expr) == context_.bool_val(good));
    }
  }
  if (currencies_.empty()) return;
  const z3::func_decl currency = z3::function("text.currency", real, context_.int_sort());
  for (const auto& [text, expr] : literals_) {
    const Currency* found = FindCurrency(text);
    const int id = found == nullptr ? 0 : static_cast<int>(found->id);
    out.push_back(currency(expr) == context_.int_val(id));
    if (found == nullptr) continue;
    for (const auto& [other, variable] : currencies_) {
      out.push_back(Implies(currency(variable) == context_.int_val(id), variable == expr));
    }
  }
  for (const auto& [id, text] : currencies_) out.push_back(currency(text) >= 0);
}

void Texts::AddLengthAxioms(std::vector<Expr>& out) {
  if (lengths_.empty()) return;
  const z3::func_decl length =
      z3::function("text.length", context_.real_sort(), context_.int_sort());
  for (const auto& [text, expr] : literals_) {
    out.push_back(length(expr) == context_.int_val(static_cast<uint64_t>(text.size())));
  }
  for (const auto& [id, variant] : variants_) {
    const Expr own = length(variant.expr);
    const uint32_t least = variant.kind == TextKind::kEmail    ? 5
                           : variant.kind == TextKind::kDomain ? 3 : 0;
    out.push_back(own >= context_.int_val(least) && own <= context_.int_val(variant.max_bytes));
    out.push_back((own == 0) == (variant.expr == literals_.at("")));
  }
  for (const auto& [id, domain] : domains_) {
    for (const auto& [other, variant] : variants_) {
      if (other == id) out.push_back(length(variant.expr) >= length(domain) + 2);
    }
  }
  for (const Application& at : applications_) {
    out.push_back(Implies(at.holds, length(at.text) >= length(at.part)));
  }
}

void Texts::AddRelationAxioms(std::vector<Expr>& out) {
  std::map<uint32_t, Expr> texts;
  for (const Application& at : applications_) {
    if (LiteralOf(at.part) != nullptr) texts.emplace(IdOf(at.text), at.text);
  }
  const auto parts = parts_;
  for (const auto& [part, unused] : parts) {
    const z3::func_decl decl = UnaryDecl(part.first, part.second);
    for (const auto& [text, expr] : literals_) {
      out.push_back(decl(expr) == context_.bool_val(Holds(part.first, text, part.second)));
    }
  }
  for (const auto& [id, text] : texts) AddPartAxioms(text, out);
}

void Texts::AddPartAxioms(const Expr& text, std::vector<Expr>& out) {
  const auto parts = parts_;
  for (const auto& [first, unused] : parts) {
    const auto& [relation, part] = first;
    const Expr holds = Unary(relation, part, text);
    for (const auto& [second, also_unused] : parts) {
      const auto& [other_relation, other] = second;
      if (first == second) continue;
      const bool contains = other_relation == Relation::kContains;
      // Prefixes of one text are prefixes of each other, and so are suffixes.
      const bool follows = (contains || relation == other_relation) &&
                           Holds(other_relation, part, other);
      if (follows) out.push_back(Implies(holds, Unary(other_relation, other, text)));
      if (relation == other_relation && !contains && part.size() >= other.size() &&
          !Holds(relation, part, other)) {
        out.push_back(Not(And(holds, Unary(relation, other, text))));
      }
    }
    if (relation == Relation::kPrefix) AddOrderAxioms(text, part, out);
  }
}

/// The texts that start with a prefix stand together in the order.
void Texts::AddOrderAxioms(const Expr& text, const std::string& prefix, std::vector<Expr>& out) {
  const Expr holds = Unary(Relation::kPrefix, prefix, text);
  const Expr first = literals_.at(prefix);
  out.push_back(Implies(holds, text >= first));
  const Expr* last = nullptr;
  for (auto at = literals_.find(prefix); at != literals_.end(); ++at) {
    if (!at->first.starts_with(prefix)) {
      out.push_back(Implies(holds, text < at->second));
      break;
    }
    last = &at->second;
  }
  if (last != nullptr) out.push_back(Implies(text >= first && text <= *last, holds));
}

void Texts::AddEmailAxioms(std::vector<Expr>& out) {
  const z3::func_decl domain_of =
      z3::function("text.domain", context_.real_sort(), context_.real_sort());
  const std::map<std::string, Expr> literals = literals_;
  for (const auto& [text, expr] : literals) {
    if (domains_.empty() || !IsOfKind(TextKind::kEmail, text)) continue;
    out.push_back(domain_of(expr) == Domain(expr));
  }
  const std::map<uint32_t, Variant> variants = variants_;
  for (size_t i = 0; i < applications_.size(); ++i) {
    const Application at = applications_[i];
    const std::string* part = LiteralOf(at.part);
    if (part == nullptr || KindOf(at.text) != TextKind::kEmail) continue;
    if (at.relation != Relation::kSuffix || part->empty()) continue;
    // An email has one '@', and its domain behind it.
    const size_t sign = part->find('@');
    if (sign == std::string::npos) {
      out.push_back(at.holds == Unary(Relation::kSuffix, *part, Domain(at.text)));
    } else {
      const Expr same = Domain(at.text) == Literal(part->substr(sign + 1));
      out.push_back(sign == 0 ? at.holds == same : Implies(at.holds, same));
    }
  }
  for (const auto& [id, variant] : variants_) {
    if (variant.kind == TextKind::kDomain) AddDomainAxioms(variant.expr, out);
    if (variant.kind != TextKind::kEmail) continue;
    for (const auto& [email, domain] : domains_) out.push_back(variant.expr != domain);
  }
}

void Texts::AddDomainAxioms(const Expr& domain, std::vector<Expr>& out) {
  for (const Application& at : applications_) {
    const std::string* part = LiteralOf(at.part);
    if (part == nullptr || IdOf(at.text) != IdOf(domain)) continue;
    if (!InDomain(*part)) out.push_back(Not(at.holds));
  }
}

std::vector<Expr> Texts::Pleasant() const {
  std::vector<Expr> out;
  const z3::func_decl length =
      z3::function("text.length", context_.real_sort(), context_.int_sort());
  for (const auto& [id, text] : lengths_) {
    out.push_back(length(text) <= context_.int_val(300));
  }
  // A network of another size has perhaps no text: not every address begins one.
  for (const auto& [id, text] : nets_) {
    const Expr prefix =
        z3::function("net.prefix", context_.real_sort(), context_.int_sort())(text);
    Expr asked = context_.bool_val(false);
    for (const int each : PrefixesAsked()) asked = Or(asked, prefix == context_.int_val(each));
    out.push_back(asked);
  }
  // A part that is the whole, or a literal, is easily had.
  for (const Application& at : applications_) {
    if (LiteralOf(at.part) != nullptr) continue;
    Expr known = Or(Not(at.holds), at.text == at.part);
    for (const auto& [text, expr] : literals_) known = Or(known, at.part == expr);
    out.push_back(known);
  }
  const z3::func_decl currency =
      z3::function("text.currency", context_.real_sort(), context_.int_sort());
  for (const auto& [id, text] : currencies_) {
    Expr known = context_.bool_val(false);
    for (const auto& [code, expr] : literals_) {
      if (FindCurrency(code) != nullptr) known = Or(known, text == expr);
    }
    out.push_back(known);
  }
  return out;
}

}  // namespace cap::prove

#include "compiler/prove/texts.h"

#include <fmt/format.h>

#include "runtime/base/limits.h"
#include "runtime/value/email.h"
#include "runtime/value/money.h"
#include "runtime/value/path.h"
#include "runtime/value/segment.h"
#include "runtime/value/text.h"
#include "runtime/value/url.h"

namespace cap::prove {
namespace {

const char* NameOf(Relation relation) {
  switch (relation) {
    case Relation::kPrefix: return "prefix";
    case Relation::kSuffix: return "suffix";
    case Relation::kContains: return "contains";
    case Relation::kUnder: return "under";
  }
  return "";
}

}  // namespace

bool Holds(Relation relation, std::string_view text, std::string_view part) {
  switch (relation) {
    case Relation::kPrefix: return text.starts_with(part);
    case Relation::kSuffix: return text.ends_with(part);
    case Relation::kContains: return text.find(part) != text.npos;
    case Relation::kUnder: return IsUnder(text, part);
  }
  return false;
}

bool IsOfKind(TextKind kind, const std::string& text) {
  const auto canonical = [&](TypeKind of, const std::string& whole) {
    const Result<std::string> own = CanonicalText(of, whole);
    return own && *own == whole;
  };
  switch (kind) {
    case TextKind::kPlain: return true;
    case TextKind::kEmail: return canonical(TypeKind::kEmail, text);
    case TextKind::kDomain: return canonical(TypeKind::kEmail, "a@" + text);
    case TextKind::kPath: return canonical(TypeKind::kPath, text);
    case TextKind::kIp: return canonical(TypeKind::kIp, text);
    case TextKind::kCidr: return canonical(TypeKind::kCidr, text);
    case TextKind::kUrl: return canonical(TypeKind::kUrl, text);
    case TextKind::kHost: return IsUrlHost(text);
  }
  return true;
}

Expr Texts::Rank(const std::string& name) { return context_.real_const(name.c_str()); }

Expr Texts::Literal(const std::string& text) {
  const auto found = literals_.find(text);
  if (found != literals_.end()) return found->second;
  const Expr expr = Rank(fmt::format("text!{}", literals_.size()));
  literals_.emplace(text, expr);
  literal_of_.emplace(IdOf(expr), text);
  return expr;
}

Expr Texts::Variable(const std::string& name, TextKind kind, uint32_t max_bytes) {
  const Expr expr = Rank(name);
  variants_.emplace(IdOf(expr), Variant{expr, kind, max_bytes});
  return expr;
}

const std::string* Texts::LiteralOf(const Expr& text) const {
  const auto found = literal_of_.find(IdOf(text));
  return found == literal_of_.end() ? nullptr : &found->second;
}

TextKind Texts::KindOf(const Expr& text) const {
  const auto found = variants_.find(IdOf(text));
  return found == variants_.end() ? TextKind::kPlain : found->second.kind;
}

Expr Texts::Length(const Expr& text) {
  if (const std::string* literal = LiteralOf(text)) {
    return context_.int_val(static_cast<uint64_t>(literal->size()));
  }
  lengths_.emplace(IdOf(text), text);
  return z3::function("text.length", context_.real_sort(), context_.int_sort())(text);
}

Expr Texts::Domain(const Expr& email) {
  if (const std::string* literal = LiteralOf(email)) {
    return Literal(literal->substr(literal->find('@') + 1));
  }
  const auto found = domains_.find(IdOf(email));
  if (found != domains_.end()) return found->second;
  const z3::sort real = context_.real_sort();
  const Expr domain = z3::function("text.domain", real, real)(email);
  variants_.emplace(IdOf(domain), Variant{domain, TextKind::kDomain, limits::kEmailBytes - 2});
  domains_.emplace(IdOf(email), domain);
  return domain;
}

Expr Texts::Less(const Expr& a, const Expr& b) {
  const std::string* left = LiteralOf(a);
  const std::string* right = LiteralOf(b);
  if (left != nullptr && right != nullptr) return context_.bool_val(*left < *right);
  ordered_ = true;
  return a < b;
}

z3::func_decl Texts::UnaryDecl(Relation relation, const std::string& part) {
  const std::string name =
      fmt::format("text.{}!{}", NameOf(relation), literals_.at(part).decl().name().str());
  return z3::function(name.c_str(), context_.real_sort(), context_.bool_sort());
}

Expr Texts::Unary(Relation relation, const std::string& part, const Expr& text) {
  if (const std::string* literal = LiteralOf(text)) {
    return context_.bool_val(Holds(relation, *literal, part));
  }
  if (part.empty()) return context_.bool_val(true);
  parts_.emplace(std::pair(relation, part), true);
  const Expr holds = UnaryDecl(relation, part)(text);
  if (application_ids_.insert(IdOf(holds)).second) {
    applications_.push_back({relation, text, Literal(part), holds});
  }
  return holds;
}

Expr Texts::Is(Relation relation, const Expr& text, const Expr& part) {
  if (const std::string* literal = LiteralOf(part)) return Unary(relation, *literal, text);
  const z3::sort real = context_.real_sort();
  const std::string name = fmt::format("text.{}", NameOf(relation));
  const Expr holds = z3::function(name.c_str(), real, real, context_.bool_sort())(text, part);
  if (application_ids_.insert(IdOf(holds)).second) {
    applications_.push_back({relation, text, part, holds});
  }
  return holds;
}

Expr Texts::LegalSegment(const Expr& text) {
  if (const std::string* literal = LiteralOf(text)) {
    return context_.bool_val(IsLegalSegment(*literal) && literal->size() <= limits::kLiteralBytes);
  }
  legal_.emplace(IdOf(text), text);
  return z3::function("text.legal", context_.real_sort(), context_.bool_sort())(text);
}

Expr Texts::CurrencyOf(const Expr& text) {
  if (const std::string* literal = LiteralOf(text)) {
    const Currency* found = FindCurrency(*literal);
    return context_.int_val(found == nullptr ? 0 : static_cast<int>(found->id));
  }
  for (const char* code : {"USD", "EUR", "JPY"}) Literal(code);
  currencies_.emplace(IdOf(text), text);
  return z3::function("text.currency", context_.real_sort(), context_.int_sort())(text);
}

Expr Texts::OfInt(const Expr& number) {
  return z3::function("text.of_int", context_.int_sort(), context_.real_sort())(number);
}

}  // namespace cap::prove

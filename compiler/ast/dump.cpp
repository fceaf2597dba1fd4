#include "compiler/ast/dump.h"

#include <fmt/core.h>

namespace cap::ast {

namespace {

std::string_view SpellingOf(BinaryOp op) {
  switch (op) {
    case BinaryOp::kOr:
      return "or";
    case BinaryOp::kAnd:
      return "and";
    case BinaryOp::kEqual:
      return "==";
    case BinaryOp::kNotEqual:
      return "!=";
    case BinaryOp::kLess:
      return "<";
    case BinaryOp::kLessEqual:
      return "<=";
    case BinaryOp::kGreater:
      return ">";
    case BinaryOp::kGreaterEqual:
      return ">=";
    case BinaryOp::kIn:
      return "in";
    case BinaryOp::kSubset:
      return "subset";
    case BinaryOp::kDisjoint:
      return "disjoint";
    case BinaryOp::kUnder:
      return "under";
    case BinaryOp::kAdd:
      return "+";
    case BinaryOp::kSubtract:
      return "-";
    case BinaryOp::kMultiply:
      return "*";
    case BinaryOp::kMatches:
      return "matches";
    case BinaryOp::kConcat:
      return "++";
  }
  return "?";
}

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{{{:x}}}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

class Dumper {
 public:
  explicit Dumper(const Module& module) : module_(module) {}

  std::string Whole() {
    if (module_.name) Line("module " + module_.name->Joined());
    for (const QualifiedName& import : module_.imports) Line("import " + import.Joined());
    for (const Decl& decl : module_.decls) {
      std::visit([this](const auto& node) { Declaration(node); }, decl.node);
    }
    return std::move(out_);
  }

  std::string Text(ExprId id) const {
    return std::visit([this](const auto& node) { return Expression(node); }, module_[id].node);
  }

 private:
  // --- lines ---
  void Line(const std::string& text) { out_ += std::string(2 * indent_, ' ') + text + '\n'; }

  template <typename Body>
  void Nest(const Body& body) {
    ++indent_;
    body();
    --indent_;
  }

  // --- declarations ---
  void Declaration(const ContextDecl& node) {
    Line(node.live ? "context live" : "context bound");
    Params("field", node.fields);
  }
  void Declaration(const RecordDecl& node) {
    Line("record " + node.name.text + (node.open ? " ..." : ""));
    Params("field", node.fields);
  }
  void Declaration(const EnumDecl& node) {
    Line((node.ordered ? "enum ordered " : "enum ") + node.name.text);
    Nest([&] {
      for (const ast::Text& member : node.members) Line("member " + Quote(member.text));
    });
  }
  void Declaration(const ApproverDecl& node) { Line("approver " + Joined(node.names)); }
  void Declaration(const PurposeDecl& node) {
    Line("purpose " + node.name.text + " " + Quote(node.text.text));
  }
  void Declaration(const ActionDecl& node) {
    std::string line;
    for (const Annotation& annotation : node.annotations) {
      line += "@" + annotation.name.text;
      line += annotation.argument ? "(" + annotation.argument->text + ") " : " ";
    }
    line += "action " + node.name.text;
    if (node.tool) line += " of " + Quote(node.tool->text);
    if (node.when) line += " when " + Text(*node.when);
    Line(line);
    Params("argument", node.arguments);
    Nest([&] {
      for (const Fact& fact : node.facts) Member(fact);
      for (const Let& let : node.lets) Statement(let);
      for (const Resource& resource : node.resources) Member(resource);
    });
  }
  void Declaration(const ConstraintDecl& node) {
    Line("constraint " + node.name.text);
    Params("parameter", node.parameters);
    Nest([&] {
      if (node.of) Line("of " + node.of->name.text + ": " + TypeText(node.of->type));
      if (!node.doc.empty()) Line("doc " + Quote(node.doc));
    });
    Statements(node.body);
  }
  void Declaration(const DataDecl& node) {
    Line("data " + node.name.text + ": " + TypeText(node.type));
  }
  void Declaration(const WrapperDecl& node) {
    Line("wrapper " + Quote(node.tool.text) + (node.open ? " ..." : ""));
    Params("field", node.fields);
  }
  void Declaration(const ForbidDecl& node) { Item(node.forbid); }
  void Declaration(const LimitDecl& node) { Item(node.limit); }
  void Declaration(const DefDecl& node) {
    Line("def " + node.name.text + ": " + TypeText(node.type) + " = " + Text(node.body));
    Params("parameter", node.parameters);
  }
  void Declaration(const PolicyDecl& node) {
    Line("policy " + node.name.text);
    Params("parameter", node.parameters);
    Nest([&] {
      if (node.version) Line("version " + Quote(node.version->text));
      if (!node.purposes.empty()) Line("purpose " + Joined(node.purposes));
      if (node.expires_after_us) Line(fmt::format("expires after {} us", *node.expires_after_us));
      if (node.extends) Line("extends " + BaseText(*node.extends));
      for (const BasePolicy& base : node.includes) Line("include " + BaseText(base));
      if (!node.drops.empty()) Line("drop " + Joined(node.drops));
      for (const Capability& capability : node.capabilities) Item(capability);
      for (const Forbid& forbid : node.forbids) Item(forbid);
      for (const Limit& limit : node.limits) Item(limit);
      if (node.breaker) Item(*node.breaker);
    });
  }

  std::string BaseText(const BasePolicy& base) const {
    return base.name.Joined() + (base.arguments.empty() ? "" : ArgumentsText(base.arguments));
  }

  void Params(std::string_view what, const std::vector<Param>& params) {
    Nest([&] {
      for (const Param& param : params) {
        std::string line = fmt::format("{} {}: {}", what, param.name.text, TypeText(param.type));
        if (param.default_value) line += " = " + Text(*param.default_value);
        Line(line);
      }
    });
  }

  void Member(const Fact& fact) {
    std::string line = "fact " + fact.name.text + ": " + TypeText(fact.type) + " for ";
    if (fact.each) line += "each ";
    for (size_t i = 0; i < fact.keys.size(); ++i) line += (i > 0 ? ", " : "") + Text(fact.keys[i]);
    if (fact.attestor) line += " by " + fact.attestor->text;
    if (fact.max_age_us) line += fmt::format(" within {} us", *fact.max_age_us);
    Line(line);
  }
  void Member(const Resource& resource) {
    std::string line = "resource ";
    if (resource.each_variable && resource.each_list) {
      line += "each " + resource.each_variable->text + " in " + Text(*resource.each_list) + " ";
    }
    Line(line + Quote(resource.pattern.text));
  }

  void Item(const Capability& capability) {
    std::string line = "capability ";
    if (capability.name) line += capability.name->text + ": ";
    line += capability.action.text;
    for (const ast::Text& pattern : capability.patterns) line += " on " + Quote(pattern.text);
    Line(line);
    Statements(capability.body);
  }
  void Item(const Forbid& forbid) {
    std::string line = "forbid " + (forbid.every_action ? "*" : Joined(forbid.actions));
    if (forbid.pattern) line += " on " + Quote(forbid.pattern->text);
    if (!forbid.unless_approved_by.empty()) {
      line += " unless approved by " + Joined(forbid.unless_approved_by);
    }
    if (forbid.when) line += " when " + Text(*forbid.when);
    Line(line);
  }

  void Item(const Limit& limit) {
    Line("limit " + limit.name.text + " on " +
         (limit.every_action ? "*" : Joined(limit.actions)));
    Statements(limit.body);
  }
  void Item(const Breaker& breaker) {
    Line("circuit_breaker");
    Nest([&] {
      for (const ConstraintCall& setting : breaker.settings) Statement(setting);
    });
  }

  // --- statements ---
  void Statements(const std::vector<Stmt>& statements) {
    Nest([&] {
      for (const Stmt& statement : statements) {
        std::visit([this](const auto& node) { Statement(node); }, statement);
      }
    });
  }
  void Statement(const RequireStmt& node) { Line("require " + Text(node.condition)); }
  void Statement(const ConstraintCall& node) {
    std::string line = "constraint " + node.name.text + ArgumentsText(node.arguments);
    if (node.of) line += " of " + Text(*node.of);
    if (node.when) line += " when " + Text(*node.when);
    Line(line);
  }
  void Statement(const StepUpStmt& node) {
    Line("stepup " + node.kind.text + ArgumentsText(node.arguments));
  }
  void Statement(const DenyStmt& node) { Line("deny " + Quote(node.text.text)); }
  void Statement(const ObligeStmt& node) {
    Line("oblige " + node.name.text + ArgumentsText(node.arguments));
  }
  void Statement(const ConsentStmt& node) { Line("consent " + Quote(node.text.text)); }
  void Statement(const ConsumeStmt& node) {
    Line(fmt::format("{} {} of {}{}", node.hold ? "hold" : "consume", Text(node.amount),
                     Text(node.quota), node.per ? " per " + Text(*node.per) : ""));
  }
  void Statement(const Let& node) { Line("let " + node.name.text + " = " + Text(node.value)); }

  // --- expressions ---
  std::string Expression(const NameExpr& node) const { return node.name.text; }
  std::string Expression(const BoolExpr& node) const { return node.value ? "true" : "false"; }
  std::string Expression(const IntExpr& node) const { return std::to_string(node.value); }
  std::string Expression(const MoneyExpr& node) const { return node.amount + " " + node.currency; }
  std::string Expression(const DecimalExpr& node) const { return node.text; }
  std::string Expression(const DurationExpr& node) const { return fmt::format("{} us", node.us); }
  std::string Expression(const RateExpr& node) const {
    return fmt::format("{} in {} us", node.count, node.period_us);
  }
  std::string Expression(const AfterExpr& node) const {
    return fmt::format("after {}{} within {} us", node.action.text, ArgumentsText(node.arguments),
                       node.within_us);
  }
  std::string Expression(const StringExpr& node) const { return Quote(node.value); }
  std::string Expression(const ListExpr& node) const {
    std::string out = "[";
    for (size_t i = 0; i < node.items.size(); ++i) out += (i > 0 ? ", " : "") + Text(node.items[i]);
    return out + "]";
  }
  std::string Expression(const MemberExpr& node) const {
    return Text(node.object) + "." + node.member.text;
  }
  std::string Expression(const IndexExpr& node) const {
    return Text(node.object) + "[" + Text(node.key) + "]";
  }
  std::string Expression(const CallExpr& node) const {
    return node.callee.text + ArgumentsText(node.arguments);
  }
  std::string Expression(const QuantifierExpr& node) const {
    constexpr std::string_view kNames[] = {"any", "all", "count", "sum"};
    return fmt::format("{}({} in {}{})", kNames[static_cast<size_t>(node.kind)],
                       node.variable.text, Text(node.list),
                       node.body ? ": " + Text(*node.body) : "");
  }
  std::string Expression(const UnaryExpr& node) const {
    return (node.op == UnaryOp::kNot ? "(not " : "(-") + Text(node.operand) + ")";
  }
  std::string Expression(const BinaryExpr& node) const {
    return fmt::format("({} {} {})", Text(node.left), SpellingOf(node.op), Text(node.right));
  }
  std::string Expression(const PresenceExpr& node) const {
    static constexpr std::string_view kWords[] = {"present", "absent", "null"};
    return fmt::format("({} is {})", Text(node.operand), kWords[static_cast<int>(node.asked)]);
  }
  std::string Expression(const ConditionalExpr& node) const {
    return fmt::format("(if {} then {} else {})", Text(node.condition), Text(node.then),
                       Text(node.otherwise));
  }
  std::string Expression(const ErrorExpr&) const { return "<error>"; }

  std::string ArgumentsText(const std::vector<Argument>& arguments) const {
    std::string out = "(";
    for (size_t i = 0; i < arguments.size(); ++i) {
      if (i > 0) out += ", ";
      if (arguments[i].name) out += arguments[i].name->text + ": ";
      out += Text(arguments[i].value);
    }
    return out + ")";
  }

  // --- types and names ---
  std::string TypeText(TypeId id) const {
    const Type& type = module_[id];
    std::string out = type.name.text.empty() && !type.record ? "<error>" : type.name.text;
    if (type.record) {
      for (const Param& field : type.fields) {
        out += (out.empty() ? "" : ", ") + field.name.text + ": " + TypeText(field.type);
      }
      out = "{ " + out + (type.open ? " ... }" : " }");
    }
    for (size_t i = 0; i < type.arguments.size(); ++i) {
      out += (i == 0 ? "<" : ", ") + TypeText(type.arguments[i]);
    }
    if (!type.arguments.empty()) out += ">";
    if (type.scale) out += fmt::format("({})", *type.scale);
    if (type.in_text) out += " in " + Quote(type.in_text->text);
    if (type.in_expr) out += " in " + Text(*type.in_expr);
    if (type.max) out += fmt::format(" max {}", *type.max);
    if (type.minor) out += " minor";
    if (type.is_signed) out += " signed";
    return out + (type.optional ? "?" : "");
  }

  static std::string Joined(const std::vector<Ident>& names) {
    std::string out;
    for (const Ident& name : names) out += (out.empty() ? "" : ", ") + name.text;
    return out;
  }

  const Module& module_;
  std::string out_;
  size_t indent_ = 0;
};

}  // namespace

std::string Dump(const Module& module) { return Dumper(module).Whole(); }

std::string Dump(const Module& module, ExprId expr) { return Dumper(module).Text(expr); }

}  // namespace cap::ast

#include "runtime/program/print.h"

#include <fmt/format.h>

#include "runtime/program/print_limits.h"
#include "runtime/value/date.h"
#include "runtime/value/decimal.h"
#include "runtime/value/duration.h"
#include "runtime/value/instant.h"
#include "runtime/value/money.h"
#include "runtime/value/quote.h"
#include "runtime/value/rate.h"
#include "runtime/value/text.h"

namespace cap {
namespace {

// Nothing is cut: the reader wants the whole literal.
std::string Quoted(std::string_view text) { return QuoteCut(text, text.size()); }

class Printer {
 public:
  explicit Printer(const Program& program) : program_(program) {}

  std::string Run();

 private:
  template <typename... Args>
  void Line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += '\n';
  }
  void Holders();
  void PrintTool(const Tool& tool);
  void PrintAction(const Action& action);
  void PrintPolicy(const Policy& policy);
  void PrintCapability(const Capability& capability);
  void PrintForbid(const Forbid& forbid);
  void PrintLimit(const SharedLimit& limit);
  void PrintInfos(const std::vector<ClauseInfo>& infos);
  void PrintPatterns(const std::vector<Pattern>& patterns);
  void PrintConsts(const std::vector<ConstSource>& consts);
  void PrintShape(uint32_t index);
  void PrintClause(const Shape& shape, uint32_t index, const Span* spans);
  void PrintInst(const Shape& shape, uint32_t at, uint32_t depth, const Span* spans);
  std::string Operand(const Shape& shape, OperandKind kind, uint32_t operand) const;
  std::string Source(const ConstSource& source) const;
  std::string Place(const Span& span) const;
  std::string Approvers(uint64_t mask) const;
  const Span* SpansOf(uint32_t shape) const;
  std::string Type(TypeIndex type) const { return PrintType(program_, type); }

  const Program& program_;
  std::string out_;
};

std::string Printer::Place(const Span& span) const {
  if (span.line == 0 || span.file >= program_.files.size()) return "";
  return fmt::format("  ; {}:{}:{}", program_.files[span.file], span.line, span.column);
}

std::string Printer::Approvers(uint64_t mask) const {
  std::string text;
  for (size_t i = 0; i < program_.approvers.size(); ++i) {
    if ((mask >> i & 1) == 0) continue;
    text += text.empty() ? program_.approvers[i] : ", " + program_.approvers[i];
  }
  return text;
}

std::string_view KindName(TableKind kind) {
  switch (kind) {
    case TableKind::kDfa: return "dfa";
    case TableKind::kZone: return "zone";
    case TableKind::kSchedule: return "schedule";
  }
  return "";
}

void Printer::Holders() {
  for (const EnumType& type : program_.enums) {
    std::string members;
    for (const std::string& member : type.members) members += " " + Quoted(member);
    Line("enum {} {{{} }}", type.name, members);
  }
  for (const RecordType& record : program_.records) {
    Line("record {}", record.name);
    for (const RecordField& field : record.fields) {
      Line("  {} : {}{}", field.name, Type(field.type), field.optional ? "?" : "");
    }
  }
  for (const std::string& approver : program_.approvers) Line("approver {}", approver);
  for (const PurposeDesc& purpose : program_.purposes) {
    Line("purpose {} {}", purpose.name, Quoted(purpose.text));
  }
  for (const BoundDesc& bound : program_.bound) {
    Line("bound {}{} : {}{}", bound.name, bound.is_parameter() ? " of policy " + bound.policy : "",
         Type(bound.type),
         bound.default_value == kNone
             ? std::string()
             : " = " + PrintValue(program_, program_.values[bound.default_value]));
  }
  if (!program_.zone_version.empty()) Line("zones of {}", program_.zone_version);
  for (const Table& table : program_.tables) {
    Line("table {} {} {} words", KindName(table.kind), Quoted(table.name), table.words.size());
  }
}

std::string_view SourceName(SlotSource source) {
  switch (source) {
    case SlotSource::kArgument: return "argument";
    case SlotSource::kFact: return "fact";
    case SlotSource::kLive: return "live";
    case SlotSource::kLet: return "let";
  }
  return "";
}

void Printer::PrintTool(const Tool& tool) {
  Line("\ntool {}  layout {:016x}", tool.name, tool.layout_hash);
  for (size_t i = 0; i < tool.slots.size(); ++i) {
    const SlotDesc& slot = tool.slots[i];
    Line("  slot {} {} {} : {}{}", i, SourceName(slot.source), slot.path, Type(slot.type),
         slot.optional ? "?" : "");
  }
  for (const ArgumentDesc& argument : tool.arguments) {
    if (argument.default_value == kNone) continue;
    Line("  default {} = {}", argument.name,
         PrintValue(program_, program_.values[argument.default_value]));
  }
  for (const FactDesc& fact : tool.facts) {
    std::string keys;
    for (uint32_t slot : fact.key_slots) {
      keys += (keys.empty() ? "" : ", ") + tool.slots[slot].path;
    }
    if (fact.each_offset != kNone) keys = fmt::format("each {} at {}", keys, fact.each_offset);
    Line("  fact {} for {}{}{}", fact.name, keys,
         fact.max_age_us != 0 ? fmt::format(" within {} us", fact.max_age_us) : "",
         fact.attestor.empty() ? "" : " by " + fact.attestor);
  }
  for (const LetDesc& let : tool.lets) {
    std::string sources;
    for (uint32_t slot : let.source_slots) {
      sources += (sources.empty() ? "" : " ++ ") + tool.slots[slot].path;
    }
    Line("  let {} = {}", let.name, sources);
  }
}

void Printer::PrintAction(const Action& action) {
  Line("\naction {} of {}{}", action.name, program_.tools[action.tool].name, Place(action.span));
  if (action.risk != Risk::kUnsaid) Line("  risk {}", NameOf(action.risk));
  if (action.irreversible) Line("  irreversible");
  if (action.guard != kNone) Line("  guard shape {}", action.guard);
  PrintConsts(action.guard_consts);
  if (!action.has_resource) return;
  const Resource& resource = action.resource;
  std::string text = resource.scheme + "://";
  for (size_t i = 0; i < resource.segments.size(); ++i) {
    const ResourceSegment& segment = resource.segments[i];
    if (i > 0) text += "/";
    if (!segment.key.empty()) text += segment.key + ":";
    text += segment.hole == kNone ? segment.literal : fmt::format("{{{}}}", segment.hole);
  }
  Line("  resource{} {}", resource.each_slot == kNone
                              ? std::string()
                              : fmt::format(" each of slot {}", resource.each_slot),
       Quoted(text));
  for (size_t i = 0; i < resource.holes.size(); ++i) {
    const ResourceHole& hole = resource.holes[i];
    Line("  hole {} = {} {}{} : {}", i, hole.source == HoleSource::kSlot ? "slot" : "element",
         hole.index, hole.email_domain ? " domain" : "", Type(hole.type));
  }
  for (size_t i = 0; i < action.skeletons.size(); ++i) {
    Line("  skeleton {} = {:#b}", i, action.skeletons[i]);
  }
}

std::string Printer::Source(const ConstSource& source) const {
  return source.bound ? fmt::format("{{{{{}}}}}", program_.bound[source.index].name)
                      : PrintValue(program_, program_.values[source.index]);
}

void Printer::PrintPatterns(const std::vector<Pattern>& patterns) {
  for (const Pattern& pattern : patterns) {
    std::string holes;
    for (const PatternHole& hole : pattern.holes) {
      holes += fmt::format(" {}={}", hole.hole, Source(hole.value));
    }
    Line("    on {} skeleton {}{}", Quoted(pattern.text), pattern.skeleton, holes);
  }
}

void Printer::PrintConsts(const std::vector<ConstSource>& consts) {
  for (size_t i = 0; i < consts.size(); ++i) Line("    const {} = {}", i, Source(consts[i]));
}

void Printer::PrintCapability(const Capability& capability) {
  Line("  capability {} : {} shape {}{}", capability.name,
       program_.actions[capability.action].name, capability.shape, Place(capability.span));
  PrintPatterns(capability.patterns);
  PrintConsts(capability.consts);
  PrintInfos(capability.clauses);
  for (const LimitTerm& term : capability.terms) Line("    {}", PrintTerm(program_, term));
  for (const CapabilityParameter& parameter : capability.parameters) {
    Line("    {}", PrintParameter(parameter));
  }
}

void Printer::PrintLimit(const SharedLimit& limit) {
  Line("  limit {} : {} shape {}{}", limit.name, program_.actions[limit.action].name, limit.shape,
       Place(limit.span));
  PrintConsts(limit.consts);
  PrintInfos(limit.clauses);
  for (const LimitTerm& term : limit.terms) Line("    {}", PrintTerm(program_, term));
}

void Printer::PrintInfos(const std::vector<ClauseInfo>& infos) {
  for (size_t i = 0; i < infos.size(); ++i) {
    const ClauseInfo& info = infos[i];
    std::string step_up;
    if (!info.step_up.empty()) {
      step_up = fmt::format(" step-up {} by {}", info.step_up,
                            info.approvers_const == kNone
                                ? Approvers(info.approvers)
                                : fmt::format("const {}", info.approvers_const));
    }
    Line("    clause {} {}{}{}", i, info.name, step_up, Place(info.span));
  }
}

void Printer::PrintForbid(const Forbid& forbid) {
  Line("  forbid {}{}{}{}", program_.actions[forbid.action].name,
       forbid.shape == kNone ? std::string() : fmt::format(" when shape {}", forbid.shape),
       forbid.unless_approvers == 0 ? "" : " unless approved by " +
                                               Approvers(forbid.unless_approvers),
       Place(forbid.info.span));
  PrintPatterns(forbid.patterns);
  PrintConsts(forbid.consts);
}

void Printer::PrintPolicy(const Policy& policy) {
  Line("\npolicy {}{}{}", policy.name, policy.version.empty() ? "" : " " + Quoted(policy.version),
       Place(policy.span));
  for (uint32_t purpose : policy.purposes) Line("  purpose {}", program_.purposes[purpose].name);
  if (policy.max_ttl_us != 0) Line("  expires after {} us", policy.max_ttl_us);
  for (uint32_t bound : policy.bound) Line("  bound {}", program_.bound[bound].name);
  for (const FixedBound& fixed : policy.fixed) {
    Line("  fixed {} = {}", program_.bound[fixed.bound].name, Source(fixed.value));
  }
  for (uint32_t capability : policy.capabilities) {
    PrintCapability(program_.capabilities[capability]);
  }
  for (uint32_t forbid : policy.forbids) PrintForbid(program_.forbids[forbid]);
  for (uint32_t limit : policy.limits) PrintLimit(program_.limits[limit]);
  if (policy.breaker.max_violations != 0) {
    Line("  breaker after {} in {} for {}", policy.breaker.max_violations,
         FormatDuration({policy.breaker.window_us}), FormatDuration({policy.breaker.suspend_us}));
  }
}

const Span* Printer::SpansOf(uint32_t shape) const {
  for (const Capability& capability : program_.capabilities) {
    if (capability.shape == shape) return program_.spans.data() + capability.first_inst_span;
  }
  for (const Forbid& forbid : program_.forbids) {
    if (forbid.shape == shape) return program_.spans.data() + forbid.first_inst_span;
  }
  for (const SharedLimit& limit : program_.limits) {
    if (limit.shape == shape) return program_.spans.data() + limit.first_inst_span;
  }
  return nullptr;
}

std::string Printer::Operand(const Shape& shape, OperandKind kind, uint32_t operand) const {
  switch (kind) {
    case OperandKind::kNothing: return "";
    case OperandKind::kConst: return fmt::format("#{}", operand);
    case OperandKind::kSlot: return program_.tools[shape.tool].slots[operand].path;
    case OperandKind::kValue:
    case OperandKind::kQuant: return fmt::format("%{}", operand);
    case OperandKind::kField: return fmt::format("field {}", operand);
    case OperandKind::kLength: return fmt::format("body {}", operand);
  }
  return "";
}

void Printer::PrintInst(const Shape& shape, uint32_t at, uint32_t depth, const Span* spans) {
  const Inst& inst = program_.insts[shape.first_inst + at];
  const OpInfo& info = InfoOf(inst.op);
  std::string operands = Operand(shape, info.a, inst.a);
  if (!operands.empty()) operands.insert(0, " ");
  if (info.b != OperandKind::kNothing) operands += ", " + Operand(shape, info.b, inst.b);
  Line("{:{}}%{} = {}{} : {}{}", "", 4 + 2 * depth, at, info.text, operands, Type(inst.type),
       spans == nullptr ? "" : Place(spans[at]));
}

void Printer::PrintClause(const Shape& shape, uint32_t index, const Span* spans) {
  const Clause& clause = program_.clauses[shape.first_clause + index];
  Line("  clause {} {} cost {}{}{}", index,
       clause.kind == ClauseKind::kRequire  ? "require"
       : clause.kind == ClauseKind::kStepUp ? "step-up"
       : clause.kind == ClauseKind::kOblige ? "oblige"
                                            : "limit",
       clause.cost,
       clause.observed == kNone ? "" : fmt::format(" observed %{}", clause.observed),
       clause.limit == kNone ? "" : fmt::format(" limit %{}", clause.limit));
  std::vector<uint32_t> ends;  // of the bodies that are open
  for (uint32_t at = clause.begin; at < clause.end; ++at) {
    while (!ends.empty() && ends.back() == at) ends.pop_back();
    PrintInst(shape, at, static_cast<uint32_t>(ends.size()), spans);
    const Inst& inst = program_.insts[shape.first_inst + at];
    if (InfoOf(inst.op).b == OperandKind::kLength) ends.push_back(at + 1 + inst.b);
  }
}

void Printer::PrintShape(uint32_t index) {
  const Shape& shape = program_.shapes[index];
  Line("\nshape {} {} of {}", index,
       shape.kind == ShapeKind::kCapability ? "capability" : "predicate",
       program_.tools[shape.tool].name);
  for (size_t i = 0; i < shape.const_types.size(); ++i) {
    Line("  const {} : {}", i, Type(shape.const_types[i]));
  }
  std::string required;
  for (uint32_t slot = 0; slot < program_.tools[shape.tool].slots.size(); ++slot) {
    if (!((shape.required[slot >> 6] >> (slot & 63) & 1) != 0)) continue;
    required += " " + program_.tools[shape.tool].slots[slot].path;
  }
  if (!required.empty()) Line("  required{}", required);
  const Span* spans = SpansOf(index);
  for (uint32_t i = 0; i < shape.clause_count; ++i) PrintClause(shape, i, spans);
}

std::string Printer::Run() {
  Holders();
  for (const Tool& tool : program_.tools) PrintTool(tool);
  for (const Action& action : program_.actions) PrintAction(action);
  for (const History& history : program_.histories) Line("\n{}", PrintHistory(program_, history));
  for (const Policy& policy : program_.policies) PrintPolicy(policy);
  for (uint32_t i = 0; i < program_.shapes.size(); ++i) PrintShape(i);
  return std::move(out_);
}

std::string PrintMoneyType(const Type& type) {
  std::string text = "money";
  if (type.form == MoneyForm::kFixed) {
    const Currency* currency = FindCurrency(type.currency);
    text += fmt::format(" in \"{}\"", currency == nullptr ? "?" : currency->code);
  } else if (type.form == MoneyForm::kSibling) {
    text += " in sibling";
  }
  if (type.minor) text += " minor";
  return type.is_signed ? text + " signed" : text;
}

}  // namespace

std::string PrintProgram(const Program& program) { return Printer(program).Run(); }

std::string PrintType(const Program& program, TypeIndex index) {
  // From the outside in: nesting is a chain, so the closing brackets are counted.
  std::string text;
  std::string tail;
  for (TypeIndex at = index; at != kNone;) {
    const Type& type = program.types[at];
    const std::string max = type.max == 0 ? "" : fmt::format(" max {}", type.max);
    at = kNone;
    switch (type.kind) {
      case TypeKind::kBool: text += "bool"; break;
      case TypeKind::kInt: text += "int"; break;
      case TypeKind::kMoney: text += PrintMoneyType(type); break;
      case TypeKind::kString: text += "string" + max; break;
      case TypeKind::kEmail: text += "email"; break;
      case TypeKind::kPath:
      case TypeKind::kIp:
      case TypeKind::kCidr:
      case TypeKind::kUrl: text += NameOfText(type.kind); break;
      case TypeKind::kEnum: text += program.enums[type.ref].name; break;
      case TypeKind::kInstant:
        text += "instant";
        if (type.ref != kNone) text += " in " + Quoted(program.tables[type.ref].name);
        break;
      case TypeKind::kDuration: text += "duration"; break;
      case TypeKind::kDate: text += "date"; break;
      case TypeKind::kDecimal: text += fmt::format("decimal({})", type.ref); break;
      case TypeKind::kRecord: text += program.records[type.ref].name; break;
      case TypeKind::kApprovers: text += "approvers"; break;
      case TypeKind::kPattern: text += "pattern"; break;
      case TypeKind::kZone: text += "zone"; break;
      case TypeKind::kSchedule: text += "schedule"; break;
      case TypeKind::kRate: text += "rate"; break;
      case TypeKind::kJson: text += "json" + max; break;
      case TypeKind::kMap: {
        const RecordType& row = program.records[program.types[type.element].ref];
        text += "map<" + PrintType(program, row.fields[0].type) + ", ";  // the key is a scalar
        tail.insert(0, ">" + max);
        at = row.fields[1].type;
        break;
      }
      case TypeKind::kSet:
      case TypeKind::kList:
        text += type.kind == TypeKind::kSet ? "set<" : "list<";
        tail.insert(0, ">" + max);
        at = type.element;
        break;
    }
  }
  return text + tail;
}

std::string PrintValue(const Program& program, const Value& value) {
  struct Visitor {
    const Program& program;

    std::string operator()(std::monostate) const { return "nothing"; }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(const Money& money) const { return FormatMoney(money); }
    std::string operator()(const std::string& text) const { return Quoted(text); }
    std::string operator()(const Instant& instant) const { return FormatInstant(instant); }
    std::string operator()(const Duration& duration) const { return FormatDuration(duration); }
    std::string operator()(const Date& date) const { return FormatDate(date); }
    std::string operator()(const Decimal& decimal) const { return FormatDecimal(decimal); }
    std::string operator()(const Json& json) const {
      return fmt::format("a json of {} bytes", json.cbor.size());
    }
    std::string operator()(const EnumMember& member) const { return Quoted(member.name); }
    std::string operator()(const ApproverMask& approvers) const {
      std::string text = "approvers";
      for (size_t i = 0; i < program.approvers.size(); ++i) {
        if ((approvers.mask >> i & 1) != 0) text += " " + program.approvers[i];
      }
      return text;
    }
    std::string operator()(const Rate& rate) const { return FormatRate(rate); }
    std::string operator()(const TableRef& table) const {
      return table.index < program.tables.size() ? Quoted(program.tables[table.index].name) : "?";
    }
    std::string operator()(const Value::List& list) const {
      std::string text;
      for (const Value& element : list) {
        text += (text.empty() ? "" : ", ") + PrintValue(program, element);
      }
      return "[" + text + "]";
    }
    std::string operator()(const Value::Record& record) const {
      std::string text;
      for (const Field& field : record) {
        text += (text.empty() ? "" : ", ") + field.name + ": " + PrintValue(program, field.value);
      }
      return "{" + text + "}";
    }
  };
  return std::visit(Visitor{program}, value.v);
}

}  // namespace cap

#include "runtime/frame/describe.h"

#include "runtime/base/limits.h"
#include "runtime/value/date.h"
#include "runtime/frame/opaque.h"
#include "runtime/value/decimal.h"
#include "runtime/value/duration.h"
#include "runtime/value/instant.h"
#include "runtime/value/money.h"
#include "runtime/value/quote.h"
#include "runtime/value/rate.h"

namespace cap {
namespace {

struct Describer {
  std::string operator()(std::monostate) const { return "null"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(int64_t value) const { return std::to_string(value); }
  std::string operator()(const Money& value) const { return FormatMoney(value); }
  std::string operator()(const std::string& value) const { return QuoteCut(value); }
  std::string operator()(const Instant& value) const { return FormatInstant(value); }
  std::string operator()(const Duration& value) const { return FormatDuration(value); }
  std::string operator()(const Date& value) const { return FormatDate(value); }
  std::string operator()(const Decimal& value) const { return FormatDecimal(value); }
  std::string operator()(const Json& value) const {
    return QuoteCut(FormatJson(value.cbor, 2 * kQuoteBytes));
  }
  std::string operator()(const EnumMember& value) const { return QuoteCut(value.name); }
  std::string operator()(const ApproverMask&) const { return "a set of approvers"; }
  std::string operator()(const TableRef&) const { return "a table"; }
  std::string operator()(const Rate& value) const { return FormatRate(value); }
  std::string operator()(const Value::List& value) const {
    return "a list of " + std::to_string(value.size());
  }
  std::string operator()(const Value::Record&) const { return "a record"; }
};

}  // namespace

std::string DescribeType(const Program& program, TypeIndex type) {
  std::string before;
  std::string after;
  // One turn a nesting: list<set<string>>. Types nest at most kValueDepth deep.
  for (uint32_t depth = 0; depth <= limits::kValueDepth; ++depth) {
    const Type& t = program.types[type];
    switch (t.kind) {
      case TypeKind::kBool: return before + "bool" + after;
      case TypeKind::kInt: return before + "int" + after;
      case TypeKind::kMoney: {
        const Currency* currency = FindCurrency(t.currency);
        const std::string in = currency == nullptr ? "" : std::string(" in ") + currency->code;
        return before + "money" + in + after;
      }
      case TypeKind::kString: return before + "string" + after;
      case TypeKind::kEmail: return before + "email" + after;
      case TypeKind::kPath: return before + "path" + after;
      case TypeKind::kIp: return before + "ip" + after;
      case TypeKind::kCidr: return before + "cidr" + after;
      case TypeKind::kUrl: return before + "url" + after;
      case TypeKind::kEnum: return before + program.enums[t.ref].name + after;
      case TypeKind::kInstant:
        return before + "instant" + (t.ref == kNone ? "" : " in " + program.tables[t.ref].name) +
               after;
      case TypeKind::kDuration: return before + "duration" + after;
      case TypeKind::kDate: return before + "date" + after;
      case TypeKind::kDecimal: return before + "decimal(" + std::to_string(t.ref) + ")" + after;
      case TypeKind::kRecord: return before + program.records[t.ref].name + after;
      case TypeKind::kApprovers: return before + "approvers" + after;
      case TypeKind::kPattern: return before + "pattern" + after;
      case TypeKind::kZone: return before + "zone" + after;
      case TypeKind::kSchedule: return before + "schedule" + after;
      case TypeKind::kRate: return before + "rate" + after;
      case TypeKind::kJson: return before + "json" + after;
      case TypeKind::kMap: {
        // The key is a scalar, so that this goes one deep.
        const RecordType& row = program.records[program.types[t.element].ref];
        before += "map<" + DescribeType(program, row.fields[0].type) + ", ";
        after += '>';
        type = row.fields[1].type;
        break;
      }
      case TypeKind::kSet:
      case TypeKind::kList:
        before += t.kind == TypeKind::kSet ? "set<" : "list<";
        after += '>';
        type = t.element;
    }
  }
  return before + "…" + after;
}

std::string DescribeValue(const Value& value) { return std::visit(Describer{}, value.v); }

}  // namespace cap

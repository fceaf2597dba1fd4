#include "runtime/program/ir.h"

namespace cap {
namespace {

// The column words of inst_kind.def. kAny and kTyped stand for "no class to check here".
enum class Column : uint8_t {
  kAny, kTyped, kBool, kWord, kMoney, kStr, kMask, kList, kDec, kTable,
};

constexpr ValueClass ToClass(Column column) {
  switch (column) {
    case Column::kAny:
    case Column::kTyped:
    case Column::kBool: return ValueClass::kBool;
    case Column::kWord: return ValueClass::kWord;
    case Column::kMoney: return ValueClass::kMoney;
    case Column::kStr: return ValueClass::kStr;
    case Column::kMask: return ValueClass::kMask;
    case Column::kList: return ValueClass::kList;
    case Column::kDec: return ValueClass::kDecimal;
    case Column::kTable: return ValueClass::kTable;
  }
  return ValueClass::kBool;
}

constexpr OpInfo MakeInfo(std::string_view name, std::string_view text, Column result,
                          OperandKind a, OperandKind b, Column class_a, Column class_b,
                          bool may_fault, uint8_t cost) {
  return {.name = name,
          .text = text,
          .typed_result = result == Column::kTyped,
          .result = ToClass(result),
          .a = a,
          .b = b,
          .any_class_a = class_a == Column::kAny,
          .any_class_b = class_b == Column::kAny,
          .class_a = ToClass(class_a),
          .class_b = ToClass(class_b),
          .may_fault = may_fault,
          .cost = cost};
}

constexpr std::array<OpInfo, kOpCount> kInfos = {{
#define INST(name, text, result, a, b, class_a, class_b, may_fault, cost)                      \
  MakeInfo(#name, text, Column::result, OperandKind::a, OperandKind::b, Column::class_a,       \
           Column::class_b, may_fault, cost),
#include "runtime/program/inst_kind.def"
#undef INST
}};

}  // namespace

const OpInfo& InfoOf(Op op) { return kInfos[static_cast<uint16_t>(op)]; }

}  // namespace cap

#include <string>

#include "runtime/base/limits.h"
#include "runtime/engine/engine_impl.h"

namespace cap::engine {
namespace {

void Append(std::string_view text, std::string& to) {
  to.append(std::to_string(text.size())).append(1, ':').append(text);
}
void Append(uint64_t number, std::string& to) { to.append(std::to_string(number)).append(1, ','); }

void AppendType(const Program& program, TypeIndex index, uint32_t depth, std::string& to) {
  const Type& type = program.types[index];
  Append(static_cast<uint64_t>(type.kind), to);
  Append(uint64_t{type.currency}, to);
  Append(uint64_t{type.max}, to);
  if (depth == limits::kValueDepth) return;
  switch (type.kind) {
    case TypeKind::kDecimal: return Append(uint64_t{type.ref}, to);
    case TypeKind::kEnum:
      for (const std::string& member : program.enums[type.ref].members) Append(member, to);
      return;
    case TypeKind::kRecord:
      for (const RecordField& field : program.records[type.ref].fields) {
        Append(field.name, to);
        AppendType(program, field.type, depth + 1, to);
      }
      return;
    case TypeKind::kSet:
    case TypeKind::kMap:
    case TypeKind::kList: return AppendType(program, type.element, depth + 1, to);
    case TypeKind::kApprovers:  // a mask: its bits mean what the program's list says
      for (const std::string& approver : program.approvers) Append(approver, to);
      return;
    case TypeKind::kBool:
    case TypeKind::kInt:
    case TypeKind::kMoney:
    case TypeKind::kString:
    case TypeKind::kEmail:
    case TypeKind::kInstant:
    case TypeKind::kDuration:
    case TypeKind::kPattern:
    case TypeKind::kZone:
    case TypeKind::kSchedule:
    case TypeKind::kRate:
    case TypeKind::kDate:
    case TypeKind::kPath:
    case TypeKind::kIp:
    case TypeKind::kCidr:
    case TypeKind::kUrl:
    case TypeKind::kJson: return;
  }
}

}  // namespace

std::string BoundSignature(const Program& program, const Policy& policy) {
  std::string signature;
  for (uint32_t index : policy.bound) {
    Append(program.bound[index].name, signature);
    AppendType(program, program.bound[index].type, 0, signature);
  }
  return signature;
}

}  // namespace cap::engine

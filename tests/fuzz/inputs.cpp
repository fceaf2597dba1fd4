#include "tests/fuzz/inputs.h"

#include <array>
#include <limits>
#include <utility>

namespace cap::fuzz {
namespace {

std::string MakeText(Bytes& bytes) {
  static constexpr std::array<const char*, 14> kTexts = {"",
                                                         "a",
                                                         "C1",
                                                         "delivered",
                                                         "ann@company.com",
                                                         "EUR",
                                                         "USD",
                                                         "/",
                                                         "..",
                                                         "a*b",
                                                         "%2e%2E",
                                                         "a-text-that-is-longer-than-sixteen-bytes",
                                                         "eve@COMPANY.com",
                                                         "\xff\xfe"};
  switch (bytes.Below(8)) {
    case 0:
      return bytes.Text(40);
    case 1:
      return std::string(bytes.Below(5000), 'z');
    default:
      return kTexts[bytes.Below(kTexts.size())];
  }
}

int64_t MakeNumber(Bytes& bytes) {
  constexpr std::array<int64_t, 10> kNumbers = {0,
                                                1,
                                                -1,
                                                2,
                                                100,
                                                50'000,
                                                kNowUs,
                                                1 << 20,
                                                std::numeric_limits<int64_t>::max(),
                                                std::numeric_limits<int64_t>::min()};
  if (bytes.Chance(64)) return static_cast<int64_t>(bytes.Word());
  const auto number = static_cast<uint64_t>(kNumbers[bytes.Below(kNumbers.size())]);
  return static_cast<int64_t>(number + bytes.Below(3) - 1);
}

uint32_t MakeCurrency(Bytes& bytes) {
  constexpr std::array<uint32_t, 5> kIds = {840, 978, 392, 0, 9999};
  return kIds[bytes.Below(kIds.size())];
}

Value MakeAny(Bytes& bytes, uint32_t depth) {
  switch (bytes.Below(depth < 20 ? 9 : 7)) {
    case 0:
      return {};
    case 1:
      return {bytes.Chance(128)};
    case 2:
      return {MakeNumber(bytes)};
    case 3:
      return {Money{MakeNumber(bytes), MakeCurrency(bytes)}};
    case 4:
      return {MakeText(bytes)};
    case 5:
      return {Instant{MakeNumber(bytes)}};
    case 6:
      return {EnumMember{MakeText(bytes)}};
    case 7: {
      Value::List list;
      for (uint32_t i = bytes.Below(4); i > 0; --i) list.push_back(MakeAny(bytes, depth + 1));
      return {std::move(list)};
    }
    default: {
      Value::Record record;
      for (uint32_t i = bytes.Below(4); i > 0; --i) {
        record.push_back({MakeText(bytes), MakeAny(bytes, depth + 1)});
      }
      return {std::move(record)};
    }
  }
}

uint32_t MakeCount(const Type& type, Bytes& bytes) {
  const uint32_t few = bytes.Below(6);
  return few == 5 ? (type.max != 0 ? type.max : 64u) % 200 + bytes.Below(3) : few;
}

template <typename Name>
std::string NameOr(Bytes& bytes, const Name& name) {
  return bytes.Chance(4) ? MakeText(bytes) : std::string(name);
}

FactInput MakeFact(const Program& program, const Tool& tool, const FactDesc& desc,
                   const std::vector<Value>& arguments, Bytes& bytes, size_t nth = 0) {
  FactInput fact;
  fact.name = NameOr(bytes, desc.name);
  for (const uint32_t slot : desc.key_slots) {
    Value key;
    for (size_t i = 0; i < tool.arguments.size(); ++i) {
      if (tool.arguments[i].slot == slot) key = arguments[i];
    }
    const auto* list = std::get_if<Value::List>(&key.v);
    if (desc.each_offset != kNone && list != nullptr && nth < list->size()) {
      Value element = (*list)[nth];  // of records none is a key, and such a fact is of no object
      key = std::move(element);
    }
    fact.key.push_back(bytes.Chance(12) ? MakeAny(bytes, 0) : std::move(key));
  }
  if (bytes.Chance(6)) fact.key.push_back(MakeAny(bytes, 0));
  fact.as_of_us = bytes.Chance(24) ? MakeNumber(bytes) : kNowUs;
  fact.attestor = bytes.Chance(12) ? MakeText(bytes) : desc.attestor;
  if (bytes.Chance(6)) {
    fact.value = cap::Fail("unreadable", "it could not be read");
  } else {
    const bool each = desc.each_offset != kNone;
    fact.value =
        MakeValue(program, each ? program.types[desc.type].element : desc.type, bytes);
  }
  return fact;
}

FrameBuilder MakeBuilder(const Program& program, uint32_t index, Bytes bytes) {
  FrameBuilder call(program, index, kSubject, bytes.Chance(6) ? MakeNumber(bytes) : kNowUs);
  if (index >= program.tools.size()) return call;
  const Tool& tool = program.tools[index];
  std::vector<Value> arguments(tool.arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (bytes.Chance(tool.arguments[i].optional ? 60 : 3)) continue;
    arguments[i] = MakeValue(program, tool.arguments[i].type, bytes);
    call.SetArgument(NameOr(bytes, tool.arguments[i].name), arguments[i]);
  }
  if (bytes.Chance(3)) call.SetArgument(MakeText(bytes), MakeAny(bytes, 0));
  for (const FactDesc& desc : tool.facts) {
    if (bytes.Chance(12)) continue;
    call.AddFact(MakeFact(program, tool, desc, arguments, bytes));
    if (bytes.Chance(6)) call.AddFact(MakeFact(program, tool, desc, arguments, bytes));
    // More elements: some of them, so that often a fact is missing and sometimes none is.
    const size_t more = desc.each_offset != kNone ? bytes.Below(4) : 0;
    for (size_t nth = 1; nth <= more; ++nth) {
      call.AddFact(MakeFact(program, tool, desc, arguments, bytes, nth));
    }
  }
  for (const LiveDesc& desc : tool.live) {
    if (bytes.Chance(24)) continue;
    call.SetLive(NameOr(bytes, desc.name), MakeValue(program, desc.type, bytes));
  }
  if (bytes.Chance(6)) call.ExpectResource(MakeText(bytes));
  return call;
}

}  // namespace

Value MakeValue(const Program& program, TypeIndex index, Bytes& bytes, uint32_t depth) {
  const Type& type = program.types[index];
  if (bytes.Chance(6) || depth > 20) return MakeAny(bytes, depth);
  switch (type.kind) {
    case TypeKind::kBool:
      return {bytes.Below(2) == 1};
    case TypeKind::kInt:
      return {MakeNumber(bytes)};
    case TypeKind::kMoney:
      return {Money{MakeNumber(bytes) & std::numeric_limits<int64_t>::max(),
                    type.currency != 0 && !bytes.Chance(12) ? type.currency : MakeCurrency(bytes)}};
    case TypeKind::kString:
      return {MakeText(bytes)};
    case TypeKind::kEmail:
      return {bytes.Chance(32) ? MakeText(bytes) : std::string("ann@company.com")};
    case TypeKind::kPath:
      return {bytes.Chance(32) ? MakeText(bytes) : std::string("/data/in")};
    case TypeKind::kIp:
      return {bytes.Chance(32) ? MakeText(bytes) : std::string("10.0.0.1")};
    case TypeKind::kCidr:
      return {bytes.Chance(32) ? MakeText(bytes) : std::string("10.0.0.0/8")};
    case TypeKind::kUrl:
      return {bytes.Chance(32) ? MakeText(bytes) : std::string("https://api.example.com/v1")};
    case TypeKind::kInstant:
      return {Instant{MakeNumber(bytes)}};
    case TypeKind::kDuration:
      return {Duration{MakeNumber(bytes)}};
    case TypeKind::kDate:
      return {Date{MakeNumber(bytes)}};
    case TypeKind::kDecimal: {
      const auto low = static_cast<uint64_t>(MakeNumber(bytes));
      const uint64_t high = bytes.Chance(64) ? bytes.Word() : low >> 63 == 0 ? 0 : ~uint64_t{0};
      return {Decimal{low, high, bytes.Chance(12) ? bytes.Below(40) : type.ref}};
    }
    case TypeKind::kEnum: {
      const auto& members = program.enums[type.ref].members;
      return {EnumMember{members[bytes.Below(static_cast<uint32_t>(members.size()))]}};
    }
    case TypeKind::kApprovers:
      return {ApproverMask{bytes.Word()}};
    case TypeKind::kPattern:
    case TypeKind::kZone:
    case TypeKind::kSchedule:
      return {TableRef{bytes.Below(4)}};
    case TypeKind::kRate:
      return {Rate{MakeNumber(bytes), MakeNumber(bytes)}};
    case TypeKind::kJson:
      return {Json{bytes.Chance(32) ? MakeText(bytes) : std::string("\xa1\x61k\x82\x01\xf6")}};
    case TypeKind::kSet:
    case TypeKind::kMap:
    case TypeKind::kList: {
      Value::List list;
      for (uint32_t i = MakeCount(type, bytes); i > 0; --i) {
        list.push_back(MakeValue(program, type.element, bytes, depth + 1));
      }
      return {std::move(list)};
    }
    case TypeKind::kRecord: {
      Value::Record record;
      for (const RecordField& field : program.records[type.ref].fields) {
        if (bytes.Chance(field.optional ? 80 : 3)) continue;
        record.push_back(
            {NameOr(bytes, field.name), MakeValue(program, field.type, bytes, depth + 1)});
      }
      return {std::move(record)};
    }
  }
  return {};
}

GrantSpec MakeGrant(const Program& program, const Policy& policy, Bytes& bytes) {
  GrantSpec spec;
  spec.policy = NameOr(bytes, policy.name);
  spec.subject = bytes.Chance(6) ? MakeText(bytes) : std::string(kSubject);
  if (!policy.purposes.empty()) spec.purpose = program.purposes[policy.purposes.front()].name;
  for (const uint32_t index : policy.bound) {
    if (bytes.Chance(6)) continue;
    const BoundDesc& desc = program.bound[index];
    spec.bound.push_back({desc.name, MakeValue(program, desc.type, bytes)});
  }
  if (policy.max_ttl_us == 0 || bytes.Chance(24)) {
    spec.ttl_us = bytes.Chance(24) ? MakeNumber(bytes) : int64_t{3'600'000'000};
  }
  return spec;
}

Frame MakeCall(const Program& program, uint32_t tool, Bytes& bytes) {
  const uint32_t approvals = bytes.Below(4);
  const std::string_view choices = bytes.Rest();
  Frame frame = MakeBuilder(program, tool, Bytes(choices)).Seal();
  if (approvals == 0 || frame.header() == nullptr) return frame;
  // An approval carries the digest of the call, which is known once the call is sealed.
  FrameBuilder call = MakeBuilder(program, tool, Bytes(choices));
  for (const std::string& approver : program.approvers) {
    ApprovalInput approval;
    approval.approver = approver;
    if (approvals != 2) approval.digest = frame.digest();
    if (approvals == 3) approval.kind = "review";
    call.AddApproval(std::move(approval));
  }
  return std::move(call).Seal();
}

}  // namespace cap::fuzz

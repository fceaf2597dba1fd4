#include "runtime/program/layout.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "runtime/base/limits.h"

namespace cap {

std::string_view NameOf(Risk risk) {
  switch (risk) {
    case Risk::kUnsaid:
      return {};
    case Risk::kLow:
      return "low";
    case Risk::kMedium:
      return "medium";
    case Risk::kHigh:
      return "high";
    case Risk::kCritical:
      return "critical";
  }
  return {};
}
namespace {

// More slots than any frame or element may have: counting stops here, so that a record which
// contains itself, or fans out without end, costs no more than a good one before it is refused.
constexpr uint32_t kTooManySlots = 4096;

uint32_t CountSlots(const Program& program, TypeIndex type, uint32_t depth) {
  const Type& t = program.types[type];
  if (t.kind != TypeKind::kRecord) return 1;
  if (depth >= limits::kValueDepth) return kTooManySlots;
  uint32_t slots = 1;
  for (const RecordField& field : program.records[t.ref].fields) {
    slots += CountSlots(program, field.type, depth + 1);
    if (slots >= kTooManySlots) return kTooManySlots;
  }
  return slots;
}

/// FNV-1a, 64 bits, over a canonical description. Strings carry their length, so that two
/// descriptions never run into each other.
class Hasher {
 public:
  explicit Hasher(const Program& program) : program_(program) {}

  void Add(uint64_t word) {
    for (int i = 0; i < 8; ++i) hash_ = (hash_ ^ (word >> (8 * i) & 0xFF)) * 1099511628211u;
  }
  void Add(std::string_view text) {
    Add(uint64_t{text.size()});
    for (char c : text) hash_ = (hash_ ^ static_cast<uint8_t>(c)) * 1099511628211u;
  }
  void AddType(TypeIndex type, uint32_t depth = 0);
  void AddValue(uint32_t value) {
    if (value == kNone) return Add(uint64_t{0});
    Add(uint64_t{1});
    AddValue(program_.values[value], 0);
  }
  uint64_t hash() const { return hash_; }

 private:
  void AddValue(const Value& value, uint32_t depth);

  const Program& program_;
  uint64_t hash_ = 14695981039346656037u;
  // A type is hashed once and then stands for its hash: types share parts without bound otherwise.
  std::unordered_map<TypeIndex, uint64_t> known_;
};

void Hasher::AddType(TypeIndex type, uint32_t depth) {
  if (depth > limits::kValueDepth) return Add(uint64_t{kNone});
  if (auto found = known_.find(type); found != known_.end()) return Add(found->second);
  const uint64_t outer = hash_;
  hash_ = 14695981039346656037u;
  const Type& t = program_.types[type];
  Add(static_cast<uint64_t>(t.kind));
  Add(static_cast<uint64_t>(t.form));
  Add(uint64_t{t.minor});
  Add(uint64_t{t.is_signed});
  Add(uint64_t{t.currency});
  Add(uint64_t{t.max});
  if (t.kind == TypeKind::kEnum) {
    for (const std::string& member : program_.enums[t.ref].members) Add(member);
  } else if (t.kind == TypeKind::kRecord) {
    Add(uint64_t{program_.records[t.ref].open});
    for (const RecordField& field : program_.records[t.ref].fields) {
      Add(field.name);
      Add(uint64_t{field.optional});
      Add(uint64_t{field.currency_field});
      AddType(field.type, depth + 1);
    }
  } else if (t.element != kNone) {
    AddType(t.element, depth + 1);
  } else if (t.kind == TypeKind::kInstant && t.ref < program_.tables.size()) {
    Add(program_.tables[t.ref].name);  // by which the wire is read
  } else if (t.kind == TypeKind::kDecimal) {
    Add(uint64_t{t.ref});
  }
  const uint64_t own = hash_;
  known_.emplace(type, own);
  hash_ = outer;
  Add(own);
}

void Hasher::AddValue(const Value& value, uint32_t depth) {
  Add(uint64_t{value.v.index()});
  if (depth > limits::kValueDepth) return;
  if (const auto* flag = std::get_if<bool>(&value.v)) Add(uint64_t{*flag});
  if (const auto* number = std::get_if<int64_t>(&value.v)) Add(static_cast<uint64_t>(*number));
  if (const auto* money = std::get_if<Money>(&value.v)) {
    Add(static_cast<uint64_t>(money->minor_units));
    Add(uint64_t{money->currency});
  }
  if (const auto* text = std::get_if<std::string>(&value.v)) Add(*text);
  if (const auto* instant = std::get_if<Instant>(&value.v)) Add(static_cast<uint64_t>(instant->us));
  if (const auto* span = std::get_if<Duration>(&value.v)) Add(static_cast<uint64_t>(span->us));
  if (const auto* date = std::get_if<Date>(&value.v)) Add(static_cast<uint64_t>(date->days));
  if (const auto* decimal = std::get_if<Decimal>(&value.v)) {
    Add(decimal->low);
    Add(decimal->high);
    Add(uint64_t{decimal->scale});
  }
  if (const auto* member = std::get_if<EnumMember>(&value.v)) Add(member->name);
  if (const auto* approvers = std::get_if<ApproverMask>(&value.v)) Add(approvers->mask);
  if (const auto* list = std::get_if<Value::List>(&value.v)) {
    Add(uint64_t{list->size()});
    for (const Value& element : *list) AddValue(element, depth + 1);
  }
  if (const auto* record = std::get_if<Value::Record>(&value.v)) {
    Add(uint64_t{record->size()});
    for (const Field& field : *record) {
      Add(field.name);
      AddValue(field.value, depth + 1);
    }
  }
}

void AddResource(Hasher& hasher, const Action& action) {
  const Resource& resource = action.resource;
  hasher.Add(action.name);
  hasher.Add(uint64_t{action.has_resource});
  hasher.Add(resource.scheme);
  hasher.Add(uint64_t{resource.each_slot});
  hasher.Add(uint64_t{resource.segments.size()});
  for (const ResourceSegment& segment : resource.segments) {
    hasher.Add(segment.key);
    hasher.Add(segment.literal);
    hasher.Add(uint64_t{segment.hole});
  }
  hasher.Add(uint64_t{resource.holes.size()});
  for (const ResourceHole& hole : resource.holes) {
    hasher.Add(static_cast<uint64_t>(hole.source));
    hasher.Add(uint64_t{hole.index});
    hasher.Add(uint64_t{hole.email_domain});
    hasher.AddType(hole.type);
  }
}

void AddInputs(Hasher& hasher, const Tool& tool) {
  hasher.Add(uint64_t{tool.arguments.size()});
  for (const ArgumentDesc& argument : tool.arguments) {
    hasher.Add(argument.name);
    hasher.AddType(argument.type);
    hasher.Add(uint64_t{argument.slot});
    hasher.Add(uint64_t{argument.optional});
    hasher.Add(uint64_t{argument.currency_slot});
    hasher.AddValue(argument.default_value);
  }
  hasher.Add(uint64_t{tool.facts.size()});
  for (const FactDesc& fact : tool.facts) {
    hasher.Add(fact.name);
    hasher.AddType(fact.type);
    hasher.Add(uint64_t{fact.slot});
    hasher.Add(uint64_t{fact.key_slots.size()});
    for (uint32_t slot : fact.key_slots) hasher.Add(uint64_t{slot});
    hasher.Add(static_cast<uint64_t>(fact.max_age_us));
    hasher.Add(fact.attestor);
    hasher.Add(uint64_t{fact.currency_slot});
    hasher.Add(uint64_t{fact.each_offset});
  }
  hasher.Add(uint64_t{tool.live.size()});
  for (const LiveDesc& live : tool.live) {
    hasher.Add(live.name);
    hasher.AddType(live.type);
    hasher.Add(uint64_t{live.slot});
    hasher.Add(uint64_t{live.optional});
  }
  hasher.Add(uint64_t{tool.lets.size()});
  for (const LetDesc& let : tool.lets) {
    hasher.Add(let.name);
    hasher.Add(uint64_t{let.slot});
    hasher.Add(uint64_t{let.source_slots.size()});
    for (uint32_t slot : let.source_slots) hasher.Add(uint64_t{slot});
  }
}

}  // namespace

uint32_t SlotsOf(const Program& program, TypeIndex type) { return CountSlots(program, type, 0); }

uint32_t FieldOffset(const Program& program, uint32_t record, uint32_t field) {
  uint32_t offset = 1;
  for (uint32_t i = 0; i < field; ++i) {
    offset += SlotsOf(program, program.records[record].fields[i].type);
  }
  return offset;
}

void AppendSlots(const Program& program, const std::string& path, TypeIndex type, SlotSource source,
                 bool optional, std::vector<SlotDesc>& out) {
  if (out.size() >= kTooManySlots) return;
  out.push_back({.path = path, .type = type, .source = source, .optional = optional});
  const Type& t = program.types[type];
  if (t.kind != TypeKind::kRecord) return;
  for (const RecordField& field : program.records[t.ref].fields) {
    AppendSlots(program, path + "." + field.name, field.type, source, field.optional, out);
  }
}

uint64_t LayoutHash(const Program& program, const Tool& tool) {
  Hasher hasher(program);
  hasher.Add(tool.name);
  hasher.Add(uint64_t{tool.slots.size()});
  for (const SlotDesc& slot : tool.slots) {
    hasher.Add(slot.path);
    hasher.AddType(slot.type);
    hasher.Add(static_cast<uint64_t>(slot.source));
    hasher.Add(uint64_t{slot.optional});
  }
  AddInputs(hasher, tool);
  // A frame holds the texts of its resources, so their templates are a part of its meaning.
  for (uint32_t action : tool.actions) AddResource(hasher, program.actions[action]);
  // … and approvals as bits, which mean what the list says.
  for (const std::string& approver : program.approvers) hasher.Add(approver);
  return hasher.hash();
}

TypeIndex ElementLeafType(const Program& program, TypeIndex type, uint32_t offset) {
  // Goes down one record a turn: the field that holds the offset becomes the next type.
  while (offset > 0) {
    const Type& t = program.types[type];
    if (t.kind != TypeKind::kRecord) return kNone;
    uint32_t start = 1;
    TypeIndex next = kNone;
    for (const RecordField& field : program.records[t.ref].fields) {
      const uint32_t slots = SlotsOf(program, field.type);
      if (offset < start + slots) {
        next = field.type;
        break;
      }
      start += slots;
    }
    if (next == kNone) return kNone;
    type = next;
    offset -= start;
  }
  return type;
}

ValueClass ClassOf(const Program& program, TypeIndex type) {
  const Type& t = program.types[type];
  switch (t.kind) {
    case TypeKind::kBool: return ValueClass::kBool;
    case TypeKind::kInt:
    case TypeKind::kEnum:
    case TypeKind::kInstant:
    case TypeKind::kDuration:
    case TypeKind::kDate: return ValueClass::kWord;
    case TypeKind::kDecimal: return ValueClass::kDecimal;
    case TypeKind::kPattern:
    case TypeKind::kZone:
    case TypeKind::kSchedule: return ValueClass::kTable;
    case TypeKind::kRate: return ValueClass::kRate;
    case TypeKind::kMoney: return ValueClass::kMoney;
    case TypeKind::kString:
    case TypeKind::kEmail:
    case TypeKind::kPath:
    case TypeKind::kIp:
    case TypeKind::kCidr:
    case TypeKind::kUrl: return ValueClass::kStr;
    case TypeKind::kSet:
      return program.types[t.element].kind == TypeKind::kEnum ? ValueClass::kMask
                                                              : ValueClass::kList;
    case TypeKind::kApprovers: return ValueClass::kMask;
    case TypeKind::kList:
    case TypeKind::kMap:
    case TypeKind::kRecord:
    case TypeKind::kJson: return ValueClass::kList;
  }
  return ValueClass::kList;
}

const Table* FindTable(const Program& program, const Slot& slot) {
  for (const Table& table : program.tables) {
    if (SlotOf(table) == slot) return &table;
  }
  return nullptr;
}

}  // namespace cap

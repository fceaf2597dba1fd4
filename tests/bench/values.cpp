#include "tests/bench/values.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "compiler/diag/render_text.h"
#include "compiler/driver/compile.h"
#include "runtime/frame/encode.h"
#include "runtime/frame/frame_builder.h"
#include "runtime/value/date.h"
#include "runtime/value/decimal.h"
#include "runtime/value/duration.h"
#include "runtime/value/instant.h"
#include "runtime/value/map.h"
#include "runtime/value/money.h"

namespace cap::bench {
namespace {

using Json = nlohmann::json;

uint32_t CurrencyId(const std::string& code) {
  const Currency* currency = FindCurrency(code);
  return currency == nullptr ? 0 : currency->id;
}

Value MoneyFrom(const Type& type, const Json& json, uint32_t beside) {
  const uint32_t currency = type.form == MoneyForm::kFixed ? type.currency : beside;
  const auto units = ParseMoney(json.dump(), currency);
  if (!units) Die("no money: " + json.dump());
  return {Money{*units, currency}};
}

Value RecordFrom(const Program& program, const RecordType& record, const Json& json) {
  Value::Record fields;
  for (const RecordField& field : record.fields) {
    if (!json.contains(field.name) || json[field.name].is_null()) continue;
    uint32_t currency = 0;
    if (field.currency_field != kNone) {
      currency = CurrencyId(json[record.fields[field.currency_field].name].get<std::string>());
    }
    fields.push_back({field.name, ValueFrom(program, field.type, json[field.name], currency)});
  }
  return {std::move(fields)};
}

}  // namespace

void Die(const std::string& message) {
  std::fprintf(stderr, "capc_bench: %s\n", message.c_str());
  std::exit(1);
}

std::string ReadText(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) Die("cannot read " + path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::shared_ptr<const Program> CompileFile(const std::string& path) {
  const Compilation result = Compile({path, ReadText(path)});
  if (!result.program) {
    std::string text;
    for (const diag::Diagnostic& d : result.diagnostics) {
      text += "\n" + diag::RenderText(d, result.sources, false);
    }
    Die(path + " does not compile" + text);
  }
  return result.program;
}

Value ValueFrom(const Program& program, TypeIndex index, const Json& json, uint32_t currency) {
  const Type& type = program.types[index];
  switch (type.kind) {
    case TypeKind::kBool: return {json.get<bool>()};
    case TypeKind::kInt: return {json.get<int64_t>()};
    case TypeKind::kMoney: return MoneyFrom(type, json, currency);
    case TypeKind::kString:
    case TypeKind::kPath:
    case TypeKind::kIp:
    case TypeKind::kCidr:
    case TypeKind::kUrl:
    case TypeKind::kEmail: return {json.get<std::string>()};
    case TypeKind::kEnum: return {EnumMember{json.get<std::string>()}};
    case TypeKind::kInstant: {
      const auto instant = ParseInstant(json.get<std::string>());
      if (!instant) Die("no instant: " + json.dump());
      return {*instant};
    }
    case TypeKind::kDecimal: {
      const auto decimal = ParseDecimal(json.get<std::string>(), type.ref);
      if (!decimal) Die("no decimal: " + json.dump());
      return {*decimal};
    }
    case TypeKind::kDate: {
      const auto date = ParseDate(json.get<std::string>());
      if (!date) Die("no date: " + json.dump());
      return {*date};
    }
    case TypeKind::kDuration: {
      const auto us = ParseDuration(json.get<std::string>());
      if (!us) Die("no duration: " + json.dump());
      return {Duration{*us}};
    }
    case TypeKind::kSet:
    case TypeKind::kList: {
      Value::List items;
      for (const Json& item : json) items.push_back(ValueFrom(program, type.element, item));
      return {std::move(items)};
    }
    case TypeKind::kRecord: return RecordFrom(program, program.records[type.ref], json);
    case TypeKind::kMap: {
      const RecordType& row = program.records[program.types[type.element].ref];
      std::vector<std::pair<Value, Value>> entries;
      for (const auto& [key, value] : json.items()) {
        entries.emplace_back(ValueFrom(program, row.fields[0].type, key),
                             ValueFrom(program, row.fields[1].type, value));
      }
      return MapOf(std::move(entries));
    }
    case TypeKind::kApprovers:
    case TypeKind::kPattern:
    case TypeKind::kZone:
    case TypeKind::kSchedule:
    case TypeKind::kRate:
    case TypeKind::kJson: break;
  }
  Die("no such value in a request: " + json.dump());
}

std::vector<Slot> EncodeConstants(const Program& program, const std::vector<ConstSource>& sources,
                                  const std::vector<TypeIndex>& types, const Json& bound,
                                  Arena& arena) {
  std::vector<Slot> slots;
  for (size_t i = 0; i < sources.size(); ++i) {
    Value value;
    if (sources[i].bound) {
      const BoundDesc& desc = program.bound[sources[i].index];
      value = ValueFrom(program, desc.type, bound.at(desc.name));
    } else {
      value = program.values[sources[i].index];
    }
    const Result<Slot> slot = EncodeConstant(program, types[i], value, arena);
    if (!slot) Die("constant " + std::to_string(i) + ": " + slot.error().message);
    slots.push_back(*slot);
  }
  return slots;
}

struct RequestSource::Impl {
  const Program& program;
  uint32_t tool;
  Json values;
  std::mt19937_64 random;

  // Where a bad value can stand, as (section, name, field).
  struct Place {
    std::string section, name, field;
    bool operator==(const Place&) const = default;
  };
  std::vector<Place> bad_places;
  std::vector<Place> droppable;

  uint64_t Pick(size_t n) { return random() % n; }
  bool Chance(double share) { return static_cast<double>(random() >> 11) * 0x1p-53 < share; }

  void Collect(const std::string& section, const std::string& name, const std::string& field,
               const Json& lists) {
    if (!lists[1].empty()) bad_places.push_back({section, name, field});
  }

  Json Choose(const Json& lists, bool bad) {
    const Json& list = lists[bad ? 1 : 0];
    return list[Pick(list.size())];
  }
};

RequestSource::RequestSource(const Program& program, uint32_t tool, const Json& values,
                             uint64_t seed)
    : impl_(new Impl{program, tool, values, std::mt19937_64(seed), {}, {}}) {
  for (const char* section : {"arguments", "live", "facts"}) {
    if (!values.contains(section)) continue;
    for (const auto& [name, entry] : values[section].items()) {
      if (section != std::string("arguments")) impl_->droppable.push_back({section, name, ""});
      if (section != std::string("facts")) {
        impl_->Collect(section, name, "", entry);
        continue;
      }
      for (const auto& [field, lists] : entry["fields"].items()) {
        impl_->Collect(section, name, field, lists);
      }
    }
  }
}
RequestSource::~RequestSource() = default;

Frame RequestSource::Draw(double bad_share) {
  Impl& m = *impl_;
  const Tool& tool = m.program.tools[m.tool];
  Impl::Place bad, dropped;
  if (m.Chance(bad_share)) {
    if (!m.droppable.empty() && m.Chance(0.2)) {
      dropped = m.droppable[m.Pick(m.droppable.size())];
    } else {
      bad = m.bad_places[m.Pick(m.bad_places.size())];
    }
  }
  Json arguments;
  for (const ArgumentDesc& desc : tool.arguments) {
    arguments[desc.name] =
        m.Choose(m.values["arguments"][desc.name], bad == Impl::Place{"arguments", desc.name, ""});
  }
  FrameBuilder builder(m.program, m.tool, kSubject, kNow);
  for (const ArgumentDesc& desc : tool.arguments) {
    const Json& json = arguments[desc.name];
    if (json.is_null()) continue;
    uint32_t currency = 0;
    if (desc.currency_slot != kNone) {
      currency = CurrencyId(arguments[tool.slots[desc.currency_slot].path].get<std::string>());
    }
    builder.SetArgument(desc.name, ValueFrom(m.program, desc.type, json, currency));
  }
  for (const LiveDesc& desc : tool.live) {
    if (dropped == Impl::Place{"live", desc.name, ""}) continue;
    const Json json =
        m.Choose(m.values["live"][desc.name], bad == Impl::Place{"live", desc.name, ""});
    builder.SetLive(desc.name, ValueFrom(m.program, desc.type, json));
  }
  for (const FactDesc& desc : tool.facts) {
    if (dropped == Impl::Place{"facts", desc.name, ""}) continue;
    const Json& entry = m.values["facts"][desc.name];
    Json record;
    for (const auto& [field, lists] : entry["fields"].items()) {
      record[field] = m.Choose(lists, bad == Impl::Place{"facts", desc.name, field});
    }
    std::vector<Value> key;
    for (const Json& name : entry["key"]) key.push_back({arguments[name].get<std::string>()});
    builder.AddFact({.name = desc.name, .key = std::move(key), .as_of_us = kNow, .attestor = "",
                     .value = ValueFrom(m.program, desc.type, record)});
  }
  return std::move(builder).Seal();
}

}  // namespace cap::bench

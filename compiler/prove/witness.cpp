#include "compiler/prove/witness.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/value/duration.h"
#include "runtime/value/instant.h"

namespace cap::prove {
namespace {

class CallWriter {
 public:
  CallWriter(World& world, const z3::model& model, const Side& side, const BoundValues& bound,
             const Tool& tool, int64_t now_us)
      : world_(world), reader_(world, model), program_(*side.program), policy_(side.of()),
        bound_(bound), tool_(tool), frame_(world.Frame(program_, tool)), now_us_(now_us) {}

  std::optional<std::string> Request() {
    const std::string arguments = Arguments();
    const std::string facts = Facts();
    const std::string live = Live();
    if (!good_) return std::nullopt;
    std::string out = fmt::format(R"({{"tool":{},"arguments":{})", JsonText(tool_.name), arguments);
    if (!facts.empty()) out += fmt::format(R"(,"facts":[{}])", facts);
    if (!live.empty()) out += fmt::format(R"(,"live":{{{}}})", live);
    return out + "}";
  }

  std::optional<std::string> Grant(const GrantTerms& terms) {
    std::string context;
    for (const uint32_t bound : policy_.bound) {
      const Cell cell(world_.True(), world_.False(), bound_.Value(world_, bound));
      std::span<const Cell> cells(&cell, 1);
      Add(context, program_.bound[bound].name, reader_.Json(program_, program_.bound[bound].type,
                                                            cells));
    }
    if (!good_) return std::nullopt;
    std::string out = fmt::format(R"({{"policy":{},"subject":"agent")", JsonText(policy_.name));
    if (!terms.purpose.empty()) out += fmt::format(R"(,"purpose":{})", JsonText(terms.purpose));
    if (!context.empty()) out += fmt::format(R"(,"context":{{{}}})", context);
    return out + fmt::format(R"(,"ttl":{}}})", JsonText(FormatDuration({terms.ttl_us})));
  }

 private:
  void Add(std::string& out, const std::string& name, const std::optional<std::string>& value) {
    good_ = good_ && value.has_value();
    if (value) out += fmt::format("{}{}:{}", out.empty() ? "" : ",", JsonText(name), *value);
  }
  /// Whether it is absent: then it is left out, or null.
  bool AddNull(std::string& out, const std::string& name, const Cell& cell) {
    if (reader_.Holds(cell.present)) return false;
    if (reader_.Holds(cell.null)) Add(out, name, "null");
    return true;
  }
  std::optional<std::string> At(uint32_t slot, TypeIndex type) {
    std::span<const Cell> cells = std::span<const Cell>(frame_).subspan(slot);
    return reader_.Json(program_, type, cells);
  }

  std::string Arguments() {
    std::string out;
    for (const ArgumentDesc& argument : tool_.arguments) {
      if (AddNull(out, argument.name, frame_[argument.slot])) continue;
      Add(out, argument.name, At(argument.slot, argument.type));
    }
    return "{" + out + "}";
  }

  std::string Facts() {
    std::string out;
    for (const FactDesc& fact : tool_.facts) {
      if (reader_.Holds(world_.FactPoison(fact.name))) continue;  // one that is not given
      std::string key;
      for (const uint32_t slot : fact.key_slots) {
        Add(key, tool_.slots[slot].path, At(slot, tool_.slots[slot].type));
      }
      if (fact.key_slots.size() == 1) {
        key = At(fact.key_slots[0], tool_.slots[fact.key_slots[0]].type).value_or("null");
      } else {
        key = "{" + key + "}";
      }
      const std::optional<std::string> value = At(fact.slot, fact.type);
      good_ = good_ && value;
      out += fmt::format(R"({}{{"name":{},"key":{},"value":{},"as_of":"{}","by":{}}})",
                         out.empty() ? "" : ",", JsonText(fact.name), key, value.value_or("null"),
                         FormatInstant({now_us_}),
                         JsonText(fact.attestor.empty() ? "anybody" : fact.attestor));
    }
    return out;
  }

  std::string Live() {
    std::string out;
    for (const LiveDesc& live : tool_.live) {
      if (reader_.Holds(world_.LivePoison(live.name))) {
        // One that is not given; if it may be left out, one that is no such value.
        if (live.optional) Add(out, live.name, "[[]]");
        continue;
      }
      if (AddNull(out, live.name, frame_[live.slot])) continue;
      Add(out, live.name, At(live.slot, live.type));
    }
    return out;
  }

  World& world_;
  ModelReader reader_;
  const Program& program_;
  const Policy& policy_;
  const BoundValues& bound_;
  const Tool& tool_;
  std::vector<Cell> frame_;
  int64_t now_us_;
  bool good_ = true;
};

}  // namespace

std::optional<Shown> CallOf(World& world, const z3::model& model, const Side& side,
                            const BoundValues& bound, const Tool& tool,
                            const GrantTerms& terms, int64_t now_us) {
  CallWriter writer(world, model, side, bound, tool, now_us);
  const std::optional<std::string> grant = writer.Grant(terms);
  const std::optional<std::string> request = writer.Request();
  if (!grant || !request) return std::nullopt;
  Shown shown;
  shown.grant = *grant;
  shown.request = *request;
  return shown;
}

std::vector<std::string> ApproversOf(World& world, const z3::model& model, const Side& child,
                                     const Side& parent) {
  std::vector<std::string> out;
  for (const Side* side : {&child, &parent}) {
    for (const std::string& approver : side->program->approvers) {
      const bool approves = model.eval(world.Approved(approver), true).is_true();
      const bool known = std::ranges::find(out, approver) != out.end();
      if (approves && !known) out.push_back(approver);
    }
  }
  return out;
}

}  // namespace cap::prove

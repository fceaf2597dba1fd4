#include "runtime/engine/obligations.h"

#include <bit>
#include <memory>

#include "runtime/engine/reservation.h"

namespace cap::engine {
namespace {

void AppendText(std::string_view text, std::string& out) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7F) {
      out.append("\\u00").append({kDigits[byte >> 4], kDigits[byte & 15]});
    } else {
      out += c;
    }
  }
  out += '"';
}

/// One value that is no list, in its slot. Not cut: this is acted upon, not shown.
void AppendScalar(const Program& program, TypeIndex type, const Slot& slot, std::string& out) {
  const Type& t = program.types[type];
  if (t.kind == TypeKind::kBool) {
    out += slot.lo != 0 ? "true" : "false";
  } else if (t.kind == TypeKind::kInt) {
    out += std::to_string(static_cast<int64_t>(slot.lo));
  } else if (t.kind == TypeKind::kEnum) {
    AppendText(program.enums[t.ref].members[slot.lo], out);
  } else {
    AppendText(StringOf(slot), out);
  }
}

void AppendValue(const Program& program, TypeIndex type, const Slot& slot, std::string& out) {
  const Type& t = program.types[type];
  if (t.kind != TypeKind::kSet && t.kind != TypeKind::kList) {
    return AppendScalar(program, type, slot, out);
  }
  out += '[';
  const char* comma = "";
  if (ClassOf(program, type) == ValueClass::kMask) {
    for (uint64_t left = slot.lo; left != 0; left &= left - 1) {
      out += comma;
      AppendScalar(program, t.element, {static_cast<uint64_t>(std::countr_zero(left)), 0}, out);
      comma = ",";
    }
  } else {
    for (uint32_t i = 0; i < CountOf(slot); ++i) {
      out += comma;
      AppendScalar(program, t.element, ElementsOf(slot)[size_t{i} * StrideOf(slot)], out);
      comma = ",";
    }
  }
  out += ']';
}

Obligation Make(const Program& program, const ClauseInfo& info, const CapabilityRecord& record) {
  const ObligationType& type = program.obligations[info.obligation];
  Obligation made{
      .name = type.name, .version = type.version, .arguments = "{", .clause = info.name};
  for (size_t i = 0; i < type.parameters.size(); ++i) {
    if (i > 0) made.arguments += ',';
    AppendText(type.parameters[i].name, made.arguments);
    made.arguments += ':';
    const uint32_t constant = info.obligation_consts[i];
    AppendValue(program, type.parameters[i].type, record.consts[constant], made.arguments);
  }
  made.arguments += '}';
  return made;
}

}  // namespace

Result<std::vector<Obligation>> ObligationsOf(const ProgramState& state, const GrantView& view,
                                              const Frame& frame, const Decision& decision) {
  // The grant may be revoked between any two looks at the index. A permit whose obligations are not
  // all found any more is none.
  const auto stale = [] {
    return Fail("stale", "the grant was revoked meanwhile; decide again");
  };
  std::vector<Obligation> all;
  const Program& program = *state.program;
  const FrameHeader* header = frame.header();
  const std::vector<ActionPlan>& actions = state.plan->tools()[header->tool].actions;
  const auto found = std::make_unique<Reservation>();
  found->Clear();
  for (uint32_t nth = 0; nth < actions.size(); ++nth) {
    if (!IsAction(state, header, nth)) continue;
    Decision again;
    DecideAction(state, view, header, frame, nth, again, found.get());
    if (!again.permitted()) return stale();
    const uint32_t group = found->group_count - 1;
    const uint32_t choice = ChoiceOf(decision, group);
    const CandidateList& permit = found->groups[group].permit;
    if (choice >= permit.count) return stale();
    const Candidate& chosen = permit.all[choice];
    const Capability& capability = program.capabilities[chosen.capability];
    for (uint64_t left = chosen.obliges; left != 0; left &= left - 1) {
      const auto clause = static_cast<size_t>(std::countr_zero(left));
      all.push_back(Make(program, capability.clauses[clause], *chosen.record));
    }
  }
  return all;
}

std::string ShowObligation(const Obligation& obligation) {
  return obligation.name + "@" + std::to_string(obligation.version) + " " + obligation.arguments;
}

}  // namespace cap::engine

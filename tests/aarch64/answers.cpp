#include "tests/aarch64/answers.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "runtime/frame/encode.h"
#include "runtime/frame/request_json.h"
#include "runtime/interp/interp.h"

namespace cap::cross {
namespace {

template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

uint64_t HashOf(std::string_view text) {
  uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
  return hash;
}

/// The value of a name of the bound context: what the grant brings, or the default.
const Value& BoundOf(const Program& program, const Grant& grant, uint32_t index) {
  const BoundDesc& bound = program.bound[index];
  const auto field = std::ranges::find(grant.bound, bound.name, &Field::name);
  if (field != grant.bound.end()) return field->value;
  if (bound.default_value == kNone) throw std::runtime_error("no bound value " + bound.name);
  return program.values[bound.default_value];
}

std::vector<Slot> ConstsOf(const Program& program, const Policy& policy, uint32_t shape,
                           const std::vector<ConstSource>& sources, const Grant& grant,
                           Arena& arena) {
  std::vector<Slot> slots;
  for (size_t i = 0; i < sources.size(); ++i) {
    ConstSource source = sources[i];
    const auto fixed = source.bound
                           ? std::ranges::find(policy.fixed, source.index, &FixedBound::bound)
                           : policy.fixed.end();
    if (fixed != policy.fixed.end()) source = fixed->value;
    const Value& value = source.bound ? BoundOf(program, grant, source.index)
                                      : program.values[source.index];
    slots.push_back(
        Must(EncodeConstant(program, program.shapes[shape].const_types[i], value, arena)));
  }
  return slots;
}

}  // namespace

Runner::Runner(std::shared_ptr<const Program> program, std::vector<ShapeCode> code,
               const std::vector<Grant>& grants)
    : program_(std::move(program)), code_(std::move(code)), engine_(Must(Engine::Create())) {
  NativeCode native;
  native.shapes = code_;
  Must(engine_->Load(program_, native));
  for (const Grant& grant : grants) {
    GrantSpec spec;
    spec.policy = grant.policy;
    spec.subject = grant.subject;
    spec.purpose = grant.purpose;
    spec.bound = grant.bound;
    if (grant.ttl_us != 0) spec.ttl_us = grant.ttl_us;
    grants_.push_back(Must(engine_->Mint(spec, grant.minted_us)));
    records_.push_back(MakeRecords(grant));
  }
  reader_ = std::make_unique<Reader>(engine_->NewReader());
}

Runner::Records Runner::MakeRecords(const Grant& grant) const {
  Records records;
  const auto policy = std::ranges::find(program_->policies, grant.policy, &Policy::name);
  records.policy = static_cast<uint32_t>(policy - program_->policies.begin());
  records.arena = std::make_unique<Arena>();
  for (const uint32_t index : policy->capabilities) {
    const Capability& capability = program_->capabilities[index];
    records.capabilities.emplace_back(
        ConstsOf(*program_, *policy, capability.shape, capability.consts, grant, *records.arena));
  }
  for (const uint32_t index : policy->forbids) {
    const Forbid& forbid = program_->forbids[index];
    records.forbids.emplace_back(
        forbid.shape == kNone
            ? std::vector<Slot>{}
            : ConstsOf(*program_, *policy, forbid.shape, forbid.consts, grant, *records.arena));
  }
  return records;
}

void Runner::RunShapes(const Records& records, const FrameHeader* frame,
                       std::vector<uint64_t>& results) const {
  const Program& program = *program_;
  const Policy& policy = program.policies[records.policy];
  const CallOuts& calls = StandardCallOuts();
  for (size_t i = 0; i < policy.capabilities.size(); ++i) {
    const Capability& capability = program.capabilities[policy.capabilities[i]];
    const Shape& shape = program.shapes[capability.shape];
    if (shape.tool != frame->tool) continue;
    const CapabilityRecord* record = records.capabilities[i].get();
    ClauseMasks masks;
    uint64_t admit = 0;
    if (code_.empty()) {
      interp::Explain(program, shape, frame, record, calls, &masks);
      admit = interp::Admit(program, shape, frame, record, calls);
    } else {
      code_[capability.shape].explain(frame, record, &calls, &masks);
      admit = code_[capability.shape].admit(frame, record, &calls);
    }
    results.insert(results.end(), {admit, masks.fail, masks.fault, masks.skipped});
  }
  for (size_t i = 0; i < policy.forbids.size(); ++i) {
    const Forbid& forbid = program.forbids[policy.forbids[i]];
    if (forbid.shape == kNone || program.shapes[forbid.shape].tool != frame->tool) continue;
    const CapabilityRecord* record = records.forbids[i].get();
    results.push_back(code_.empty() ? interp::Predicate(program, program.shapes[forbid.shape],
                                                        frame, record, calls)
                                    : code_[forbid.shape].predicate(frame, record, &calls));
  }
}

Answer Runner::Ask(const Grant& grant, uint32_t number, const Call& call, std::string* report) {
  const Frame frame = call.json.empty()
                          ? test::BuildFrame(*program_, Restore(call, grant.subject))
                          : ParseRequest(*program_, call.json, grant.subject, call.now_us);
  Answer answer;
  answer.digest.assign(frame.digest().begin(), frame.digest().end());
  if (frame.header() != nullptr) RunShapes(records_[number], frame.header(), answer.results);
  Decision decision = reader_->Authorize(grants_[number], frame);
  DecisionReport full = reader_->Report(decision, grants_[number], frame);
  full.id.clear();
  const std::string json = ToJson(full);
  answer.report = HashOf(json);
  if (report != nullptr) *report = json;
  decision.id = {};
  answer.decision.assign(reinterpret_cast<const char*>(&decision), sizeof decision);
  return answer;
}

}  // namespace cap::cross

#include "tests/prove/sides.h"

#include <stdexcept>

#include "runtime/frame/request_json.h"

namespace cap::diff {
namespace {

template <typename T>
T Must(Result<T> result, const std::string& what) {
  if (!result) throw std::runtime_error(what + ": " + result.error().message);
  return std::move(*result);
}

}  // namespace

EngineSide::EngineSide(const Subject& subject) : engine_(Must(Engine::Create(), "create")) {
  Must(engine_->Load(subject.program), "load");
  for (const PolicyModel& model : subject.module.policies) {
    const Policy& policy = subject.program->policies[FindPolicy(*subject.program, model.name)];
    for (size_t choice = 0; choice < BoundChoices().size(); ++choice) {
      GrantSpec spec;
      spec.policy = model.name;
      spec.subject = std::string(kSubject);
      spec.ttl_us = 4'000'000'000'000'000;  // beyond what zones know
      spec.bound = MintValues(*subject.program, policy, choice);
      grants_[{model.name, choice}] =
          Must(engine_->Mint(spec, kNowUs - 1'000'000'000), "mint " + model.name);
    }
  }
  reader_ = std::make_unique<Reader>(engine_->NewReader());
}

Decision EngineSide::Decide(const std::string& policy, size_t choice, const Frame& frame) {
  // Counters that nobody touches, so that every call is the first.
  return reader_->Peek(grants_.at({policy, choice}), frame);
}

Verdict Again(const std::shared_ptr<const Program>& program, const prove::Shown& shown,
              const prove::Witness& witness) {
  const auto engine = Must(Engine::Create(), "create");
  Must(engine->Load(program), "load");
  const GrantContext context = Must(ParseGrantContext(*program, shown.grant), "grant");
  const GrantId grant = Must(engine->Mint({.policy = context.policy,
                                           .subject = context.subject,
                                           .purpose = context.purpose,
                                           .bound = context.bound,
                                           .ttl_us = context.ttl_us},
                                          witness.minted_us),
                             "mint");
  const Frame frame = ParseRequest(*program, shown.request, context.subject, witness.now_us);
  return engine->NewReader().Authorize(grant, frame).verdict;
}

}  // namespace cap::diff

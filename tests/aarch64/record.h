// What the exporter sends to the player: Programs as bundles, their machine code, grants, calls,
// and what the interpreter of the exporter's machine answered. Encoded as bundles are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cap/engine.h"
#include "runtime/program/codec.h"
#include "runtime/program/codec_fields.h"
#include "tests/support/call_inputs.h"

namespace cap::cross {

struct Image {
  std::string level;  // "O2"
  std::string code;
  std::vector<uint32_t> offsets;  // of admit, explain and predicate, three a shape
};
struct Grant {
  std::string policy, subject, purpose;
  std::vector<Field> bound;
  int64_t ttl_us = 0;  // 0: not given
  int64_t minted_us = 0;
};
struct GivenValue {
  std::string name;
  bool readable = true;
  Value value;
};
struct GivenFact {
  GivenValue fact;
  std::vector<Value> key;
  int64_t as_of_us = 0;
  std::string attestor;
};
struct Answer {
  std::string digest;             // of the call
  std::string decision;           // its bytes
  uint64_t report = 0;            // hash of the operator's view as JSON, but for the id
  std::vector<uint64_t> results;  // of the shapes of the grant's policy
  bool operator==(const Answer&) const = default;
};
struct Call {
  uint32_t grant = 0;
  int64_t now_us = 0;
  std::string json;  // the call as a request; or empty, and then:
  uint32_t tool = 0;
  std::vector<GivenValue> arguments;
  std::vector<GivenFact> facts;
  std::vector<GivenValue> live;
  std::vector<std::string> approvers;
  Answer answer;
};
struct Module {
  std::string name;
  std::string bundle;
  std::vector<Image> images;
  std::vector<Grant> grants;
  std::vector<Call> calls;
};

template <typename A>
void Fields(A& ar, typename A::template Ref<Image> v) {
  ar(v.level, v.code, v.offsets);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Grant> v) {
  ar(v.policy, v.subject, v.purpose, v.bound, v.ttl_us, v.minted_us);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<GivenValue> v) {
  ar(v.name, v.readable, v.value);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<GivenFact> v) {
  ar(v.fact, v.key, v.as_of_us, v.attestor);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Answer> v) {
  ar(v.digest, v.decision, v.report, v.results);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Call> v) {
  ar(v.grant, v.now_us, v.json, v.tool, v.arguments, v.facts, v.live, v.approvers, v.answer);
}
template <typename A>
void Fields(A& ar, typename A::template Ref<Module> v) {
  ar(v.name, v.bundle, v.images, v.grants, v.calls);
}

/// The typed inputs of a call, kept.
Call Keep(const test::CallInputs& inputs);
/// … and as they were.
test::CallInputs Restore(const Call& call, const std::string& subject);

}  // namespace cap::cross

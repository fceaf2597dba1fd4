#include "tests/aarch64/record.h"

#include <utility>

namespace cap::cross {
namespace {

GivenValue KeepValue(const std::string& name, const Result<Value>& value) {
  return {name, value.has_value(), value.value_or(Value{})};
}

Result<Value> RestoreValue(const GivenValue& given) {
  if (!given.readable) return Fail("bad-value", "no such value");
  return given.value;
}

}  // namespace

Call Keep(const test::CallInputs& inputs) {
  Call call;
  call.tool = inputs.tool;
  call.now_us = inputs.now_us;
  for (const auto& [name, value] : inputs.arguments) {
    call.arguments.push_back(KeepValue(name, value));
  }
  for (const FactInput& fact : inputs.facts) {
    call.facts.push_back(
        {KeepValue(fact.name, fact.value), fact.key, fact.as_of_us, fact.attestor});
  }
  for (const auto& [name, value] : inputs.live) call.live.push_back(KeepValue(name, value));
  call.approvers = inputs.approvers;
  return call;
}

test::CallInputs Restore(const Call& call, const std::string& subject) {
  test::CallInputs inputs;
  inputs.tool = call.tool;
  inputs.subject = subject;
  inputs.now_us = call.now_us;
  for (const GivenValue& given : call.arguments) {
    inputs.arguments.emplace_back(given.name, RestoreValue(given));
  }
  for (const GivenFact& given : call.facts) {
    FactInput fact;
    fact.name = given.fact.name;
    fact.key = given.key;
    fact.as_of_us = given.as_of_us;
    fact.attestor = given.attestor;
    fact.value = RestoreValue(given.fact);
    inputs.facts.push_back(std::move(fact));
  }
  for (const GivenValue& given : call.live)
    inputs.live.emplace_back(given.name, RestoreValue(given));
  inputs.approvers = call.approvers;
  return inputs;
}

}  // namespace cap::cross

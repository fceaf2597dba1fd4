#include "compiler/policytest/grant_json.h"

#include <utility>

#include "runtime/frame/request_json.h"

namespace cap::policytest {

Result<GrantSpec> GrantFromJson(const Program& program, std::string_view json) {
  Result<GrantContext> context = ParseGrantContext(program, json);
  if (!context.has_value()) return std::unexpected(context.error());
  GrantSpec spec;
  spec.policy = std::move(context->policy);
  spec.subject = std::move(context->subject);
  spec.purpose = std::move(context->purpose);
  spec.bound = std::move(context->bound);
  spec.ttl_us = context->ttl_us;
  return spec;
}

}  // namespace cap::policytest

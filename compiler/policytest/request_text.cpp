#include "compiler/policytest/request_text.h"

#include <fmt/format.h>

#include "runtime/value/instant.h"

namespace cap::policytest {

namespace {

/// Names in a `.capt` are words; quotes and backslashes in them are the author's own mistake and
/// must not change the request's structure.
std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string FactText(const FactLine& fact, int64_t now_us) {
  int64_t as_of = 0;
  if (__builtin_sub_overflow(now_us, fact.age_us, &as_of)) as_of = now_us;
  std::string out = fmt::format(R"({{"name":{},"key":{},"value":{},"as_of":"{}")", Quote(fact.name),
                                fact.keys, fact.value, FormatInstant(Instant{as_of}));
  if (!fact.attestor.empty()) out += fmt::format(R"(,"by":{})", Quote(fact.attestor));
  return out + "}";
}

}  // namespace

std::string RequestText(const Test& test, int64_t now_us, const std::vector<std::string>& digests) {
  if (!test.raw_request.empty()) return test.raw_request;
  std::string out = fmt::format(R"({{"tool":{},"arguments":{})", Quote(test.tool),
                                test.arguments.empty() ? "{}" : test.arguments);
  if (!test.facts.empty()) {
    out += R"(,"facts":[)";
    for (const FactLine& fact : test.facts) {
      if (&fact != &test.facts.front()) out += ',';
      out += FactText(fact, now_us);
    }
    out += ']';
  }
  if (!test.live.empty()) out += R"(,"live":)" + test.live;
  if (!test.resource.empty()) out += R"(,"resource":)" + test.resource;
  if (!test.approvals.empty()) {
    out += R"(,"approvals":[)";
    for (size_t i = 0; i < test.approvals.size(); ++i) {
      if (i > 0) out += ',';
      out += fmt::format(R"({{"approver":{},"digest":"{}"}})", Quote(test.approvals[i].approver),
                         digests[i]);
    }
    out += ']';
  }
  return out + "}";
}

}  // namespace cap::policytest

#include "compiler/prove/trial.h"

#include <fmt/format.h>

#include <algorithm>

#include "cap/engine.h"
#include "compiler/prove/json.h"
#include "runtime/frame/request_json.h"

namespace cap::prove {
namespace {

std::vector<std::string> AllObligations(const Program& program) {
  std::vector<std::string> names;
  for (const ObligationType& type : program.obligations) {
    names.push_back(fmt::format("{}@{}", type.name, type.version));
  }
  return names;
}

/// The request with the approvals, which carry its digest.
std::string Approved(const Program& program, const std::string& request,
                     const std::vector<std::string>& approvers, const std::string& subject,
                     int64_t now_us) {
  if (approvers.empty()) return request;
  const Frame frame = ParseRequest(program, request, subject, now_us);
  if (frame.header() == nullptr) return request;
  std::string digest;
  for (const uint8_t byte : frame.digest()) digest += fmt::format("{:02x}", byte);
  std::string list;
  for (const std::string& approver : approvers) {
    list += fmt::format(R"({}{{"approver":{},"digest":"{}"}})", list.empty() ? "" : ",",
                        JsonText(approver), digest);
  }
  return request.substr(0, request.size() - 1) + fmt::format(R"(,"approvals":[{}]}})", list);
}

}  // namespace

void Try(const Side& side, const std::vector<std::string>& approvers, int64_t minted_us,
         int64_t now_us, Shown& shown) {
  const Program& program = *side.program;
  const auto fail = [&](const Error& error) { shown.no_grant = error.code + ": " + error.message; };
  const Result<GrantContext> context = ParseGrantContext(program, shown.grant);
  if (!context) return fail(context.error());
  const Result<std::unique_ptr<Engine>> engine =
      Engine::Create({.hash_seed = {}, .obligations = AllObligations(program)});
  if (!engine) return fail(engine.error());
  if (const auto loaded = (*engine)->Load(side.program); !loaded) return fail(loaded.error());
  const Result<GrantId> grant = (*engine)->Mint({.policy = context->policy,
                                                 .subject = context->subject,
                                                 .purpose = context->purpose,
                                                 .bound = context->bound,
                                                 .ttl_us = context->ttl_us},
                                                minted_us);
  if (!grant) return fail(grant.error());
  shown.request = Approved(program, shown.request, approvers, context->subject, now_us);
  const Frame frame = ParseRequest(program, shown.request, context->subject, now_us);
  Reader reader = (*engine)->NewReader();
  const Decision decision = reader.Authorize(*grant, frame);
  shown.verdict = decision.verdict;
  shown.report = reader.Report(decision, *grant, frame);
  shown.report.id.clear();
  if (decision.verdict != cap::Verdict::kPermit || decision.obligations.count == 0) return;
  const auto obligations = reader.Obligations(decision, *grant, frame);
  if (!obligations) return;
  for (const Obligation& each : *obligations) {
    shown.obligations.push_back(fmt::format("{}@{} {}", each.name, each.version, each.arguments));
  }
}

bool Kinder(Witness& witness) {
  witness.lost.clear();
  if (!witness.child.no_grant.empty()) return false;
  if (witness.child.verdict == cap::Verdict::kPermit &&
      witness.parent.verdict == cap::Verdict::kPermit) {
    for (const std::string& each : witness.parent.obligations) {
      const auto& own = witness.child.obligations;
      if (std::ranges::find(own, each) == own.end()) witness.lost.push_back(each);
    }
  }
  return witness.child.verdict > witness.parent.verdict || !witness.lost.empty();
}

}  // namespace cap::prove

#include "compiler/cli/decider.h"

#include <fmt/format.h>

#include <utility>

#include "compiler/cli/cli.h"
#include "compiler/policytest/grant_json.h"
#include "compiler/policytest/open_store.h"
#include "compiler/policytest/session.h"
#include "compiler/source/source_map.h"
#include "runtime/base/limits.h"
#include "runtime/frame/request_json.h"

namespace cap::cli {

std::unique_ptr<Decider> Decider::Open(const DeciderOptions& options, int& status) {
  const LoadedPolicy policy = LoadPolicy(options.policy, options.source);
  status = policy.status;
  if (policy.program == nullptr) return nullptr;
  auto decider = std::make_unique<Decider>();
  decider->program_ = policy.program;
  decider->grant_file_ = options.grant;
  const Result<void> prepared = decider->Prepare(options);
  if (prepared.has_value()) return decider;
  PrintError(prepared.error().message);
  status = kUsage;
  return nullptr;
}

Result<void> Decider::Prepare(const DeciderOptions& options) {
  const Result<std::string> text = ReadSource(options.grant, limits::kRequestBytes);
  if (!text.has_value()) return std::unexpected(text.error());
  Result<GrantSpec> spec = policytest::GrantFromJson(*program_, *text);
  if (!spec.has_value()) {
    return Fail(spec.error().code, options.grant + ": " + spec.error().message);
  }
  spec_ = std::move(*spec);
  std::shared_ptr<state::Store> store;
  if (!options.state.empty()) {
    Result<std::unique_ptr<state::Store>> opened = policytest::OpenStore(options.state);
    if (!opened.has_value()) return std::unexpected(opened.error());
    store = std::move(*opened);
  }
  Result<NativeCode> native = NativeCode{};
  if (options.engine == "jit") native = JitCode(program_);
  if (!native.has_value()) return std::unexpected(native.error());
  Result<std::unique_ptr<Engine>> engine = Engine::Create(
      {.hash_seed = {},
       .obligations = options.knows.value_or(policytest::ObligationNames(*program_)),
       .store = std::move(store)});
  if (!engine.has_value()) return std::unexpected(engine.error());
  engine_ = std::move(*engine);
  const Result<LoadReport> loaded = engine_->Load(program_, std::move(*native));
  if (!loaded.has_value()) return std::unexpected(loaded.error());
  reader_ = std::make_unique<Reader>(engine_->NewReader());
  return {};
}

Result<void> Decider::Mint(int64_t now_us) {
  const Result<GrantId> grant = engine_->Mint(spec_, now_us);
  if (!grant.has_value()) {
    return Fail(grant.error().code, grant_file_ + ": " + grant.error().message);
  }
  grant_ = *grant;
  return {};
}

Frame Decider::FrameOf(std::string_view request, int64_t now_us) const {
  return ParseRequest(*program_, request, spec_.subject, now_us);
}

int StatusOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPermit:
      return kOk;
    case Verdict::kStepUp:
      return kStepUp;
    case Verdict::kDeny:
      return kDeny;
  }
  return kDeny;
}

void AddDeciderOptions(CLI::App& command, DeciderOptions& options) {
  command.add_option("--policy", options.policy, "a policy (.cap) or a bundle (.capb)")->required();
  AddSourceOptions(command, options.source);
  command.add_option("--grant", options.grant, "the grant, as JSON")->required();
  command.add_option("--engine", options.engine, "interp: the reference, jit: native code")
      ->check(CLI::IsMember({"interp", "jit"}))
      ->capture_default_str();
  command
      .add_option_function<std::vector<std::string>>(
          "--knows", [&options](const std::vector<std::string>& names) { options.knows = names; },
          "obligations that the enforcement point knows, NAME@VERSION; others deny "
          "(default: all of the policy's)")
      ->expected(0, -1);
  command
      .add_option("--state", options.state,
                  "where counters are kept: a file, made if it is not there, or redis://HOST "
                  "(default: in this process, and gone with it)")
      ->check(Given("name a file, or a server as redis://HOST"))
      ->type_name("STATE");
}

}  // namespace cap::cli

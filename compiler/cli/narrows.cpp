// capc narrows: decides whether one policy permits at most what another one does.
#include <fmt/format.h>

#include "compiler/cli/answers.h"
#include "compiler/diag/json_text.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

struct NarrowsOptions {
  std::string child;
  std::string parent;
  std::string policy;
  std::string child_policy;
  std::string parent_policy;
  std::string timeout = "2s";
  std::string format = "text";
  SourceOptions source;
};

int StatusOfAnswer(prove::Answer answer) {
  switch (answer) {
    case prove::Answer::kYes: return kOk;
    case prove::Answer::kNo: return kDeny;
    case prove::Answer::kUndecided: return kUndecided;
  }
  return kUndecided;
}

const char* NameOf(prove::Answer answer) {
  switch (answer) {
    case prove::Answer::kYes: return "yes";
    case prove::Answer::kNo: return "no";
    case prove::Answer::kUndecided: return "undecided";
  }
  return "undecided";
}

std::string Sentence(const prove::Reply& reply) {
  switch (reply.answer) {
    case prove::Answer::kYes: return "yes: to no call is the child kinder than the parent";
    case prove::Answer::kNo: return "no: to this call the child is kinder than the parent";
    case prove::Answer::kUndecided: break;
  }
  return "cannot decide: " + OneLine(reply.why);
}

class Narrowing {
 public:
  explicit Narrowing(const NarrowsOptions& options) : options_(options) {}

  int Run() {
    const Result<uint32_t> timeout = TimeoutOf(options_.timeout);
    if (!timeout) return Usage(timeout.error());
    limits_.timeout_ms = *timeout;
    const LoadedPolicy child = LoadPolicy(options_.child, options_.source);
    const LoadedPolicy parent = LoadPolicy(options_.parent, options_.source);
    if (child.program == nullptr || parent.program == nullptr) {
      return Graver(child.status, parent.status);
    }
    const bool named = !options_.policy.empty() || !options_.child_policy.empty() ||
                       !options_.parent_policy.empty();
    if (!named) return All(child.program, parent.program);
    const auto name = [&](const std::string& own) { return own.empty() ? options_.policy : own; };
    const auto own = SideOf(child.program, name(options_.child_policy), options_.child);
    if (!own) return Usage(own.error());
    const auto other = SideOf(parent.program, name(options_.parent_policy), options_.parent);
    if (!other) return Usage(other.error());
    return Tell(*own, prove::Narrows(*own, *other, limits_));
  }

 private:
  static int Usage(const Error& error) {
    PrintError(error.message);
    return kUsage;
  }

  int All(const std::shared_ptr<const Program>& child,
          const std::shared_ptr<const Program>& parent) {
    int status = kOk;
    size_t compared = 0;
    for (const auto& [own, other] : PairsOf(child, parent)) {
      if (own.program == nullptr) continue;
      ++compared;
      prove::Reply reply{prove::Answer::kUndecided, "the parent has no policy of this name", false,
                         {}};
      if (other.program != nullptr) reply = prove::Narrows(own, other, limits_);
      status = Graver(status, Tell(own, reply));
    }
    if (compared > 0) return status;
    return Usage({"usage", options_.child + " has no policy"});
  }

  int Tell(const prove::Side& child, const prove::Reply& reply) const {
    const std::string& policy = child.of().name;
    if (options_.format == "json") {
      std::string text = fmt::format(R"({{"policy":{},"answer":"{}")", diag::JsonQuote(policy),
                                     NameOf(reply.answer));
      if (!reply.why.empty()) text += R"(,"why":)" + diag::JsonQuote(reply.why);
      if (reply.witness) {
        text += R"(,"witness":)" + JsonWitness(*reply.witness, "child", "parent");
      }
      fmt::print("{}}}\n", text);
    } else {
      fmt::print("{}: {}\n", OneLine(policy), Sentence(reply));
      if (reply.witness) fmt::print("{}", ToldWitness(*reply.witness, "child", "parent", "  "));
    }
    return StatusOfAnswer(reply.answer);
  }

  const NarrowsOptions& options_;
  prove::Options limits_;
};

}  // namespace

void AddNarrows(CLI::App& app, int& status) {
  auto options = std::make_shared<NarrowsOptions>();
  CLI::App* command =
      app.add_subcommand("narrows", "Decide whether a policy permits at most what another does");
  command->add_option("CHILD", options->child, "the policy that should permit less")->required();
  command->add_option("PARENT", options->parent, "the policy that it is held against")->required();
  command->add_option("--policy", options->policy,
                      "the policy in both files (default: the only one, or all of one name)");
  command->add_option("--child-policy", options->child_policy, "the policy in CHILD");
  command->add_option("--parent-policy", options->parent_policy, "the policy in PARENT");
  command->add_option("--timeout", options->timeout, "the longest time for one tool")
      ->capture_default_str();
  command->add_option("--format", options->format, "text, or json: one policy a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  AddSourceOptions(*command, options->source);
  command->footer(R"(
Examples:
  capc narrows child.cap parent.cap
  capc narrows --policy standard --timeout 10s new.capb old.capb
  capc narrows --child-policy trainee --parent-policy clerk bank.cap bank.cap

Exit status: 0 yes, 1 usage or I/O, 2 no, with a call that shows it, 3 a policy has errors,
5 cannot decide: take it for no.)");
  command->callback([options, &status] { status = Narrowing(*options).Run(); });
}

}  // namespace cap::cli

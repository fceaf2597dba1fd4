// capc facts: what a gateway must attest, tool by tool.
#include "compiler/cli/facts.h"

#include <fmt/format.h>

#include "compiler/cli/cli.h"
#include "compiler/cli/io.h"
#include "compiler/diag/json_text.h"
#include "runtime/program/print.h"
#include "runtime/value/duration.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

using diag::JsonQuote;

struct FactsOptions {
  std::vector<std::string> files;
  std::string format = "text";
  SourceOptions source;
};

/// What `part` makes of each, with commas between.
template <typename List, typename Part>
std::string Joined(const List& list, std::string_view comma, Part part) {
  std::string out;
  for (const auto& each : list) out += (out.empty() ? "" : std::string(comma)) + part(each);
  return out;
}

/// A policy is anybody's text: what it names is shown on its line.
std::string TypeText(const Program& program, TypeIndex type) {
  return OneLine(PrintType(program, type));
}

bool AsksNothing(const Tool& tool, const ToolNeeds& needs) {
  return tool.facts.empty() && tool.live.empty() && needs.approvals.empty() &&
         needs.obligations.empty();
}

/// What facts and live values are made of, their named types.
NamedTypes NamedInFacts(const Program& program) {
  std::vector<TypeIndex> types;
  for (const Tool& tool : program.tools) {
    for (const FactDesc& fact : tool.facts) types.push_back(fact.type);
    for (const LiveDesc& live : tool.live) types.push_back(live.type);
  }
  return NamedIn(program, std::move(types));
}

class TextManifest {
 public:
  explicit TextManifest(const Program& program) : program_(program) {}

  std::string Write() {
    const std::vector<ToolNeeds> needs = NeedsOf(program_);
    for (size_t i = 0; i < needs.size(); ++i) Tool(program_.tools[i], needs[i]);
    const NamedTypes named = NamedInFacts(program_);
    if (!named.records.empty() || !named.enums.empty()) out_ += "types\n";
    for (const uint32_t index : named.records) Record(program_.records[index]);
    for (const uint32_t index : named.enums) {
      const EnumType& type = program_.enums[index];
      Line(2, fmt::format("{} {{ {} }}", type.name, Joined(type.members, ", ", JsonQuote)));
    }
    return std::move(out_);
  }

 private:
  void Line(size_t indent, const std::string& text) {
    out_ += std::string(indent, ' ') + OneLine(text) + "\n";
  }

  void Tool(const cap::Tool& tool, const ToolNeeds& needs) {
    Line(0, tool.name);
    if (AsksNothing(tool, needs)) Line(2, "nothing");
    for (const FactDesc& fact : tool.facts) {
      const auto path = [&](uint32_t slot) { return tool.slots[slot].path; };
      std::string line = fmt::format("fact {}: {} for {}", fact.name, TypeText(program_, fact.type),
                                     Joined(fact.key_slots, ", ", path));
      if (!fact.attestor.empty()) line += " by " + fact.attestor;
      if (fact.max_age_us > 0) line += " within " + FormatDuration({fact.max_age_us});
      Line(2, line);
    }
    for (const LiveDesc& live : tool.live) {
      Line(2, fmt::format("live {}: {}{}", live.name, TypeText(program_, live.type),
                          live.optional ? "?" : ""));
    }
    for (const ApprovalNeed& need : needs.approvals) {
      const std::string who = Joined(need.approvers, ", ", [](const auto& name) { return name; });
      Line(2, fmt::format("{} by {} ({} of {}, {})", need.kind,
                          who.empty() ? "whom a bound value names" : who, need.clause, need.action,
                          need.policy));
    }
    for (const ObligationNeed& need : needs.obligations) {
      const ObligationType& type = program_.obligations[need.obligation];
      const auto parameter = [&](const ObligationParameter& each) {
        return each.name + ": " + TypeText(program_, each.type);
      };
      Line(2, fmt::format("obligation {}@{}({}) ({}, {})", type.name, type.version,
                          Joined(type.parameters, ", ", parameter), need.action, need.policy));
    }
  }

  void Record(const RecordType& record) {
    const auto field = [&](const RecordField& each) {
      return fmt::format("{}: {}{}", each.name, TypeText(program_, each.type),
                         each.optional ? "?" : "");
    };
    Line(2, fmt::format("{} {{ {} }}", record.name, Joined(record.fields, ", ", field)));
  }

  const Program& program_;
  std::string out_;
};

class JsonManifest {
 public:
  explicit JsonManifest(const Program& program) : program_(program) {}

  std::string Write(const std::string& file) const {
    const std::vector<ToolNeeds> needs = NeedsOf(program_);
    const auto tool = [&](const cap::Tool& each) {
      return Tool(each, needs[static_cast<size_t>(&each - program_.tools.data())]);
    };
    const NamedTypes named = NamedInFacts(program_);
    const auto record = [&](uint32_t index) {
      const RecordType& type = program_.records[index];
      const auto field = [&](const RecordField& each) {
        return Typed(each.name, each.type, each.optional);
      };
      return fmt::format("{}:[{}]", JsonQuote(type.name), Joined(type.fields, ",", field));
    };
    const auto members = [&](uint32_t index) {
      const EnumType& type = program_.enums[index];
      return fmt::format("{}:[{}]", JsonQuote(type.name), Joined(type.members, ",", JsonQuote));
    };
    return fmt::format(
        R"({{"version":1,"file":{},"tools":[{}],"records":{{{}}},"enums":{{{}}}}})"
        "\n",
        JsonQuote(file), Joined(program_.tools, ",", tool), Joined(named.records, ",", record),
        Joined(named.enums, ",", members));
  }

 private:
  std::string Typed(const std::string& name, TypeIndex type, bool optional) const {
    return fmt::format(R"({{"name":{},"type":{},"optional":{}}})", JsonQuote(name),
                       JsonQuote(PrintType(program_, type)), optional);
  }

  std::string Tool(const cap::Tool& tool, const ToolNeeds& needs) const {
    const auto action = [&](uint32_t index) { return JsonQuote(program_.actions[index].name); };
    const auto fact = [&](const FactDesc& each) {
      const auto path = [&](uint32_t slot) { return JsonQuote(tool.slots[slot].path); };
      return fmt::format(
          R"({{"name":{},"type":{},"key":[{}],"by":{},"within_us":{}}})", JsonQuote(each.name),
          JsonQuote(PrintType(program_, each.type)), Joined(each.key_slots, ",", path),
          each.attestor.empty() ? "null" : JsonQuote(each.attestor),
          each.max_age_us > 0 ? std::to_string(each.max_age_us) : "null");
    };
    const auto live = [&](const LiveDesc& each) {
      return Typed(each.name, each.type, each.optional);
    };
    const auto approval = [](const ApprovalNeed& each) {
      return fmt::format(
          R"({{"action":{},"policy":{},"clause":{},"kind":{},"approvers":[{}]}})",
          JsonQuote(each.action), JsonQuote(each.policy), JsonQuote(each.clause),
          JsonQuote(each.kind), Joined(each.approvers, ",", JsonQuote));
    };
    const auto obligation = [&](const ObligationNeed& each) {
      const ObligationType& type = program_.obligations[each.obligation];
      const auto parameter = [&](const ObligationParameter& one) {
        return Typed(one.name, one.type, false);
      };
      return fmt::format(
          R"({{"action":{},"policy":{},"name":{},"version":{},"parameters":[{}]}})",
          JsonQuote(each.action), JsonQuote(each.policy), JsonQuote(type.name), type.version,
          Joined(type.parameters, ",", parameter));
    };
    return fmt::format(
        R"({{"tool":{},"actions":[{}],"facts":[{}],"live":[{}],"approvals":[{}],)"
        R"("obligations":[{}]}})",
        JsonQuote(tool.name), Joined(tool.actions, ",", action), Joined(tool.facts, ",", fact),
        Joined(tool.live, ",", live), Joined(needs.approvals, ",", approval),
        Joined(needs.obligations, ",", obligation));
  }

  const Program& program_;
};

int RunFacts(const FactsOptions& options) {
  int status = kOk;
  for (const std::string& path : options.files) {
    const LoadedPolicy policy = LoadPolicy(path, options.source);
    if (policy.program == nullptr) {
      status = Graver(status, policy.status);
    } else if (options.format == "json") {
      fmt::print("{}", JsonManifest(*policy.program).Write(path));
    } else {
      if (options.files.size() > 1) fmt::print("{}:\n", OneLine(path));
      fmt::print("{}", TextManifest(*policy.program).Write());
    }
  }
  return status;
}

}  // namespace

void AddFacts(CLI::App& app, int& status) {
  auto options = std::make_shared<FactsOptions>();
  CLI::App* command =
      app.add_subcommand("facts", "Say what a gateway must attest for the calls of a policy");
  command->add_option("POLICY", options->files, "policies (.cap) or bundles (.capb)")->required();
  command->add_option("--format", options->format, "text, or json: one manifest a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  AddSourceOptions(*command, options->source);
  command->footer(R"(
Examples:
  capc facts policy.cap
  capc facts --format json policy.capb | jq '.tools[].facts'

Of each tool: the facts with their types, the arguments that key them, who attests them and how old
they may be; the live context; whose approval a policy may ask for; the obligations that an
enforcement point must know.

Exit status: 0 done, 1 a file cannot be read, 3 a policy has errors.)");
  command->callback([options, &status] { status = RunFacts(*options); });
}

}  // namespace cap::cli

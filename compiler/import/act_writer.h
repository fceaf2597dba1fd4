// Writes policies that were read from YAML; internal to compiler/import.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/import/act_reader.h"

namespace cap::importer {

class ActWriter {
 public:
  /// `refused`: capabilities that do not compile, by where they stand, and why. `arguments`: names
  /// that bound context cannot have, those of a writing before. `all`: capabilities of which
  /// something is not said stand as those that are, to be compiled; else as comments.
  ActWriter(const ActOptions& options, const std::map<std::string, std::string>& refused,
            const std::set<std::string>& arguments, bool all)
      : options_(options), refused_(refused), taken_by_arguments_(arguments), all_(all) {}

  ActImport Write(const ActFile& file);

  /// Which capabilities stand or fall with what stands at this byte of the text.
  std::vector<std::string> CapabilitiesAt(size_t offset) const;

  /// The names of all arguments and facts.
  const std::set<std::string>& arguments() const { return arguments_; }

 private:
  struct Action {
    std::string name;
    std::string resource;                      // the template; empty: it has none
    std::map<std::string, std::string> lines;  // arguments by name
    std::vector<std::string> order;
    std::string fact;
    std::vector<std::string> capabilities;  // where they stand
  };
  struct Chunk {
    std::vector<std::string> where;
    size_t begin = 0;
    size_t end = 0;
  };

  void Policy(const ActPolicy& policy);
  void Capability(const ActCapability& capability, const std::string& name);
  bool PolicyStatements(const ActPolicy& policy, const std::string& name);
  void Add(const std::string& capability, bool whole);
  bool Patterns(const ActCapability& capability, Action& action, std::string& patterns);
  std::string Pattern(const std::string& text, Action& action);
  std::optional<std::string> Statement(const ActConstraint& constraint, Action& action);
  std::optional<std::string> Bounded(const std::string& name, const std::string& text,
                                     Action& action);
  std::optional<std::string> Known(const std::string& name, const std::string& text,
                                   Action& action);
  std::optional<std::string> Asked(const std::string& name, const std::string& text,
                                   Action& action);
  std::optional<std::string> Listed(const std::string& name, const std::vector<std::string>& texts,
                                    Action& action);
  std::optional<std::string> Counted(const ActConstraint& constraint, Action& action);
  std::optional<std::string> Rate(const std::string& text);
  std::optional<std::string> Budget(const ActValue& value, Action& action);
  static std::optional<std::string> Breaker(const ActValue& value);
  void Assume(const std::string& what, const std::string& why);
  std::string Bound(std::string_view text);
  void Need(Action& action, const std::string& name, const std::string& type);
  void Left(const std::string& where, const std::string& what, const std::string& why);
  Action& ActionOf(const std::string& tool);
  std::string ActionText(const std::string& tool, const Action& action) const;

  const ActOptions& options_;
  const std::map<std::string, std::string>& refused_;
  const std::set<std::string>& taken_by_arguments_;
  const bool all_;
  ActImport import_;
  std::map<std::string, Action> actions_;  // by tool
  std::vector<std::string> action_order_;
  std::map<std::string, std::string> bound_;  // by the template's text
  std::set<std::string> bound_names_;
  std::set<std::string> arguments_;
  std::set<std::string> imports_;
  std::set<std::string> policy_names_;
  std::set<std::string> action_names_;
  std::map<std::string, uint32_t> seen_;  // how often something stood at a place
  std::vector<Chunk> chunks_;
  std::string body_;
  std::string where_;  // the capability that is being written
  std::string until_;          // a statement of every capability of the policy: when it ends
  bool policy_whole_ = true;   // nothing is left of what binds all capabilities of the policy
  bool file_whole_ = true;     // … of the file
  bool approver_ = false;
};

}  // namespace cap::importer

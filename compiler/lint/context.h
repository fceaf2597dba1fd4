// What the rules share. Internal to lint.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "compiler/driver/compile.h"

namespace cap::lint {

class Findings {
 public:
  explicit Findings(const Compilation& compilation);

  const Compilation& compilation() const { return compilation_; }
  const Program& program() const { return *compilation_.program; }

  /// Whether the place is in the user's file, whose author can do something about it.
  bool IsOwn(const Span& span) const { return span.line != 0 && span.file == 0; }
  SourceSpan SourceOf(const Span& span) const;

  /// A policy that includes another has copies of its capabilities: what there is to say is said of
  /// the first alone.
  bool IsCopy(const Capability& capability) const;

  /// Whether the statement stands in the capability itself: one of a policy that extends another
  /// has the statements of the one that it restates, too.
  bool IsIn(const Span& statement, const Capability& capability) const;

  /// A place to show beside the finding; nothing if it is in another file.
  std::vector<diag::Label> NoteAt(const Span& span, std::string text) const;

  struct Report {
    std::string message;
    std::string label;
    std::string help;
    std::vector<diag::Label> notes = {};
  };
  void Add(diag::Code code, const Span& span, Report report);
  void Add(diag::Code code, const SourceSpan& span, Report report);

  std::vector<diag::Diagnostic> Sorted() const { return sink_.Sorted(); }

 private:
  const Compilation& compilation_;
  std::vector<uint32_t> lines_;  // where each line of the user's file begins
  std::map<std::pair<uint32_t, uint32_t>, const Capability*> capabilities_;  // by line and column
  diag::Sink sink_;
};

// The rules, a file a group.
void FindUnused(Findings& findings);      // unused.cpp: CAP1030, CAP1031, CAP1032
void FindInPolicies(Findings& findings);  // policies.cpp: CAP1026 to CAP1029
void FindByLogic(Findings& findings);     // logic.cpp: CAP1020 to CAP1024, CAP1034
void FindInLimits(Findings& findings);    // limits.cpp: CAP1040, CAP1041
void FindInForbids(Findings& findings);   // forbids.cpp: CAP1020, CAP1021, CAP1025, CAP1034, 1035

}  // namespace cap::lint

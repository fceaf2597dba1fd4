// Reads policies in YAML; internal to compiler/import.
#pragma once

#include <utility>

#include "compiler/import/act.h"

namespace cap::importer {

/// A value of a constraint: one text, a list of texts, or a map of texts. Everything else is only
/// shown.
struct ActValue {
  enum class Kind : uint8_t { kText, kList, kOther };
  Kind kind = Kind::kOther;
  std::vector<std::string> texts;
  std::vector<std::pair<std::string, std::string>> fields;  // of kOther: a map of nothing but texts
  std::string shown;  // "[a, b]", "{a: …}"
};
struct ActConstraint {
  std::string name;
  ActValue value;
};
struct ActCapability {
  std::string action;
  bool has_resources = false;
  std::vector<std::string> resources;  // none, though there are some: they cannot be read
  std::vector<ActConstraint> constraints;
};
struct ActPolicy {
  std::string name;
  std::string version;
  std::string expires;
  std::vector<ActCapability> capabilities;
  std::vector<ActConstraint> others;  // members that say something else: circuit_breaker, audit
};
struct ActFile {
  std::vector<ActPolicy> policies;
  std::vector<ActConstraint> others;  // members in which no capabilities are
};

/// Errors: those of ImportAct().
Result<ActFile> ReadAct(const std::string& origin, const std::string& text);

}  // namespace cap::importer

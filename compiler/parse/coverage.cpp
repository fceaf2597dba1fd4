#include "compiler/parse/coverage.h"

#include <cxxabi.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <set>
#include <typeindex>
#include <typeinfo>

#include "compiler/parse/parse.h"

namespace cap::parse {

namespace {

std::atomic<bool> recording{false};
std::mutex taken_mutex;
std::set<std::type_index> taken;  // under taken_mutex

/// "CapParser::RequireStatementContext" → "RequireStatement", as in the generated visitor.
std::string AlternativeOf(const std::type_index& type) {
  int status = 0;
  char* const demangled = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  std::string name = status == 0 ? demangled : type.name();
  std::free(demangled);
  constexpr std::string_view kScope = "CapParser::";
  constexpr std::string_view kSuffix = "Context";
  if (name.starts_with(kScope)) name.erase(0, kScope.size());
  if (name.ends_with(kSuffix)) name.resize(name.size() - kSuffix.size());
  return name;
}

}  // namespace

void NoteAlternatives(const CapParser::FileContext& file) {
  if (!recording) return;
  std::set<std::type_index> found;
  std::vector<const antlr4::tree::ParseTree*> open{&file};
  while (!open.empty()) {
    const antlr4::tree::ParseTree* node = open.back();
    open.pop_back();
    if (dynamic_cast<const antlr4::ParserRuleContext*>(node) == nullptr) continue;
    const antlr4::tree::ParseTree& context = *node;
    found.insert(typeid(context));
    open.insert(open.end(), node->children.begin(), node->children.end());
  }
  const std::lock_guard lock(taken_mutex);
  taken.merge(found);
}

std::vector<std::string> AllAlternatives() {
  return {
#define ALTERNATIVE(name) #name,
#include "compiler/parse/alternatives.def"
#undef ALTERNATIVE
  };
}

void RecordAlternatives() { recording = true; }

std::vector<std::string> AlternativesTaken() {
  std::set<std::string> names;
  const std::lock_guard lock(taken_mutex);
  for (const std::type_index& type : taken) names.insert(AlternativeOf(type));
  return {names.begin(), names.end()};
}

}  // namespace cap::parse

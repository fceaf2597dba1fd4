#include "tests/diff/subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "compiler/driver/compile.h"
#include "runtime/frame/encode.h"
#include "runtime/program/bundle.h"
#include "tests/diff/generator.h"

namespace cap::diff {
namespace {

bool StandsIn(const Span& place, const PolicyModel& policy) {
  return place.line >= policy.first_line && place.line <= policy.last_line;
}

/// Takes out the children that errors stand in, and those without what they extend.
void RemoveChildren(ModuleModel& module, const std::vector<Span>& places) {
  std::set<std::string> there;
  for (const PolicyModel& policy : module.policies) there.insert(policy.name);
  std::erase_if(module.children, [&](const PolicyModel& child) {
    const bool bad = std::ranges::any_of(
        places, [&](const Span& place) { return StandsIn(place, child); });
    if (bad || !there.contains(child.extends)) return true;
    there.insert(child.name);
    return false;
  });
}

/// Takes out the limit of every policy that stands there. False: there is none.
bool RemoveLimit(ModuleModel& module, const Span& place) {
  const auto found = std::ranges::find(module.declared, place.line, &DeclarationModel::line);
  if (found == module.declared.end() || found->limit.empty()) return false;
  const std::string name = found->limit;
  module.declared.erase(found);
  for (PolicyModel& policy : module.policies) {
    std::erase_if(policy.limits, [&](const LimitModel& limit) { return limit.name == name; });
  }
  return true;
}

/// Takes out the policies that errors stand in. False: an error stands outside of all policies.
bool RemoveRefused(ModuleModel& module, const Compilation& compilation,
                   std::map<std::string, uint64_t>& refused, std::string& problem) {
  std::vector<bool> bad(module.policies.size(), false);
  std::vector<Span> of_children;
  std::set<uint32_t> gone;  // lines of limits
  for (const diag::Diagnostic& diagnostic : compilation.diagnostics) {
    const Span place = compilation.sources.Resolve(diagnostic.span);
    bool found = false;
    for (size_t i = 0; i < module.policies.size(); ++i) {
      if (!StandsIn(place, module.policies[i])) continue;
      found = true;
      if (!bad[i]) ++refused[diag::IdOf(diagnostic.code)];
      bad[i] = true;
    }
    if (!found && std::ranges::any_of(module.children, [&](const PolicyModel& child) {
          return StandsIn(place, child);
        })) {
      ++refused[diag::IdOf(diagnostic.code)];
      of_children.push_back(place);
      continue;
    }
    if (!found && (gone.contains(place.line) || RemoveLimit(module, place))) {
      if (gone.insert(place.line).second) ++refused[diag::IdOf(diagnostic.code)];
      continue;
    }
    if (!found) {
      problem = fmt::format("line {}: {}", place.line, diagnostic.message);
      return false;
    }
  }
  std::vector<PolicyModel> kept;
  for (size_t i = 0; i < bad.size(); ++i) {
    if (!bad[i]) kept.push_back(std::move(module.policies[i]));
  }
  module.policies = std::move(kept);
  RemoveChildren(module, of_children);
  return true;
}

}  // namespace

Subject MakeSubject(ModuleModel module, std::map<std::string, uint64_t>& refused) {
  Subject subject;
  // An error may hide others of the same policy, but each turn takes policies out.
  while (true) {
    const Compilation compilation = Compile({"generated.cap", module.source});
    if (compilation.program != nullptr) {
      const std::string bundle = WriteBundle(*compilation.program);
      const auto read = ReadBundle(bundle);
      if (!read) {
        subject.problems.push_back("bundle: " + read.error().message);
      } else if (**read != *compilation.program) {
        subject.problems.push_back("the bundle gives back another program");
      } else {
        subject.program = *read;
      }
      break;
    }
    std::string problem;
    if (compilation.diagnostics.empty()) problem = "no program and no diagnostic";
    if (!problem.empty() || !RemoveRefused(module, compilation, refused, problem)) {
      subject.problems.push_back("the module does not compile: " + problem + "\n" + module.source);
      break;
    }
    PrintModule(module);
  }
  subject.module = std::move(module);
  return subject;
}

uint32_t FindPolicy(const Program& program, const std::string& name) {
  const auto found = std::ranges::find(program.policies, name, &Policy::name);
  if (found == program.policies.end()) throw std::runtime_error("no policy " + name);
  return static_cast<uint32_t>(found - program.policies.begin());
}

namespace {

/// Parallel to BoundFields(), and ParameterFields() after them.
const Value& GivenTo(const std::vector<Value>& bound, const std::string& name) {
  size_t place = 0;
  for (const std::vector<FieldModel>* fields : {&BoundFields(), &ParameterFields()}) {
    for (const FieldModel& field : *fields) {
      if (field.name == name) return bound.at(place);
      ++place;
    }
  }
  throw std::runtime_error("no bound value " + name);
}

std::vector<Slot> ConstsOf(const Program& program, const Policy& policy, uint32_t shape,
                           const std::vector<ConstSource>& sources,
                           const std::vector<Value>& bound, Arena& arena) {
  std::vector<Slot> slots;
  for (size_t i = 0; i < sources.size(); ++i) {
    const Value* value = nullptr;
    ConstSource source = sources[i];
    const auto fixed = source.bound
                           ? std::ranges::find(policy.fixed, source.index, &FixedBound::bound)
                           : policy.fixed.end();
    if (fixed != policy.fixed.end()) source = fixed->value;
    value = source.bound ? &GivenTo(bound, program.bound[source.index].name)
                         : &program.values[source.index];
    const TypeIndex type = program.shapes[shape].const_types[i];
    const Result<Slot> slot = EncodeConstant(program, type, *value, arena);
    if (!slot) throw std::runtime_error("a constant does not fit: " + slot.error().message);
    slots.push_back(*slot);
  }
  return slots;
}

}  // namespace

GrantImage MakeGrant(const Program& program, const Policy& policy, std::vector<Value> bound) {
  GrantImage grant;
  grant.bound = std::move(bound);
  grant.arena = std::make_unique<Arena>();
  for (uint32_t index : policy.capabilities) {
    const Capability& capability = program.capabilities[index];
    grant.capabilities.emplace_back(
        ConstsOf(program, policy, capability.shape, capability.consts, grant.bound, *grant.arena));
  }
  for (uint32_t index : policy.forbids) {
    const Forbid& forbid = program.forbids[index];
    grant.forbids.emplace_back(
        forbid.shape == kNone
            ? std::vector<Slot>{}
            : ConstsOf(program, policy, forbid.shape, forbid.consts, grant.bound, *grant.arena));
  }
  return grant;
}

}  // namespace cap::diff

// Whole decisions: three engines (interpreter, native O0, native O2) with equal grants, asked the
// same.
#pragma once

#include <memory>
#include <vector>

#include "cap/engine.h"
#include "tests/diff/differ.h"

namespace cap::diff {

class WholeEngines {
 public:
  WholeEngines(const Subject& subject, std::shared_ptr<const jit::CompiledProgram> o0,
               std::shared_ptr<const jit::CompiledProgram> o2);

  /// Empty if the engines give one decision, with the verdict that the oracle expects.
  std::string Compare(const Case& at);

 private:
  struct One {
    std::unique_ptr<Engine> engine;
    std::unique_ptr<Reader> reader;
    std::map<std::pair<std::string, size_t>, GrantId> grants;  // by policy and bound values
  };
  void Add(const Subject& subject, NativeCode native);

  std::vector<One> engines_;
};

}  // namespace cap::diff

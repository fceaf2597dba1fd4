// A program under the interpreter's engine, with the grants that pairs are run under.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "cap/engine.h"
#include "compiler/prove/prove.h"
#include "tests/diff/running.h"

namespace cap::diff {

class EngineSide {
 public:
  explicit EngineSide(const Subject& subject);

  /// The decision under the grant with the bound values `choice` of BoundChoices().
  Decision Decide(const std::string& policy, size_t choice, const Frame& frame);

 private:
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Reader> reader_;
  std::map<std::pair<std::string, size_t>, GrantId> grants_;
};

/// What a side says of a witness, from its texts alone.
Verdict Again(const std::shared_ptr<const Program>& program, const prove::Shown& shown,
              const prove::Witness& witness);

}  // namespace cap::diff

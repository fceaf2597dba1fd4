// Names, types and code: from the syntax trees to a Program.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/ast/ast.h"
#include "compiler/check/data.h"
#include "compiler/diag/diagnostic.h"
#include "compiler/resolve/names.h"
#include "runtime/program/program.h"

namespace cap::check {

struct Checked {
  Program program;
  /// Which of its values are those of `data`: [begin, end). The text does not say them.
  uint32_t data_begin = 0;
  uint32_t data_end = 0;
};

/// Checks the modules (0 is the user's) and makes their Program. Everything that is wrong goes to
/// `sink`; a Program comes out only when the sink has no error, those of the parser counted.
/// `data` are the values of `data` declarations. `library` says which module of the standard
/// library declares a constraint, for help.
/// Cost: linear in the trees, but for conditions that use large `let`s often, which are bounded by
/// limits::kInstructions. Thread-safe on different sinks.
std::optional<Checked> Check(const SourceMap& sources, const std::vector<ast::Module>& modules,
                             const resolve::Names& names, const DataFiles& data,
                             const std::map<std::string, std::string>& library, diag::Sink& sink);

}  // namespace cap::check

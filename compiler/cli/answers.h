// How answers of the prover are told: shared by `capc narrows` and `capc diff`.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/cli/cli.h"
#include "compiler/cli/io.h"
#include "compiler/prove/prove.h"

namespace cap::cli {

/// "2s", "500ms": a positive time of at most an hour, in milliseconds. Errors: "usage".
Result<uint32_t> TimeoutOf(const std::string& text);

/// Lines with the call, and what each side says of it; `indent` before each.
std::string ToldWitness(const prove::Witness& witness, const std::string& child,
                        const std::string& parent, const std::string& indent);

/// One JSON object.
std::string JsonWitness(const prove::Witness& witness, const std::string& child,
                        const std::string& parent);

/// Policies that belong together: the one of each file, or those of one name. A policy of only one
/// file comes with a null Program on the other side.
std::vector<std::pair<prove::Side, prove::Side>> PairsOf(
    const std::shared_ptr<const Program>& a, const std::shared_ptr<const Program>& b);

/// The policy with this name, or the only one if the name is empty. Errors: "usage".
Result<prove::Side> SideOf(const std::shared_ptr<const Program>& program, const std::string& name,
                           const std::string& path);

}  // namespace cap::cli

// What is done with every Program, frame and decision that a target comes to.
#pragma once

#include <memory>
#include <string_view>

#include "cap/engine.h"

namespace cap::fuzz {

/// Runs every shape of a verified Program in the interpreter on frames made from `seed`, checks
/// what its results promise, and puts the Program in force: grants, calls, decisions and their
/// texts.
void RunProgram(const std::shared_ptr<const Program>& program, uint64_t seed);

/// Decides and shows the decision in every form; checks what always holds of one.
void RunDecision(Reader& reader, GrantId grant, const Frame& frame);

/// What a sealed frame promises to every engine.
void CheckFrame(const Program& program, const Frame& frame);

std::unique_ptr<Engine> NewEngine();

uint64_t HashOf(std::string_view text);

}  // namespace cap::fuzz

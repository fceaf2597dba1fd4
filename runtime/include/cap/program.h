// A compiled policy: made by the compiler or read from a bundle, verified, immutable, shared.
//
//   auto program = cap::ReadBundle(bytes);            // never needs the compiler
//   if (!program) { report(program.error().message); return; }
//   engine->Load(*program);
#pragma once

#include "runtime/base/result.h"
#include "runtime/program/abi.h"
#include "runtime/program/bundle.h"
#include "runtime/program/program.h"

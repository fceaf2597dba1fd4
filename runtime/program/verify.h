// Whether a Program may be run. The compiler's output and every bundle pass here; what has passed
// can make no engine read out of bounds, loop or crash, whoever wrote it. The checks are complete
// and repeat everything that the compiler already knows: a file is never trusted.
#pragma once

#include "runtime/base/result.h"
#include "runtime/program/program.h"

namespace cap {

/// Error "program-invalid": the message names the place ("shapes[3].insts[7]") and what is wrong
/// there; the first one found. Thread-safe. Cost: linear in the Program.
Result<void> Verify(const Program& program);

}  // namespace cap

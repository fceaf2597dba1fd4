// A test-only fault in the oracle: proof that the differential run would notice one. Only the
// library built with CAPC_MUTANTS has it; nothing that ships does.
#pragma once

#include "runtime/program/ir.h"

#ifdef CAPC_MUTANTS
namespace cap::interp {

/// From now on results of `op` are wrong: a bool has its rails swapped (a fault becomes true), a
/// word, money and a decimal are one off, a mask has its first member flipped, a string or list is
/// empty, a text with a header (email, ip, cidr, url) and a table a fault.
/// kNoMutant ends it. Not thread-safe.
inline constexpr uint16_t kNoMutant = 0xFFFF;
void SetMutant(uint16_t op);

}  // namespace cap::interp
#endif

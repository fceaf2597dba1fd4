// A Program as a file (.capb): written by the compiler, read by every host, with no compiler in
// sight. Layout: 8 bytes of magic, version (u32, little endian), payload length (u64), SHA-256 of
// the payload, payload: the tables of the Program, each a section of its own. The checksum finds
// accidents; against malice everything is decoded within bounds and verified again.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/program/program.h"

namespace cap {

inline constexpr uint32_t kBundleVersion = 1;

/// The bytes of a bundle. Equal Programs make equal bytes. Linear.
std::string WriteBundle(const Program& program);

/// Whether the bytes begin like a bundle; says nothing about the rest.
bool IsBundle(std::string_view bytes);

/// The Program in a bundle, verified. Errors: bundle-truncated, bundle-magic, bundle-version,
/// bundle-checksum, bundle-oversize (more than limits::kBundleBytes), bundle-malformed (the payload
/// is no Program), bundle-verify (it is one that must not run; the message says where).
/// Thread-safe. Cost: linear in the bytes.
Result<std::shared_ptr<const Program>> ReadBundle(std::string_view bytes);

/// Writes the checksum of the payload as it is, so that a test can reach the decoder and the
/// verifier with a payload it has damaged. Bytes shorter than a header stay as they are.
void RepairChecksum(std::string& bytes);

}  // namespace cap

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

/// The version of the format and of the IR in it, one number for both, since neither is of use
/// without the other. In the file: major << 16 | minor. A minor version only adds (opcodes, kinds
/// of types, at the end of their tables), so that what an older one wrote means the same. A major
/// version changes what was there. docs/embedding.md says what a host does about either.
struct BundleVersion {
  uint16_t major = 0;
  uint16_t minor = 0;
  bool operator==(const BundleVersion&) const = default;
};
inline constexpr BundleVersion kBundleVersion{3, 0};

/// Whether a runtime of version `reader` reads a bundle of version `bundle`: the same major
/// version, and a minor one that is not newer. Errors: "bundle-version"; the message says whether
/// to compile the policy again or to update the runtime.
Result<void> CheckBundleVersion(BundleVersion reader, BundleVersion bundle);

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

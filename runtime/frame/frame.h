// One call, checked and laid out: the header and slots that engines read, the texts of its
// resources, and notes on what was unusable. Made by FrameBuilder (typed) or from JSON; sealed
// once, then immutable and safe to share between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/program/abi.h"
#include "runtime/program/program.h"

namespace cap {

/// Why a slot is poisoned or absent although something was given (order = severity in reasons).
enum class FaultNote : uint8_t {
  kNone, kMissing, kBadValue, kOversize, kFactWrongKey, kFactDoubled, kFactStale,
  kFactFromFuture, kFactWrongAttestor,
};

/// Why a call cannot be decided at all: denied before any policy is asked.
enum class MalformedKind : uint8_t {
  kNone, kUnknownTool, kUndeclaredArgument, kMissingArgument, kBadArgument, kOversize,
  kDuplicateKey, kBadJson, kResourceMismatch, kUndeclaredFact, kUndeclaredLive,
};
struct Malformed {
  MalformedKind kind = MalformedKind::kNone;
  std::string what;      // name of the argument or fact
  std::string detail;    // observed value, quoted and cut
  Span span;             // declaration it was held against, if any
};

/// The texts of one resource's holes, parallel to Resource::holes; empty slot = the hole faulted.
struct ResourceTexts {
  std::vector<std::string> holes;
  uint64_t valid = 0;     // bit h: hole h has a text
};

class Frame {
 public:
  Frame(Frame&&) noexcept;
  Frame& operator=(Frame&&) noexcept;
  ~Frame();

  /// Null when the call is malformed: nothing for an engine to read.
  const FrameHeader* header() const;
  const Malformed& malformed() const;

  /// Resources of action `nth` of the tool (index into Tool::actions): one, or one an element of
  /// `each`. Empty: none could be derived (the list of `each` faulted or is empty).
  const std::vector<ResourceTexts>& resources(uint32_t nth) const;
  std::string ResourceText(const Program& program, uint32_t nth, uint32_t resource) const;

  FaultNote note(uint32_t slot) const;

  /// Deterministic CBOR (RFC 8949, 4.2) of the checked arguments, defaults in. Empty if malformed.
  std::string_view canonical_arguments() const;
  /// SHA-256 over the tool, the subject of the grant and canonical_arguments(): what an approval
  /// is bound to.
  using Digest = std::array<uint8_t, 32>;
  static Digest DigestOf(std::string_view tool, std::string_view subject,
                         std::string_view canonical_arguments);

 private:
  friend class FrameBuilder;
  struct Impl;
  explicit Frame(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cap

// One call, checked and laid out: the header and slots that engines read, the texts of its
// resources, and notes on what was unusable. Made by FrameBuilder (typed) or from JSON; sealed
// once, then immutable and safe to share between threads.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/limits.h"
#include "runtime/base/result.h"
#include "runtime/program/abi.h"
#include "runtime/program/program.h"

namespace cap {

/// Why a slot is poisoned, or absent although the policy may count on it.
enum class FaultNote : uint8_t {
  kFine, kMissing, kBadValue, kOversize, kFactWrongKey, kFactDoubled, kFactStale,
  kFactFromFuture, kFactWrongAttestor,
};

/// Why a call cannot be decided at all: denied before any policy is asked.
enum class MalformedKind : uint8_t {
  kFine, kUnknownTool, kUndeclaredArgument, kMissingArgument, kBadArgument, kOversize,
  kDuplicateKey, kBadJson, kResourceMismatch, kUndeclaredFact, kUndeclaredLive,
};
struct Malformed {
  MalformedKind kind = MalformedKind::kFine;
  std::string what;      // name of the argument or fact, cut and safe to show
  std::string detail;    // what is wrong with the observed value, which is quoted and cut
  Span span;             // declaration it was held against, if any
};

/// The text of one hole of a resource, within ResourceTexts::literals.
struct HoleText {
  uint64_t hash = 0;   // keyed_hash.h: TextHash()
  uint32_t begin = 0;  // two bytes of length, then the text
  uint32_t end = 0;
};

/// The texts of one resource's holes, parallel to Resource::holes, laid out as a record keeps its
/// literals, so that neighbours are compared at once. A hole that faulted has an empty text.
struct ResourceTexts {
  const char* literals = nullptr;
  uint32_t valid = 0;  // bit h: hole h has a text
  uint32_t hole_count = 0;
  HoleText holes[limits::kResourceHoles] = {};

  std::string_view text(uint32_t hole) const {
    const HoleText& of = holes[hole];
    return {literals + of.begin + sizeof(uint16_t), of.end - of.begin - sizeof(uint16_t)};
  }
};

/// An approval that was given and does not count, so that a decision can say why.
struct ApprovalNote {
  enum class Reason : uint8_t { kOtherCall, kUnknownApprover, kUnknownKind };
  Reason reason = Reason::kOtherCall;
  std::string approver;  // cut and safe to show
};

class Frame {
 public:
  Frame(Frame&&) noexcept;
  Frame& operator=(Frame&&) noexcept;
  ~Frame();

  /// A call that is denied before any policy is asked; `tool` is kNone where it is not known.
  static Frame Refused(Malformed malformed, uint32_t tool = kNone);

  /// Null when the call is malformed: nothing for an engine to read.
  const FrameHeader* header() const { return sealed_.header; }
  const Malformed& malformed() const;
  /// Of Program::tools; kNone if the tool is unknown.
  uint32_t tool() const;
  /// The request's own `id`, cut and safe to show; empty if it has none. Decides nothing.
  std::string_view request_id() const;
  /// The tools that the call came wrapped in, outermost first: tool() is the one that they carried.
  const std::vector<std::string>& wrappers() const;
  /// Whose grant the approvals were matched for.
  std::string_view subject() const;

  /// Resources of action `nth` of the tool (index into Tool::actions): one, or one an element of
  /// `each`. Empty: none could be derived (the list of `each` faulted or is empty), the action has
  /// no resource, or the call is malformed.
  std::span<const ResourceTexts> resources(uint32_t nth) const {
    return nth < sealed_.actions ? sealed_.resources[nth] : std::span<const ResourceTexts>();
  }
  std::string ResourceText(const Program& program, uint32_t nth, uint32_t resource) const;

  /// Why `slot` has no value, and the same in words ("as of …, older than 30 s"); kFine and empty
  /// for a slot that has one, or that is optional and was left out.
  FaultNote note(uint32_t slot) const;
  std::string_view note_text(uint32_t slot) const;
  const std::vector<ApprovalNote>& approval_notes() const;

  /// Deterministic CBOR of the checked arguments, defaults in (canonical.h). Empty if malformed.
  std::string_view canonical_arguments() const;
  /// What an approval of this call has to carry: CallDigest() of canonical.h. Zero if malformed.
  using Digest = std::array<uint8_t, 32>;
  const Digest& digest() const;

 private:
  friend class FrameBuilder;
  friend class RequestReader;
  friend class Sealer;
  struct Impl;
  /// What a decision reads, at hand without a call. It lives in the Impl.
  struct Sealed {
    const FrameHeader* header = nullptr;
    const std::span<const ResourceTexts>* resources = nullptr;  // parallel to Tool::actions
    uint32_t actions = 0;
  };
  explicit Frame(std::unique_ptr<Impl> impl);
  Sealed sealed_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cap

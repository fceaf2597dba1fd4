// The engine: holds one Program and the grants minted under it, and decides calls.
//
//   auto engine = cap::Engine::Create().value();
//   engine->Load(program).value();
//   cap::GrantId grant = engine->Mint({.policy = "customer_support_standard", .subject = "agent-7",
//                                      .bound = {{"customer_id", {"C1"}}},
//                                      .ttl_us = 3'600'000'000}, now_us).value();
//   cap::Reader reader = engine->NewReader();              // one a thread
//   cap::Decision d = reader.Authorize(grant, frame);      // frame: cap/request.h
//
// Nothing is decided without a grant. Everything that goes wrong with a call is part of the
// Decision and denies; an Error is a misuse by the host. Nothing throws.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cap/decision.h"
#include "cap/explain.h"
#include "runtime/base/result.h"
#include "runtime/frame/frame.h"
#include "runtime/program/abi.h"
#include "runtime/program/program.h"
#include "runtime/state/store.h"
#include "runtime/value/value.h"

namespace cap {

/// A handle on what was minted for one holder. Unforgeable only within this process: keep it on the
/// host's side, never give it to an agent.
struct GrantId {
  uint32_t index = 0;
  uint32_t generation = 0;  // 0 = no grant
  bool operator==(const GrantId&) const = default;
};

/// Something whose end is the end of every grant that hangs on it: a session, an agent, a class of
/// grants, whatever the host takes it for. Made and revoked by Engine; a handle of this process.
struct RevocationHandle {
  uint32_t index = 0;  // 0 = none
  bool operator==(const RevocationHandle&) const = default;
};

/// What a mint gives. Bound values are `context bound` of the policy: each must be given, none
/// other. A string stands for one segment wherever a pattern inserts it; a set<string> means
/// alternatives, and the empty set matches nothing.
struct GrantSpec {
  std::string policy;
  std::string subject;        // who holds it: 1 to limits::kSubjectBytes bytes
  std::string purpose;        // one of the policy's, or empty if it declares none
  std::vector<Field> bound;
  /// > 0; nothing = the policy's `expires after`, if it has one.
  std::optional<int64_t> ttl_us;
  /// At most limits::kGrantHandles: the grant dies with the first of them that is revoked.
  std::vector<RevocationHandle> handles = {};
};

/// One parameter of a constraint, made tighter in its declared order.
struct Narrowing {
  std::string capability;  // by name; "limit daily": a limit that permits share
  std::string parameter;   // "maxAmount.limit": constraint and parameter
  Value value;
};

/// What an argument of every delegated call is confined to. A call whose tool has no such argument,
/// or that leaves it out, is outside of all but kAbsent; of a list or set, every element counts.
struct Only {
  enum class Kind : uint8_t {
    kOneOf,   // one of `values`
    kRange,   // from `low` to `high`, both included; one of them may be left out
    kPrefix,  // begins with the one of `values`; of a path or url: lies under it
    kAbsent,  // is left out
  };
  std::string argument;
  Kind kind = Kind::kOneOf;
  std::vector<Value> values = {};
  std::optional<Value> low = std::nullopt, high = std::nullopt;
};

/// What a delegation gives of a grant. A call must be permitted by every grant of the chain.
struct DelegationSpec {
  std::string subject;                    // who holds it: 1 to limits::kSubjectBytes bytes
  std::vector<std::string> capabilities;  // by name; none other is delegated
  std::vector<Narrowing> narrow = {};
  std::vector<Only> only = {};
  std::optional<int64_t> ttl_us = std::nullopt;  // > 0; nothing, or longer: as long as the parent
  std::vector<RevocationHandle> handles = {};
};

/// Machine code for every shape of a Program, made by somebody else (runtime/jit, or an image of a
/// bundle), so that the engine does not depend on a code generator. Empty = the interpreter runs.
struct NativeCode {
  std::span<const ShapeCode> shapes;   // parallel to Program::shapes
  std::shared_ptr<const void> owner;   // keeps the code mapped; let go after a grace period
};

struct EngineOptions {
  /// Readers pay 1 ns an entry with membarrier(2) and about 10 without. Off: never use it.
  bool use_membarrier = true;
  /// Seed of the index's keyed hash. Empty: random, so that nobody can aim at one bucket. A fixed
  /// seed is for reproducible counts of instructions only.
  std::optional<std::array<uint64_t, 2>> hash_seed;
  /// The obligations that the enforcement point knows and will keep, as "name@version". A
  /// capability that would bring another one admits nothing.
  std::vector<std::string> obligations = {};
  /// Where what is counted beyond one call is kept. Null: in this process, gone with the engine.
  /// Several engines may share one.
  std::shared_ptr<state::Store> store = nullptr;
};

/// What a host may say of one call beside what it is.
struct AuthorizeOptions {
  /// The host's own name of the operation, never used for another one: a call that is asked for
  /// again under it, by whatever process, gets the same answer and is charged once. What the store
  /// knows it by is the decision's id, made of this, the policy, the subject and the call.
  std::optional<state::OperationId> operation = std::nullopt;
};

/// What a store knows the operation of a permit by, for another process to settle.
inline state::OperationId OperationOf(const Decision& decision) {
  return {.high = decision.id.high, .low = decision.id.low};
}

/// What a Load did to the grants that were there before.
struct LoadReport {
  uint32_t program = 0;    // its number; counts from 1
  uint64_t kept = 0;       // grants whose policy is there with the same bound context
  uint64_t orphaned = 0;   // grants that died: decided as grant_orphaned from now on
};

struct EngineStats {
  uint64_t grants = 0;         // neither revoked nor orphaned; expired ones count until swept
  uint64_t records = 0;        // capability records of these
  uint64_t index_bytes = 0;    // segments and directory
  uint64_t record_bytes = 0;   // capability records
  uint64_t pool_bytes = 0;     // constants
  uint64_t grant_bytes = 0;    // rows and specifications
};

class Engine;

/// One call of a batch.
struct GrantedCall {
  GrantId grant;
  const Frame* frame = nullptr;  // null is denied as layout_mismatch
};

/// One thread's way in. Cheap to keep, made once a thread; not to be shared by threads at one time.
/// Must not outlive its Engine.
class Reader {
 public:
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader();

  /// Decides one call. Reads no clock: now is the frame's. Allocates nothing, but for the room of
  /// the reader's first call under a Program that counts. Cost: linear in the candidates' clauses
  /// (at most 8 probes find them). Under a Program that counts nothing it is wait-free and takes no
  /// lock. Under one that does, a permit is charged to the limits of the policy before this
  /// returns, all or none, by one question to the store, which may lock or wait; a denial is
  /// charged nothing; a step-up is asked for and charged nothing, and is a denial where a limit is
  /// spent already. A permit with reserved() is to be settled: Commit() or Release().
  Decision Authorize(GrantId grant, const Frame& frame);
  Decision Authorize(GrantId grant, const Frame& frame, const AuthorizeOptions& options);

  /// The same answer, and nothing is charged, counted or remembered. A race by design: somebody
  /// else may take what this call was told is left.
  Decision Peek(GrantId grant, const Frame& frame);

  /// The call of a permit was carried out, and took `actual` of what is counted in its unit: more
  /// than was reserved is recorded, and the next call denied for it. Its holds end, and it is
  /// remembered where a policy asks `after`. From any process and as often as you like: a second
  /// time says kAlready. kSettled where there was nothing to settle. kBadRequest: it is no permit.
  state::SettleStatus Commit(const Decision& decision, int64_t now_us,
                             std::optional<state::Actual> actual = std::nullopt);

  /// The call of a permit was not carried out: what can be given back is, in the period in which it
  /// was charged. Rates are not given back.
  state::SettleStatus Release(const Decision& decision, int64_t now_us);

  /// Decides calls[i] into decisions[i], each as Authorize would (but for the id), and all under
  /// one Program: the batch enters once, and the memory of the next calls is asked for while one is
  /// decided. Between two of them a grant may be revoked, as between two Authorize. Errors:
  /// "bad-batch" (more than limits::kBatchCalls, since memory that writers retire waits for the
  /// whole batch; fewer decisions than calls): every decision then is a denial. Allocates nothing
  /// otherwise. Cost: that of Authorize, less the entry and what the look-ahead hides. Under a
  /// Program that counts it is Authorize for one after the other, so that each asks the store, and
  /// another Program may come into force between two of them.
  Result<void> AuthorizeMany(std::span<const GrantedCall> calls, std::span<Decision> decisions);

  /// What the host must do with a permit of this engine for the same grant and frame, before it
  /// lets the call or its result through. To be asked if Decision::obligations.count is not 0.
  /// Errors: "stale" (the program was swapped or the grant died meanwhile: decide again).
  Result<std::vector<Obligation>> Obligations(const Decision& decision, GrantId grant,
                                              const Frame& frame);

  /// The two views of a decision of this engine for the same grant and frame. Cold: evaluates the
  /// clauses again and allocates. If the program was swapped or the grant revoked meanwhile, the
  /// report is not `complete`: codes and the span are still there.
  DecisionReport Report(const Decision& decision, GrantId grant, const Frame& frame);
  AgentDecisionReport AgentReport(const Decision& decision, GrantId grant, const Frame& frame);

  /// What every rule said about the call, part by part, evaluated by the interpreter. For operators
  /// only; empty for a call that is malformed or has no live grant. Cold: it allocates.
  CallExplanation Explain(GrantId grant, const Frame& frame);

 private:
  friend class Engine;
  struct Impl;
  explicit Reader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Thread-safe: every member may be called from any thread at any time.
class Engine {
 public:
  /// Errors: "out-of-memory".
  static Result<std::unique_ptr<Engine>> Create(const EngineOptions& options = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Puts a verified Program in force. Readers see the old one or the new one, never a mixture, and
  /// are not blocked; Mint waits. A grant survives if its policy (by name) is still there and wants
  /// the same bound names with the same types, and what was bound still resolves; its expiry stays.
  /// Every other grant dies for good. Errors: "bad-program" (limits, null), "bad-native-code" (not
  /// one function a shape). Cost: linear in the live grants' capabilities.
  Result<LoadReport> Load(std::shared_ptr<const Program> program, NativeCode native = {});

  /// Makes a grant: resolves the policy's templates and publishes the capability records. The grant
  /// is visible to all threads when this returns. Errors: "not-loaded", "unknown-policy",
  /// "unknown-purpose", "bad-subject", "missing-bound", "unknown-bound", "bad-bound" (wrong type or
  /// no literal segment: empty, a separator, a wildcard, a dot segment, a control character, a
  /// percent sign), "bad-ttl" (not positive, longer than the policy's, or none), "bad-handle" (too
  /// many, revoked, or none of this engine), "table-full".
  /// Cost: the policy's capabilities, times the alternatives of sets in their patterns.
  Result<GrantId> Mint(const GrantSpec& spec, int64_t now_us);

  /// Makes a grant that can do less than `parent`: some of its capabilities, tighter parameters,
  /// confined arguments, a shorter life. It dies with its parent, or with any grant above it. What
  /// its calls are charged, every grant above is charged too: delegating multiplies nothing, and
  /// doing it again begins nothing anew. Its purpose is its parent's. Errors: "not-loaded",
  /// "grant-gone" (the parent is not live), "depth-exceeded" (limits::kDelegationDepth),
  /// "unknown-capability", "unknown-parameter", "widening" (a value that is not tighter than the
  /// parent's; the message says both), "bad-value", "bad-only", "bad-subject", "bad-ttl",
  /// "bad-handle", "table-full". Cost: that of a mint, times the depth.
  Result<GrantId> Delegate(GrantId parent, const DelegationSpec& spec, int64_t now_us);

  /// No decision that starts after this returns permits under the grant, or under any that was
  /// delegated from it. False: it was not live.
  /// Takes effect at once, even while a Load runs; the memory is freed when no reader can see it.
  bool Revoke(GrantId grant);

  /// A new handle that grants can be minted to hang on. Errors: "table-full". Cost: constant.
  Result<RevocationHandle> NewHandle();

  /// No decision that starts after this returns permits under a grant that hangs on the handle: it
  /// is grant_revoked. False: it was not live. Cost: constant, however many grants there are; what
  /// they hold is freed by SweepExpired.
  bool RevokeHandle(RevocationHandle handle);

  /// Frees what grants hold that have expired at `now_us`, or whose handle was revoked; a decision
  /// under one says so still, until its place is taken. Returns how many.
  uint64_t SweepExpired(int64_t now_us);

  /// Commit() and Release() of Reader for an operation that another process was permitted: its
  /// OperationOf().
  state::SettleStatus Commit(state::OperationId operation, int64_t now_us,
                             std::optional<state::Actual> actual = std::nullopt);
  state::SettleStatus Release(state::OperationId operation, int64_t now_us);

  /// Where this engine counts.
  state::Store& store();

  /// Registers a reader. Threads without bound are fine; each costs a cache line.
  Reader NewReader();

  /// The Program in force (null before the first Load), and its number.
  std::shared_ptr<const Program> program() const;
  uint32_t program_number() const;
  EngineStats stats() const;

 private:
  friend class Reader;
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cap

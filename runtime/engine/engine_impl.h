// What an Engine and its Readers own. Internal to runtime/engine.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cap/engine.h"
#include "runtime/engine/counter_id.h"
#include "runtime/engine/epoch.h"
#include "runtime/engine/grant_rows.h"
#include "runtime/engine/program_state.h"
#include "runtime/engine/reservation.h"

namespace cap {

struct Engine::Impl {
  Impl(const EngineOptions& options, const std::array<uint64_t, 4>& random,
       std::shared_ptr<state::Store> store_of_counters);
  ~Impl();

  /// What a policy's name stood for when its grants were minted.
  struct PolicyName {
    std::string name;
    std::string bound_signature;  // names and types of its bound context
  };

  uint32_t NumberOf(const std::string& policy);
  /// What a new grant is made of.
  struct NewGrant {
    std::string_view subject, purpose;
    const std::vector<Value>* bound = nullptr;  // in order of Policy::bound
    const engine::Chain* chain = nullptr;       // null: it is minted
    uint32_t policy = 0;                        // number of the policy's name
    int64_t expires_us = 0;
    GrantId parent;
    std::span<const RevocationHandle> handles;
  };
  /// Publishes the grant; all is checked but what its values come to. Writers.
  Result<GrantId> Publish(engine::ProgramState& in, const NewGrant& grant);
  /// Moves a live grant to `status`. False: it was not live in this generation.
  bool Kill(GrantId grant, engine::GrantStatus status);
  /// Takes a killed grant's records away, and frees all of it after a grace period.
  void Bury(uint32_t index);
  /// Frees some of what no reader can see any more.
  void Collect();
  /// Publishes every live grant's records in `next`; the rows that could not are in `orphans`.
  void Rebind(engine::ProgramState& next, std::vector<std::pair<uint32_t, engine::RecordRun>>& kept,
              std::vector<uint32_t>& orphans);
  bool MayKeep(const engine::ProgramState& next, const engine::GrantRow& row,
               const std::vector<std::string>& signatures) const;

  HashSeed seed;
  std::shared_ptr<state::Store> store;
  engine::CounterHash hash;  // by the store's key
  std::array<uint64_t, 2> id_seed;
  std::vector<std::string> obligations;  // that the enforcement point knows
  std::atomic<uint64_t> readers = 0;
  engine::EpochDomain epochs;
  engine::GrantRows rows;
  std::atomic<engine::ProgramState*> state = nullptr;
  std::atomic<bool> counts = false;  // as the state does, most of the time

  mutable std::mutex mutex;  // writers; guards all below
  std::unordered_map<std::string, uint32_t> policy_numbers;
  std::vector<PolicyName> policies;  // by number
  uint32_t loads = 0;
  uint64_t live_grants = 0;
  uint64_t live_records = 0;
  uint64_t specification_bytes = 0;
  engine::Limbo limbo{epochs};  // last: what waits in it may need the rest
};

struct Reader::Impl {
  Engine::Impl* engine = nullptr;
  engine::EpochDomain::ReaderSlot* slot = nullptr;
  std::array<uint64_t, 2> id_state = {};
  const state::Store* near = nullptr;  // the engine's, if it is one of this process
  std::unique_ptr<engine::Reservation> reservation;  // made for the first call that needs it

  // Two words of a multiplicative generator whose seed is the engine's secret.
  DecisionId NextId() {
    id_state[0] += 0xA076'1D64'78BD'642Fu;
    id_state[1] += 0xE703'7ED1'A0B4'28DBu;
    return {.high = Fold(id_state[0], id_state[1] ^ 0x8EBC'6AF0'9C88'C6E3u),
            .low = Fold(id_state[1], id_state[0] ^ 0x5899'65CC'7537'4CC3u)};
  }
  bool DecideMany(std::span<const GrantedCall> calls, std::span<Decision> decisions);
  /// The room of the last call, and of the next one: made when it is needed first.
  engine::Reservation& Room() {
    if (reservation == nullptr) [[unlikely]] MakeRoom();
    return *reservation;
  }
  void MakeRoom();
  /// Decides one call of a Program that counts nothing.
  Decision JustDecide(GrantId grant, const Frame& frame);
  /// Decides one call with all its phases: Count() without options, by a shorter way where the call
  /// is a usual one.
  Decision CountUsual(GrantId grant, const Frame& frame);
  // Of a usual call (usual.cpp); inside the epoch, which it leaves before the store is asked.
  // False: the general way has to say, and nothing is charged that can be given back.
  engine::Reservation& WantWinner(const DecisionId& id);
  void ChargeGroups(const engine::ProgramState& state, GrantId grant, const Frame& frame,
                    Decision& decision);
  bool ChargeWinner(const engine::ProgramState& state, GrantId grant, const FrameHeader* frame,
                    engine::Reservation& out, Decision& decision);
  bool MakeReady(const engine::ProgramState& state, GrantId grant, engine::ReadyCharge& ready);
  bool BringTo(const engine::ProgramState& state, const FrameHeader* frame,
               engine::ReadyCharge& ready);
  bool ChargeSeveral(const engine::ProgramState& state, GrantId grant, const FrameHeader* frame,
                     Decision& decision);
  bool Take(std::span<const state::Charge> charges, bool kept, GrantId grant,
            const engine::GrantRow& row, int64_t now_us, engine::Reservation& out,
            Decision& decision);
  bool ReserveUsual(uint32_t count, bool kept, int64_t now_us);
  /// The part of the grant's subject in the names of counters.
  const state::CounterId& SubjectPart(GrantId grant);
  /// Decides one call with all its phases. `peek`: nothing is charged or counted.
  Decision Count(GrantId grant, const Frame& frame, const AuthorizeOptions& options, bool peek);
  /// `asking`: groups, a bit each, that are decided by who asks for something.
  Decision DecideAndCharge(GrantId grant, const Frame& frame, const AuthorizeOptions& options,
                           uint64_t asking, engine::Reservation& charged);
  /// Outside of the epoch: what comes after DecideAndCharge().
  void Finish(GrantId grant, const Frame& frame, const AuthorizeOptions& options, bool peek,
              Decision& decision);
  /// What comes of a denial after the store was asked.
  void AfterDenial(GrantId grant, const Frame& frame, const AuthorizeOptions& options, bool peek,
                   Decision& decision);
  /// Of an action that is denied since nothing is left of what permits it.
  Decision StepUpInstead(GrantId grant, const Frame& frame, const AuthorizeOptions& options,
                         Decision denied);
  /// What the store says of the call that was worked out. `reserve`: it is charged.
  state::ReserveResult ReserveFor(int64_t now_us, bool reserve, state::OperationId operation);
  /// `kept`: the operation is one that can be settled; `named`: by the host.
  void AskStore(int64_t now_us, bool reserve, bool kept, bool named, Decision& decision);
  void TakeAnswer(const state::ReserveResult& result, int64_t now_us, bool kept, bool named,
                  Decision& decision);
  /// What the store said of the decision; null if it was not asked, or of another one since.
  const engine::Reservation* AnswerTo(const Decision& decision) const;
  void Recheck(GrantId grant, int64_t now_us, Decision& decision);
  ~Impl() {
    if (slot != nullptr) engine->epochs.Unregister(slot);
  }
};

namespace engine {

bool IsSubject(std::string_view subject);
/// Errors: "bad-handle".
Result<void> CheckHandles(const HandleTable& table, std::span<const RevocationHandle> handles);

/// What the bound context of a policy looks like: equal texts lay out equal values.
std::string BoundSignature(const Program& program, const Policy& policy);

}  // namespace engine
}  // namespace cap

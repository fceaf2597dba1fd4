// The hand-written decision that the engine is measured against: what phases 1 to 5 do for
// decide/decide.cap (epoch, layout, grant with generation and expiry, forbid, two keyed probes,
// both predicates, kindest verdict, nearest capability when none permits, all 128 bytes of a
// Decision).
#pragma once

#include <atomic>
#include <memory>

#include "cap/decision.h"
#include "cap/engine.h"
#include "tests/bench/baseline/table.h"

namespace cap::bench {

struct HandGrant {
  std::atomic<uint32_t> generation{0};
  uint32_t policy = 0;
  int64_t expires_us = 0;
  std::atomic<bool> revoked{false};
};

/// What a load makes of the Program: looked up by tool.
struct HandTool {
  uint64_t layout_hash = 0;
  uint16_t action = 0;
  uint32_t forbid = 0;
  const Slot* forbid_consts = nullptr;
  Span forbid_span;
};
struct HandCapability {
  Span clauses[5];
};

template <class Table>
struct HandState {
  uint32_t program = 1;
  std::span<const HandTool> tools;
  std::span<const HandCapability> capabilities;
  std::span<const HandGrant> grants;
  Table table;
};

struct alignas(64) HandReader {
  std::atomic<uint64_t> epoch{0};  // 0 = outside
  uint64_t random = 1;
};

struct HandCall {
  const FrameHeader* frame = nullptr;
  std::span<const std::string_view> holes;  // texts of the resource's holes
  uint64_t valid = 0;                       // bit h: hole h has a text
};

template <class Table>
Decision HandDecide(HandReader& reader, const std::atomic<const HandState<Table>*>& current,
                    const std::atomic<uint64_t>& epoch, GrantId grant, const HandCall& call);

extern template Decision HandDecide<HandTable>(HandReader&,
                                               const std::atomic<const HandState<HandTable>*>&,
                                               const std::atomic<uint64_t>&, GrantId,
                                               const HandCall&);
extern template Decision HandDecide<LinearTable>(HandReader&,
                                                 const std::atomic<const HandState<LinearTable>*>&,
                                                 const std::atomic<uint64_t>&, GrantId,
                                                 const HandCall&);

}  // namespace cap::bench

// The hand-written predicates, one a shape. Same contract as the native code (abi.h): presence,
// faults by strong Kleene, reasons as clause masks; `admit` is one test and a fast path.
#pragma once

#include "tests/bench/baseline/layout.h"

namespace cap::bench::refund {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::refund
namespace cap::bench::read_customer {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::read_customer
namespace cap::bench::send_email {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::send_email
namespace cap::bench::transfer {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::transfer
namespace cap::bench::trade {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::trade
namespace cap::bench::deploy {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::deploy
namespace cap::bench::label_ticket {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::label_ticket
namespace cap::bench::cancel_reservation {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::cancel_reservation
namespace cap::bench::read_file {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::read_file
namespace cap::bench::update_profile {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::update_profile
namespace cap::bench::pay_invoice {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::pay_invoice
namespace cap::bench::create_event {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::create_event
namespace cap::bench::run_query {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::run_query
namespace cap::bench::create_instance {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::create_instance
namespace cap::bench::wire {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::wire
namespace cap::bench::open_door {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::open_door
namespace cap::bench::push {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::push
namespace cap::bench::read_record {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::read_record
namespace cap::bench::checkout {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::checkout
namespace cap::bench::assign {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::assign
namespace cap::bench::probe {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::probe
namespace cap::bench::book_travel {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::book_travel
namespace cap::bench::ship {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::ship
namespace cap::bench::onboard {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::onboard
namespace cap::bench::settle {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::settle
namespace cap::bench::stock {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::stock
namespace cap::bench::track {
uint64_t Admit(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls);
void Explain(const FrameHeader* frame, const CapabilityRecord* record, const CallOuts* calls,
             ClauseMasks* masks);
}  // namespace cap::bench::track

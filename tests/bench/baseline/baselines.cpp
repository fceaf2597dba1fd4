#include "tests/bench/baseline/baselines.h"

#include "tests/bench/baseline/layout/assign.h"
#include "tests/bench/baseline/layout/book_travel.h"
#include "tests/bench/baseline/layout/cancel_reservation.h"
#include "tests/bench/baseline/layout/checkout.h"
#include "tests/bench/baseline/layout/create_event.h"
#include "tests/bench/baseline/layout/create_instance.h"
#include "tests/bench/baseline/layout/deploy.h"
#include "tests/bench/baseline/layout/label_ticket.h"
#include "tests/bench/baseline/layout/onboard.h"
#include "tests/bench/baseline/layout/open_door.h"
#include "tests/bench/baseline/layout/pay_invoice.h"
#include "tests/bench/baseline/layout/probe.h"
#include "tests/bench/baseline/layout/push.h"
#include "tests/bench/baseline/layout/read_customer.h"
#include "tests/bench/baseline/layout/read_file.h"
#include "tests/bench/baseline/layout/read_record.h"
#include "tests/bench/baseline/layout/refund.h"
#include "tests/bench/baseline/layout/run_query.h"
#include "tests/bench/baseline/layout/send_email.h"
#include "tests/bench/baseline/layout/settle.h"
#include "tests/bench/baseline/layout/ship.h"
#include "tests/bench/baseline/layout/stock.h"
#include "tests/bench/baseline/layout/track.h"
#include "tests/bench/baseline/layout/trade.h"
#include "tests/bench/baseline/layout/transfer.h"
#include "tests/bench/baseline/layout/update_profile.h"
#include "tests/bench/baseline/layout/wire.h"

namespace cap::bench {

std::span<const Baseline> Baselines() {
  static constexpr Baseline kAll[] = {
      {&refund::kLayout, refund::Admit, refund::Explain},
      {&read_customer::kLayout, read_customer::Admit, read_customer::Explain},
      {&send_email::kLayout, send_email::Admit, send_email::Explain},
      {&transfer::kLayout, transfer::Admit, transfer::Explain},
      {&trade::kLayout, trade::Admit, trade::Explain},
      {&deploy::kLayout, deploy::Admit, deploy::Explain},
      {&label_ticket::kLayout, label_ticket::Admit, label_ticket::Explain},
      {&cancel_reservation::kLayout, cancel_reservation::Admit, cancel_reservation::Explain},
      {&read_file::kLayout, read_file::Admit, read_file::Explain},
      {&update_profile::kLayout, update_profile::Admit, update_profile::Explain},
      {&pay_invoice::kLayout, pay_invoice::Admit, pay_invoice::Explain},
      {&create_event::kLayout, create_event::Admit, create_event::Explain},
      {&run_query::kLayout, run_query::Admit, run_query::Explain},
      {&create_instance::kLayout, create_instance::Admit, create_instance::Explain},
      {&wire::kLayout, wire::Admit, wire::Explain},
      {&open_door::kLayout, open_door::Admit, open_door::Explain},
      {&push::kLayout, push::Admit, push::Explain},
      {&read_record::kLayout, read_record::Admit, read_record::Explain},
      {&checkout::kLayout, checkout::Admit, checkout::Explain},
      {&assign::kLayout, assign::Admit, assign::Explain},
      {&probe::kLayout, probe::Admit, probe::Explain},
      {&book_travel::kLayout, book_travel::Admit, book_travel::Explain},
      {&ship::kLayout, ship::Admit, ship::Explain},
      {&onboard::kLayout, onboard::Admit, onboard::Explain},
      {&settle::kLayout, settle::Admit, settle::Explain},
      {&track::kLayout, track::Admit, track::Explain},
      {&stock::kLayout, stock::Admit, stock::Explain},
  };
  return kAll;
}

}  // namespace cap::bench

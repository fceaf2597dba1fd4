// Where counters are kept that outlive a run of capc.
#pragma once

#include <memory>
#include <string>

#include "runtime/base/result.h"
#include "runtime/state/store.h"

namespace cap::cli {

/// `where`: a file (SQLite; made if it is not there), or a server: "redis://host:6379/0?tenant=t".
/// Errors: those of the stores, "usage".
Result<std::unique_ptr<state::Store>> OpenState(const std::string& where);

/// As OpenState(), but a file must be there.
Result<std::unique_ptr<state::Store>> OpenKnownState(const std::string& where);

}  // namespace cap::cli

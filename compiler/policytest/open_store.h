// Stores by what people call them: on a command line, in an option of a test run.
#pragma once

#include <memory>
#include <string>

#include "compiler/policytest/fresh_store.h"
#include "runtime/base/result.h"
#include "runtime/state/store.h"

namespace cap::policytest {

/// `where`: a file (SQLite; made if it is not there), or "redis://HOST:PORT/0?tenant=NAME",
/// over TLS "rediss://HOST?tenant=NAME&ca=FILE&cert=FILE&key=FILE&name=NAME". Errors:
/// those of the stores; "no-store": this program was built without it.
Result<std::unique_ptr<state::Store>> OpenStore(const std::string& where);

/// As OpenStore(), but a file must be there.
Result<std::unique_ptr<state::Store>> OpenKnownStore(const std::string& where);

/// "memory", "sqlite" (files of its own, in the folder for temporary ones), or "redis://…" (tenants
/// of its own, gone with the store); "leased:NAME": one of these in slices. Errors: "no-store".
Result<StoreUnderTest> StoreNamed(const std::string& name);

}  // namespace cap::policytest

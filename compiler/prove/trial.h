// A call decided for real: by the engine with the interpreter. Internal to compiler/prove.
#pragma once

#include "compiler/prove/prove.h"

namespace cap::prove {

/// Fills in what the side says of `shown.request` under `shown.grant`; approvals of the call by
/// `approvers` are added to the request.
void Try(const Side& side, const std::vector<std::string>& approvers, int64_t minted_us,
         int64_t now_us, Shown& shown);

/// Whether the child was kinder; fills `lost`.
bool Kinder(Witness& witness);

}  // namespace cap::prove

// Paths, addresses, networks and urls of generated modules, and what holds which: by hand and by
// inet_pton, so that nothing of the runtime's own readers is asked.
#pragma once

#include <string>
#include <vector>

#include "tests/diff/model.h"
#include "tests/diff/oracle.h"

namespace cap::diff {

/// Texts of kPath, kIp, kCidr or kUrl, each in its canonical form.
const std::vector<std::string>& PlaceTexts(Ty ty);

/// `inner` is `outer` or lies below it; of urls a fault where `outer` has a query or fragment.
Tri LiesUnder(Ty ty, const std::string& inner, const std::string& outer);

/// An address or a network in a network.
bool LiesWithin(const std::string& inner, const std::string& network);

/// "scheme", "host", "port" or "path" of a url.
Value PartOf(const std::string& url, const std::string& part);

}  // namespace cap::diff

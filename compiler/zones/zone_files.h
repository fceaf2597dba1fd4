// The time zones of the machine that compiles: the files of the IANA database, as every Debian has
// them. The only place that reads them; a bundle carries what it needs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace cap::zones {

/// The offsets of the zone with this name ("Europe/Berlin"). Errors: "zone-unknown" (the database
/// has none of the name), "zone-malformed" (its file says nothing that can be used), "zone-missing"
/// (the machine has no database).
Result<std::vector<uint32_t>> LoadZone(std::string_view name);

/// The names of all zones, sorted; for help. Empty without a database. Cost: reads the folder.
std::vector<std::string> ZoneNames();

/// The version of the database: "2025b"; empty where it does not say.
std::string DatabaseVersion();

/// Where the database is: $TZDIR, which the C library heeds too, or its usual place.
std::string DatabaseFolder();

}  // namespace cap::zones

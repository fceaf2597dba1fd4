// Bundles taken apart and put together, without a look at what is in them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/program/program.h"

namespace cap::fuzz {

/// What follows the header, if it begins like a bundle; else all of it.
std::string_view PayloadOf(std::string_view bytes);

/// A bundle with this payload and a header that fits.
std::string BundleOf(std::string_view payload);

/// The Program as it stands there, not verified.
std::optional<Program> DecodePayload(std::string_view payload);

}  // namespace cap::fuzz

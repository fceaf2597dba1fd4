// How the oracle writes down numbers, and reads a call's text.
#pragma once

#include <cstdint>
#include <string>

namespace cap::sequences {

inline constexpr uint16_t kUsd = 840;  // ISO 4217

/// "12", "120.00 USD".
std::string QuantityText(int64_t amount, uint16_t unit);
std::string LimitText(const std::string& name, const std::string& remains, int64_t retry_after_us);

}  // namespace cap::sequences

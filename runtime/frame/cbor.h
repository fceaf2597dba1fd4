// Writes the few items of CBOR that canonical arguments need, each in its shortest form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cap::cbor {

enum class Major : uint8_t { kUnsigned = 0, kNegative = 1, kBytes = 2, kText = 3, kArray = 4,
                             kMap = 5, kSimple = 7 };

void AppendHead(Major major, uint64_t argument, std::string& out);
void AppendInt(int64_t value, std::string& out);
void AppendText(std::string_view text, std::string& out);
void AppendBytes(std::string_view bytes, std::string& out);
void AppendBool(bool value, std::string& out);
void AppendNull(std::string& out);

/// A map of entries (encoded key, encoded value), which it sorts by key. Keys are distinct.
void AppendMap(std::vector<std::pair<std::string, std::string>> entries, std::string& out);

}  // namespace cap::cbor

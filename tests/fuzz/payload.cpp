#include "tests/fuzz/payload.h"

#include "runtime/program/bundle.h"
#include "runtime/program/codec.h"
#include "runtime/program/codec_fields.h"

namespace cap::fuzz {
namespace {

constexpr size_t kLengthAt = 12;
constexpr size_t kHeaderBytes = 52;

}  // namespace

std::string_view PayloadOf(std::string_view bytes) {
  return IsBundle(bytes) && bytes.size() >= kHeaderBytes ? bytes.substr(kHeaderBytes) : bytes;
}

std::string BundleOf(std::string_view payload) {
  static const std::string header = WriteBundle(Program{}).substr(0, kHeaderBytes);
  std::string bytes = header;
  for (size_t i = 0; i < 8; ++i) {
    bytes[kLengthAt + i] = static_cast<char>(uint64_t{payload.size()} >> (8 * i));
  }
  bytes += payload;
  RepairChecksum(bytes);
  return bytes;
}

std::optional<Program> DecodePayload(std::string_view payload) {
  Program program;
  codec::Reader reader(payload);
  bool good = true;
  codec::ForEachTable(program, [&](auto& table) {
    reader.GetNumber();
    codec::Reader section(reader.GetBytes());
    if (good) section(table);
    good = good && reader.ok() && section.ok();
  });
  if (!good) return std::nullopt;
  return program;
}

}  // namespace cap::fuzz

#include "runtime/program/bundle.h"

#include <fmt/format.h>
#include <sodium.h>

#include <array>
#include <cstring>
#include <utility>
#include <variant>

#include "runtime/base/limits.h"
#include "runtime/program/codec.h"
#include "runtime/program/codec_fields.h"
#include "runtime/program/verify.h"

namespace cap {
namespace codec {

void Writer::Put(const Value& value) {
  PutNumber(value.v.index());
  std::visit(
      [this](const auto& item) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(item)>, std::monostate>) (*this)(item);
      },
      value.v);
}

uint8_t Reader::GetByte() {
  if (!ok_ || at_end()) {
    ok_ = false;
    return 0;
  }
  return static_cast<uint8_t>(bytes_[at_++]);
}

uint64_t Reader::GetNumber() {
  uint64_t number = 0;
  for (uint32_t shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = GetByte();
    number |= uint64_t{byte & 0x7Fu} << shift;
    if ((byte & 0x80) != 0) continue;
    // One encoding a number: no empty last group, no bits past the 64th.
    if ((byte == 0 && shift > 0) || (shift == 63 && byte > 1)) ok_ = false;
    return ok_ ? number : 0;
  }
  ok_ = false;
  return 0;
}

uint64_t Reader::GetCount() {
  const uint64_t count = GetNumber();
  if (count > bytes_.size() - at_) ok_ = false;
  return ok_ ? count : 0;
}

std::string_view Reader::GetBytes() {
  const uint64_t length = GetCount();
  const std::string_view taken = bytes_.substr(at_, length);
  at_ += taken.size();
  return taken;
}

namespace {

// Tries the alternatives of Value::v in order: none can be forgotten here.
template <size_t... Indices>
bool GetAlternative(Reader& reader, Value& value, uint64_t index, std::index_sequence<Indices...>) {
  const auto get = [&]<size_t kIndex>() {
    auto& item = value.v.emplace<kIndex>();
    if constexpr (kIndex > 0) reader(item);
    return true;
  };
  return ((index == Indices && get.template operator()<Indices>()) || ...);
}

}  // namespace

void Reader::Get(Value& value) {
  if (depth_ > limits::kValueDepth) ok_ = false;
  ++depth_;
  const uint64_t index = GetNumber();
  const auto all = std::make_index_sequence<std::variant_size_v<decltype(value.v)>>();
  if (!GetAlternative(*this, value, index, all)) ok_ = false;
  --depth_;
}

}  // namespace codec

namespace {

constexpr std::string_view kMagic = "\x89" "CAPB\r\n\x1a";  // notices what a text transfer breaks
constexpr size_t kVersionAt = 8;
constexpr size_t kLengthAt = 12;
constexpr size_t kChecksumAt = 20;
constexpr size_t kPayloadAt = kChecksumAt + crypto_hash_sha256_BYTES;
static_assert(kMagic.size() == kVersionAt);

using Checksum = std::array<char, crypto_hash_sha256_BYTES>;

Checksum ChecksumOf(std::string_view payload) {
  Checksum checksum;
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(checksum.data()),
                     reinterpret_cast<const unsigned char*>(payload.data()), payload.size());
  return checksum;
}

template <typename T>
void AppendFixed(std::string& out, T number) {
  for (size_t i = 0; i < sizeof(T); ++i) out += static_cast<char>(number >> (8 * i));
}

template <typename T>
T ReadFixed(std::string_view bytes, size_t at) {
  T number = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    number |= static_cast<T>(static_cast<uint8_t>(bytes[at + i])) << (8 * i);
  }
  return number;
}

std::string EncodePayload(const Program& program) {
  codec::Writer payload;
  uint32_t tag = 0;
  codec::ForEachTable(program, [&](const auto& table) {
    codec::Writer section;
    section(table);
    payload(++tag, section.bytes());
  });
  return payload.bytes();
}

Result<Program> DecodePayload(std::string_view payload) {
  Program program;
  codec::Reader reader(payload);
  uint32_t tag = 0;
  uint32_t broken = 0;  // tag of the first section that is wrong
  codec::ForEachTable(program, [&](auto& table) {
    ++tag;
    if (broken != 0) return;
    if (reader.GetNumber() != tag) broken = tag;
    codec::Reader section(reader.GetBytes());
    if (broken == 0 && reader.ok()) section(table);
    if (!reader.ok() || !section.ok() || !section.at_end()) broken = tag;
  });
  if (broken != 0 || !reader.at_end()) {
    return Fail("bundle-malformed",
                fmt::format("section {} of the bundle cannot be read; compile it again",
                            broken != 0 ? broken : tag + 1));
  }
  return program;
}

/// The payload of a bundle that is whole and unharmed.
Result<std::string_view> PayloadOf(std::string_view bytes) {
  if (bytes.size() > limits::kBundleBytes) {
    return Fail("bundle-oversize",
                fmt::format("a bundle has at most {} bytes", limits::kBundleBytes));
  }
  const std::string_view magic = bytes.substr(0, kMagic.size());
  if (magic != kMagic.substr(0, magic.size())) {
    return Fail("bundle-magic", "this is no bundle; `capc compile --emit bundle` makes one");
  }
  if (bytes.size() < kPayloadAt) {
    return Fail("bundle-truncated", "the bundle ends inside its header; copy it again");
  }
  const auto version = ReadFixed<uint32_t>(bytes, kVersionAt);
  const auto readable =
      CheckBundleVersion(kBundleVersion, {.major = static_cast<uint16_t>(version >> 16),
                                          .minor = static_cast<uint16_t>(version)});
  if (!readable) return std::unexpected(readable.error());
  const std::string_view payload = bytes.substr(kPayloadAt);
  const auto length = ReadFixed<uint64_t>(bytes, kLengthAt);
  if (length > payload.size()) {
    return Fail("bundle-truncated", fmt::format("the bundle ends {} bytes early; copy it again",
                                                length - payload.size()));
  }
  if (length < payload.size()) {
    return Fail("bundle-malformed", "bytes follow the end of the bundle");
  }
  const Checksum checksum = ChecksumOf(payload);
  if (std::memcmp(checksum.data(), bytes.data() + kChecksumAt, checksum.size()) != 0) {
    return Fail("bundle-checksum", "the bundle was damaged; copy it again");
  }
  return payload;
}

}  // namespace

std::string WriteBundle(const Program& program) {
  const std::string payload = EncodePayload(program);
  std::string bytes(kMagic);
  AppendFixed(bytes, uint32_t{kBundleVersion.major} << 16 | kBundleVersion.minor);
  AppendFixed(bytes, uint64_t{payload.size()});
  const Checksum checksum = ChecksumOf(payload);
  bytes.append(checksum.data(), checksum.size());
  return bytes + payload;
}

// The first bundles had the version 1 without a minor one, and read as 0.1: compile again.
Result<void> CheckBundleVersion(BundleVersion reader, BundleVersion bundle) {
  if (bundle.major == reader.major && bundle.minor <= reader.minor) return {};
  const bool newer = bundle.major > reader.major ||
                     (bundle.major == reader.major && bundle.minor > reader.minor);
  return Fail("bundle-version",
              fmt::format("the bundle has version {}.{}, this runtime reads {}.0 to {}.{}; {}",
                          bundle.major, bundle.minor, reader.major, reader.major, reader.minor,
                          newer ? "update the runtime, or compile the policy with its own compiler"
                                : "compile the policy again"));
}

bool IsBundle(std::string_view bytes) { return bytes.starts_with(kMagic); }

Result<std::shared_ptr<const Program>> ReadBundle(std::string_view bytes) {
  const Result<std::string_view> payload = PayloadOf(bytes);
  if (!payload) return std::unexpected(payload.error());
  Result<Program> program = DecodePayload(*payload);
  if (!program) return std::unexpected(std::move(program.error()));
  if (const Result<void> verified = Verify(*program); !verified) {
    return Fail("bundle-verify", verified.error().message);
  }
  return std::make_shared<const Program>(std::move(*program));
}

void RepairChecksum(std::string& bytes) {
  if (bytes.size() < kPayloadAt) return;
  const Checksum checksum = ChecksumOf(std::string_view(bytes).substr(kPayloadAt));
  std::memcpy(bytes.data() + kChecksumAt, checksum.data(), checksum.size());
}

}  // namespace cap

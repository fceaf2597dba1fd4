#include "compiler/policytest/operation_name.h"

#include <sodium.h>

#include <array>
#include <cstring>

namespace cap::policytest {

state::OperationId OperationNamed(std::string_view name) {
  std::array<unsigned char, 16> hash = {};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(name.data()),
                     name.size(), nullptr, 0);
  state::OperationId id;
  static_assert(sizeof(id.high) + sizeof(id.low) == hash.size());
  std::memcpy(&id.high, hash.data(), sizeof(id.high));
  std::memcpy(&id.low, hash.data() + sizeof(id.high), sizeof(id.low));
  return id;
}

}  // namespace cap::policytest

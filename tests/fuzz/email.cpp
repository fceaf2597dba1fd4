// Any text through the reader of addresses: what it accepts has one canonical form, which can be
// seen, and a header that points at the domain.
#include "runtime/value/email.h"

#include <string>

#include "runtime/base/limits.h"
#include "runtime/value/arena.h"
#include "tests/fuzz/target.h"

namespace cap::fuzz {

CAPC_FUZZ_TARGET(email) {
  const auto email = ParseEmail(input);
  if (!email) return;
  Require(email->size() <= limits::kEmailBytes, "a long address", input);
  Require(ParseEmail(*email).value_or("") == *email, "an address has two canonical forms", input);
  for (const char c : *email) Require(c > ' ' && c < 0x7F, "an address that cannot be seen", input);
  const size_t at = email->find('@');
  Require(at != std::string::npos && email->find('@', at + 1) == std::string::npos,
          "an address with another @", input);
  Arena arena;
  const Slot slot = arena.CopyEmail(*email);
  Require(StringOf(EmailDomainOf(slot)) == email->substr(at + 1), "another domain", input);
}

}  // namespace cap::fuzz

// Any text through the reader of addresses: what it accepts has one canonical form, which can be
// seen, is the same however the domain is written, and has a header that points at the domain.
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
  Require(email->substr(0, at) == input.substr(0, at), "another mailbox", input);
  std::string capitals(*email);
  for (size_t i = at; i < capitals.size(); ++i) {
    const char c = capitals[i];
    if (c >= 'a' && c <= 'z') capitals[i] = static_cast<char>(c - 'a' + 'A');
  }
  Require(ParseEmail(capitals).value_or("") == *email, "a domain's capitals are told apart", input);
  Arena arena;
  const Slot slot = arena.CopyEmail(*email);
  Require(StringOf(EmailDomainOf(slot)) == email->substr(at + 1), "another domain", input);
}

}  // namespace cap::fuzz

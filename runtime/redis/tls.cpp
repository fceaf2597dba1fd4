#include "runtime/redis/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

namespace cap::redis {
namespace {

std::unexpected<Error> Bad(const std::string& what, const std::string& file) {
  ERR_clear_error();
  return Fail("redis-tls", what + ": " + file);
}

bool IsAddress(const std::string& host) {
  in6_addr any;
  return inet_pton(AF_INET, host.c_str(), &any) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::Make(const RedisTls& options) {
  const std::shared_ptr<TlsContext> made(new TlsContext);
  made->server_name_ = options.server_name;
  made->context_ = SSL_CTX_new(TLS_client_method());
  SSL_CTX* context = made->context_;
  if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
    return Bad("TLS cannot be used", "memory ran out");
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  const std::string& ca = options.ca_file;
  if (ca.empty() && SSL_CTX_set_default_verify_paths(context) != 1) {
    return Bad("the system's certificates cannot be read", "set a file of them");
  }
  if (!ca.empty() && SSL_CTX_load_verify_file(context, ca.c_str()) != 1) {
    return Bad("the file of authorities holds no certificates that can be read", ca);
  }
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return Bad("a client's certificate needs its key, and the key its certificate",
               options.certificate_file + options.key_file);
  }
  if (options.certificate_file.empty()) return made;
  const std::string &certificate = options.certificate_file, &key = options.key_file;
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    return Bad("the client's certificate cannot be read", certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return Bad("the client's key cannot be read, or is not that of its certificate", key);
  }
  return made;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

std::unique_ptr<Tls> Tls::Begin(const TlsContext& context, const std::string& host) {
  std::unique_ptr<Tls> made(new Tls);
  made->session_ = SSL_new(context.context_);
  BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
  if (made->session_ == nullptr || in == nullptr || out == nullptr) {
    BIO_free(in);
    BIO_free(out);
    return nullptr;
  }
  SSL_set_bio(made->session_, in, out);
  const std::string& name = context.server_name_.empty() ? host : context.server_name_;
  X509_VERIFY_PARAM* checked = SSL_get0_param(made->session_);
  X509_VERIFY_PARAM_set_hostflags(checked, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool set = IsAddress(name)
                       ? X509_VERIFY_PARAM_set1_ip_asc(checked, name.c_str()) == 1
                       : SSL_set1_host(made->session_, name.c_str()) == 1 &&
                             SSL_set_tlsext_host_name(made->session_, name.c_str()) == 1;
  if (name.empty() || !set) return nullptr;
  SSL_set_connect_state(made->session_);
  return made;
}

Tls::~Tls() { SSL_free(session_); }

Tls::Step Tls::Greet(std::string& why) {
  ERR_clear_error();
  const int result = SSL_do_handshake(session_);
  if (result == 1) return Step::kDone;
  if (SSL_get_error(session_, result) == SSL_ERROR_WANT_READ) return Step::kMore;
  const unsigned long error = ERR_peek_last_error();
  const long verdict = SSL_get_verify_result(session_);
  if (verdict != X509_V_OK) {
    why = std::string("the Redis server's certificate is refused: ") +
          X509_verify_cert_error_string(verdict);
  } else if (ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER) {
    why = "the Redis server does not speak TLS at this port";
  } else {
    const char* reason = ERR_reason_error_string(error);
    why = std::string("the Redis server refuses TLS: ") +
          (reason == nullptr ? "it hung up" : reason);
  }
  ERR_clear_error();
  return Step::kFailed;
}

bool Tls::Encrypt(std::string_view plain) {
  ERR_clear_error();
  size_t written = 0;
  return plain.empty() ||
         (SSL_write_ex(session_, plain.data(), plain.size(), &written) == 1 &&
          written == plain.size());
}

bool Tls::Take(std::string_view bytes) {
  size_t written = 0;
  return BIO_write_ex(SSL_get_rbio(session_), bytes.data(), bytes.size(), &written) == 1 &&
         written == bytes.size();
}

std::optional<std::string> Tls::Decrypt() {
  ERR_clear_error();
  std::string plain;
  std::array<char, 4096> buffer;
  for (;;) {
    size_t read = 0;
    const int result = SSL_read_ex(session_, buffer.data(), buffer.size(), &read);
    if (result != 1) {
      const bool waits = SSL_get_error(session_, result) == SSL_ERROR_WANT_READ;
      // What came before the end is an answer still.
      if (!waits && plain.empty()) return std::nullopt;
      return plain;
    }
    plain.append(buffer.data(), read);
  }
}

std::string Tls::ToSend() {
  BIO* out = SSL_get_wbio(session_);
  std::string bytes(BIO_ctrl_pending(out), '\0');
  size_t read = 0;
  if (bytes.empty() || BIO_read_ex(out, bytes.data(), bytes.size(), &read) != 1) return {};
  bytes.resize(read);
  return bytes;
}

}  // namespace cap::redis

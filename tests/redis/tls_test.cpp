// TLS to a real server: who is trusted is served, and everybody else is refused with a reason.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "runtime/redis/redis_store.h"
#include "tests/redis/server.h"

namespace cap::redis::test {
namespace {

using namespace cap::state;
namespace fs = std::filesystem;

/// Authorities and what they sign, made by openssl in a folder that is gone afterwards.
class Certificates {
 public:
  Certificates() {
    std::string pattern = (fs::temp_directory_path() / "capc-tls-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    for (const char* name : {"ours", "other"}) Authority(name);
    Signed("server", "ours", "DNS:localhost,IP:127.0.0.1", 30);
    Signed("elsewhere", "ours", "DNS:elsewhere.example", 30);
    Signed("expired", "ours", "DNS:localhost,IP:127.0.0.1", -1);
    Signed("client", "ours", "DNS:client", 30);
    Signed("stranger", "other", "DNS:client", 30);
  }
  ~Certificates() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  std::string Pem(const std::string& name) const { return folder_ + "/" + name + ".pem"; }
  std::string Key(const std::string& name) const { return folder_ + "/" + name + ".key"; }

 private:
  void Run(const std::string& arguments) const {
    const std::string command =
        "cd " + folder_ + " && openssl " + arguments + " >>log 2>&1";
    REQUIRE_MESSAGE(std::system(command.c_str()) == 0, command);
  }
  void Authority(const std::string& name) const {
    Run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=" + name +
        " -keyout " + name + ".key -out " + name + ".pem");
  }
  void Signed(const std::string& name, const std::string& by, const std::string& names,
              int days) const {
    std::ofstream(folder_ + "/names") << "subjectAltName=" << names << "\n";
    Run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name + " -keyout " +
        name + ".key -out request");
    Run("x509 -req -in request -CA " + by + ".pem -CAkey " + by + ".key -CAcreateserial -days " +
        std::to_string(days) + " -extfile names -out " + name + ".pem");
  }

  std::string folder_;
};

const Certificates& Made() {
  static const Certificates made;
  return made;
}

/// A server that speaks TLS at a port of its own.
class TlsServer {
 public:
  explicit TlsServer(const std::string& certificate, bool asks = false)
      : port_(std::to_string(Server::FreePort())),
        server_({.more = {"--tls-port", port_, "--tls-cert-file", Made().Pem(certificate),
                          "--tls-key-file", Made().Key(certificate), "--tls-ca-cert-file",
                          Made().Pem("ours"), "--tls-auth-clients", asks ? "yes" : "no"}}) {}
  std::string url(const std::string& host = "localhost") const {
    return "rediss://" + host + ":" + port_;
  }

 private:
  const std::string port_;
  const Server server_;
};

RedisOptions With(RedisTls tls) {
  RedisOptions options;
  options.timeout_us = 2'000'000;
  options.tls = std::move(tls);
  return options;
}

RedisTls Trusting(const std::string& authority) { return {.ca_file = Made().Pem(authority)}; }

/// Empty: it was let in, and counts.
std::string Refusal(const std::string& url, const RedisTls& tls) {
  auto store = NewRedisStore(url, With(tls));
  if (!store) return store.error().code + ": " + store.error().message;
  const Charge charge{.id = {1, 1}, .kind = CounterKind::kTotal, .limit = 1'000};
  static uint64_t operation = 0;
  const auto status = (*store)
                          ->Reserve({.now_us = 5,
                                     .operation = {1, ++operation},
                                     .charges = {&charge, 1},
                                     .free = {},
                                     .stamps = {},
                                     .names = {}},
                                    {})
                          .status;
  return status == ReserveStatus::kReserved ? "" : "not reserved";
}

bool Says(const std::string& refusal, const std::string& what) {
  const bool says = refusal.find(what) != std::string::npos;
  if (!says) MESSAGE(refusal);
  return says;
}

}  // namespace

TEST_CASE("TLS: by its name, by its address, and by the name that is expected") {
  const TlsServer server("server");
  CHECK(Refusal(server.url(), Trusting("ours")) == "");
  CHECK(Refusal(server.url("127.0.0.1"), Trusting("ours")) == "");
  const TlsServer elsewhere("elsewhere");
  RedisTls named = Trusting("ours");
  named.server_name = "elsewhere.example";
  CHECK(Refusal(elsewhere.url(), named) == "");
}

TEST_CASE("TLS: who cannot be trusted is refused, with a reason") {
  const TlsServer server("server");
  CHECK(Says(Refusal(server.url(), Trusting("other")), "certificate is refused: self-signed"));
  // Of the system's authorities none has signed it.
  CHECK(Says(Refusal(server.url(), {}), "certificate is refused"));
  const TlsServer elsewhere("elsewhere");
  CHECK(Says(Refusal(elsewhere.url(), Trusting("ours")), "hostname mismatch"));
  CHECK(Says(Refusal(elsewhere.url("127.0.0.1"), Trusting("ours")), "IP address mismatch"));
  const TlsServer expired("expired");
  CHECK(Says(Refusal(expired.url(), Trusting("ours")), "certificate has expired"));
}

TEST_CASE("TLS: a server that speaks none") {
  const Server plain({.port = true});
  const std::string url = "localhost:" + std::to_string(plain.port());
  CHECK(Says(Refusal("rediss://" + url, Trusting("ours")), "TLS"));
  CHECK(Refusal("redis://" + url, {}) == "");
}

TEST_CASE("TLS: a server that asks who the client is") {
  const TlsServer server("server", true);
  RedisTls tls = Trusting("ours");
  CHECK(Refusal(server.url(), tls) != "");
  tls.certificate_file = Made().Pem("client");
  tls.key_file = Made().Key("client");
  CHECK(Refusal(server.url(), tls) == "");
  tls.certificate_file = Made().Pem("stranger");
  tls.key_file = Made().Key("stranger");
  CHECK(Refusal(server.url(), tls) != "");
}

TEST_CASE("TLS: files that cannot be used are refused before anything is asked") {
  const std::string url = "rediss://localhost:1";
  CHECK(Says(Refusal(url, {.ca_file = "/no/such/file"}), "redis-tls: the file of authorities"));
  RedisTls tls = Trusting("ours");
  tls.certificate_file = Made().Pem("client");
  CHECK(Says(Refusal(url, tls), "needs its key"));
  tls.key_file = Made().Key("stranger");
  CHECK(Says(Refusal(url, tls), "is not that of its certificate"));
  tls.key_file = Made().Key("client");
  tls.certificate_file = Made().Key("client");
  CHECK(Says(Refusal(url, tls), "the client's certificate cannot be read"));
}

TEST_CASE("TLS: answers and questions of many records, by many threads") {
  const TlsServer server("server");
  auto store = NewRedisStore(server.url(), With(Trusting("ours")));
  REQUIRE(store);
  const std::string key(3'000, 'k');
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (uint64_t t = 1; t <= 4; ++t) {
      threads.emplace_back([&, t] {
        std::vector<Charge> charges;
        std::vector<CounterName> names;
        for (uint64_t i = 0; i < 64; ++i) {
          charges.push_back({.id = {t, i}, .kind = CounterKind::kTotal, .limit = 1'000});
          names.push_back({"policy", "limit", "term", key});
        }
        for (uint64_t i = 1; i <= 20; ++i) {
          const ReserveRequest request{.now_us = 5,
                                       .operation = {t, i},
                                       .charges = charges,
                                       .free = {},
                                       .stamps = {},
                                       .names = names};
          wrong += (*store)->Reserve(request, {}).status != ReserveStatus::kReserved;
        }
      });
    }
  }
  CHECK(wrong.load() == 0);
  const auto counters = (*store)->Counters();
  REQUIRE_MESSAGE(counters.has_value(), (counters ? "" : counters.error().message));
  CHECK(counters->size() == 256);
  for (const CounterView& counter : *counters) CHECK(counter.used == 20);
}

}  // namespace cap::redis::test

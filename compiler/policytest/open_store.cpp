#include "compiler/policytest/open_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <utility>

#include "runtime/state/lease.h"

#ifdef CAPC_HAS_SQLITE
#include "runtime/sqlite/sqlite_store.h"
#endif
#ifdef CAPC_HAS_REDIS
#include "runtime/redis/redis_store.h"
#endif

namespace cap::policytest {

namespace {

namespace fs = std::filesystem;
using StoreResult = Result<std::unique_ptr<state::Store>>;

bool IsServer(const std::string& where) {
  return where.starts_with("redis://") || where.starts_with("rediss://") ||
         where.starts_with("unix://");
}

#ifdef CAPC_HAS_SQLITE

StoreResult OpenFile(const std::string& path) {
  if (path == ":memory:") {
    return Fail("no-store",
                "`:memory:` is no file; without `--state` counters live in the process");
  }
  return state::OpenSqliteStore(path);
}

/// A folder that is gone when nobody has it any more.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string path = (fs::temp_directory_path() / "capc-XXXXXX").string();
    if (mkdtemp(path.data()) != nullptr) path_ = path;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Result<StoreUnderTest> FilesUnderTest() {
  const auto folder = std::make_shared<TemporaryFolder>();
  if (folder->path().empty()) return Fail("no-store", "no temporary folder can be made");
  const auto nth = std::make_shared<std::atomic<uint64_t>>(0);
  const auto open = [folder, nth]() -> StoreResult {
    const uint64_t n = ++*nth;
    // What the store before the last left is not needed any more; the last may still be open.
    for (const fs::directory_entry& entry : fs::directory_iterator(folder->path())) {
      const bool old = entry.path().filename().string().starts_with(fmt::format("{}.", n - 2));
      std::error_code ignored;
      if (old) fs::remove(entry.path(), ignored);
    }
    return OpenFile(fmt::format("{}/{}.db", folder->path(), n));
  };
  return StoreUnderTest{"sqlite", true, open};
}

#else

StoreResult OpenFile(const std::string& path) {
  return Fail("no-store", fmt::format("this program was built without SQLite, for `{}`", path));
}

Result<StoreUnderTest> FilesUnderTest() {
  return Fail("no-store", "this program was built without SQLite");
}

#endif

#ifdef CAPC_HAS_REDIS

/// Takes `&name=value…` off the end of a url. False: there is a name that is none.
bool ReadQuery(std::string_view query, redis::RedisOptions& options) {
  const std::pair<std::string_view, std::string*> known[] = {
      {"tenant=", &options.tenant},
      {"ca=", &options.tls.ca_file},
      {"cert=", &options.tls.certificate_file},
      {"key=", &options.tls.key_file},
      {"name=", &options.tls.server_name}};
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    const auto found = std::ranges::find_if(
        known, [&](const auto& name) { return part.starts_with(name.first); });
    if (found == std::end(known)) return false;
    *found->second = part.substr(found->first.size());
  }
  return true;
}

/// `tenant`: of a test, gone with the store; empty: the one that `where` names.
StoreResult OpenServer(const std::string& where, std::string tenant) {
  redis::RedisOptions options;
  // A socket's url has its database behind a question mark.
  const bool has_names = where.find('=') != std::string::npos;
  const size_t query = has_names ? where.find('?') : std::string::npos;
  const std::string_view names =
      query == std::string::npos ? "" : std::string_view(where).substr(query + 1);
  if (!ReadQuery(names, options)) {
    return Fail("redis-url",
                "behind the `?` of a server stand tenant, ca, cert, key and name, as in "
                "?tenant=acme&ca=/etc/ssl/redis.pem");
  }
  options.passing = !tenant.empty();
  if (!tenant.empty()) options.tenant = std::move(tenant);
  // What is promised is for whoever keeps the server to say: a tool takes it as it is.
  options.promise = redis::Promise::kAsConfigured;
  Result<std::unique_ptr<redis::RedisStore>> store =
      redis::NewRedisStore(where.substr(0, query), options);
  if (!store.has_value()) return std::unexpected(store.error());
  return std::unique_ptr<state::Store>(std::move(*store));
}

Result<StoreUnderTest> ServerUnderTest(const std::string& where) {
  const auto nth = std::make_shared<std::atomic<uint64_t>>(0);
  const auto open = [where, nth]() -> StoreResult {
    return OpenServer(where, fmt::format("test-{}-{}", getpid(), ++*nth));
  };
  return StoreUnderTest{"redis", true, open};
}

#else

StoreResult OpenServer(const std::string& where, const std::string&) {
  return Fail("no-store", fmt::format("this program was built without Redis, for `{}`", where));
}

Result<StoreUnderTest> ServerUnderTest(const std::string& where) {
  return Fail("no-store", fmt::format("this program was built without Redis, for `{}`", where));
}

#endif

/// `authority` in slices, in this one process.
StoreUnderTest LeasedUnderTest(const StoreUnderTest& authority) {
  const auto open = [authority]() -> StoreResult {
    StoreResult store = authority.open();
    if (!store.has_value()) return store;
    std::unique_ptr<state::LeasedStore> leased =
        state::NewLeasedStore(std::shared_ptr<state::Store>(std::move(*store)));
    if (leased == nullptr) return Fail("no-store", "the system gives no random bytes");
    return std::unique_ptr<state::Store>(std::move(leased));
  };
  return {"leased " + authority.name, false, open};
}

}  // namespace

StoreResult OpenStore(const std::string& where) {
  return IsServer(where) ? OpenServer(where, "") : OpenFile(where);
}

StoreResult OpenKnownStore(const std::string& where) {
  std::error_code error;
  if (!IsServer(where) && !fs::exists(where, error)) {
    return Fail("no-store", fmt::format("there is no file `{}`", where));
  }
  return OpenStore(where);
}

Result<StoreUnderTest> StoreNamed(const std::string& name) {
  if (name == "memory") return MemoryUnderTest();
  if (name == "sqlite") return FilesUnderTest();
  if (IsServer(name)) return ServerUnderTest(name);
  constexpr std::string_view kLeased = "leased:";
  if (name.starts_with(kLeased)) {
    const Result<StoreUnderTest> authority = StoreNamed(name.substr(kLeased.size()));
    if (!authority.has_value()) return authority;
    return LeasedUnderTest(*authority);
  }
  return Fail("no-store", fmt::format("no store is called `{}`: there are memory, sqlite, "
                                      "redis://HOST, and each of them as leased:NAME",
                                      name));
}

}  // namespace cap::policytest

// Opens a store on a Redis server that is not there, with leases before it if it were.
#include <cstdio>

#include "runtime/redis/redis_store.h"
#include "runtime/state/lease.h"

int main() {
  auto store = cap::redis::NewRedisStore("unix:///nowhere/at/all", {.tenant = "acme"});
  if (store) {
    std::shared_ptr<cap::state::Store> shared = std::move(*store);
    return cap::state::NewLeasedStore(shared) == nullptr ? 1 : 2;
  }
  std::puts(store.error().code.c_str());
  return store.error().code == "store-unavailable" ? 0 : 1;
}

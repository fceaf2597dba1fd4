// One population of grants, twice: in the engine and in the hand-written tables, with the same
// requests. Ten records a grant: five tools, two capabilities each.
#pragma once

#include <memory>
#include <vector>

#include "cap/engine.h"
#include "tests/bench/baseline/decide.h"
#include "tests/bench/meter.h"

namespace cap::bench {

enum class Keys : uint8_t { kUniform, kZipf, kAllMiss };
const char* NameOf(Keys keys);

struct WorldOptions {
  size_t records = 10;
  Keys keys = Keys::kUniform;
  size_t requests = 8192;
  uint32_t tools = 5;    // that requests are for
  double bad_share = 0.3;
  bool permit_only = false;
  bool linear = false;   // also the control: every record is looked at
};

class World {
 public:
  explicit World(const WorldOptions& options);
  ~World();

  /// Dies unless engine (native and interpreter) and hand-written code say the same to everything.
  void CheckAgreement();

  Side Native();
  Side Interpreter();
  Side Hand();
  Side Linear();
  /// The same for one more thread, with a Reader of its own.
  Side AnotherNative();
  Side AnotherHand();
  size_t requests() const;

  /// The native engine, to change what it holds; the `i`-th request's decision by `reader`.
  Engine& engine();
  GrantSpec SpecOf(size_t grant) const;
  /// Puts the same Program in force again, as if it were another.
  void Swap();
  uint64_t DecideBy(Reader& reader, size_t i);
  /// Shares of the requests in percent: permit, step-up, refused, forbidden, not covered.
  std::vector<uint32_t> Mix();
  EngineStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cap::bench

#include "tests/sequences/policies.h"

#include <fmt/core.h>

namespace cap::sequences {
namespace {

constexpr const char* kHead = R"(module random
import std.approval
import std.quota
approver boss
enum Kind { "a", "b" }
record Order { total: money in "USD", units: int }

constraint guarded(most: int, per: key = subject) {
  consume 1 of quota(most, every: "day") per per
}

action pay { order: string max 16, amount: money in "USD", units: int, kind: Kind
  fact info: Order for order by shop within 1h }
action note { order: string max 16, units: int, kind: Kind }
action close { order: string max 16 }

)";

class Writer {
 public:
  explicit Writer(Random& random) : random_(random) {}

  std::string Run() {
    std::string text = kHead;
    text += "policy p {\n";
    if (Chance(25)) text += Breaker();
    const size_t pays = 1 + random_() % 3;
    for (size_t i = 0; i < pays; ++i) text += Capability(fmt::format("pay{}", i), "pay");
    const size_t notes = 1 + random_() % 2;
    for (size_t i = 0; i < notes; ++i) text += Capability(fmt::format("note{}", i), "note");
    text += "  capability close\n";
    if (Chance(40)) text += Shared("  ", "both", {"pay", "note"}, false);
    if (Chance(20)) text += Shared("  ", "paid", {"pay"}, false);
    text += "}\n";
    if (Chance(20)) text += Shared("", "everywhere", {Chance(50) ? "pay" : "note"}, true);
    return text;
  }

 private:
  bool Chance(uint64_t percent) { return sequences::Chance(random_, percent); }
  std::string Any(const std::vector<std::string>& from) { return Pick(random_, from); }

  std::string Breaker() {
    return fmt::format(
        "  circuit_breaker {{ maxViolations({}) window({}) suspendDuration({}) }}\n",
        1 + random_() % 4, Any({"10s", "1m", "1h"}), Any({"30s", "10m", "1d"}));
  }

  std::string Key(bool always) {
    if (!always && Chance(45)) return "";
    return " per " + Any({"order", "kind", "[order, kind]", "[kind, units]", "[order]"});
  }

  std::string Options() {
    std::string text;
    if (Chance(8)) text += R"(, reset: "2026-11")";
    if (Chance(8)) text += R"(, on_store_error: "permit")";
    return text;
  }

  std::string Every() {
    const std::string period = Any({"hour", "day", "day", "week", "month", "total"});
    std::string text = fmt::format("every: \"{}\"", period);
    if (period == "total") return text + ", retain: " + Any({"1d", "400d"});
    if (period != "hour" && Chance(60)) {
      text += ", zone: \"" + Any({"Europe/Berlin", "America/New_York", "Asia/Kathmandu"}) + "\"";
    }
    return text;
  }

  std::string Quota(const std::string& action) {
    if (action == "pay" && Chance(50)) {
      const std::string limit = Any({"50.00 USD", "100.00 USD", "250.50 USD", "info.total"});
      const std::string amount = Chance(80) ? "amount" : "10.00 USD";
      return fmt::format("consume {} of quota({}, {}{})", amount, limit, Every(), Options());
    }
    std::vector<std::string> limits = {"1", "2", "3", "7"};
    if (action == "pay") limits.push_back("info.units");
    return fmt::format("consume {} of quota({}, {}{})", Count(), Any(limits), Every(), Options());
  }

  std::string Count() { return Any({"1", "1", "units", "2"}); }

  std::string Statement(const std::string& action, bool keyed) {
    const auto form = random_() % 10;
    if (form < 4) return Quota(action) + Key(keyed);
    if (form == 4) {
      return fmt::format("consume {} of rate({}/{}, burst: {}{}){}", Count(),
                         Any({"1", "2", "60"}), Any({"second", "minute", "hour", "day"}),
                         1 + random_() % 4, Options(), Key(keyed));
    }
    if (form == 5) {
      return fmt::format("consume {} of {}/{}{}", Any({"1", "units"}), Any({"1", "3", "5"}),
                         Any({"minute", "hour"}), Key(keyed));
    }
    if (form == 6) {
      return fmt::format("consume {} of recent({}, within: {}{}){}", Count(),
                         Any({"1", "2", "3", "10"}), Any({"10s", "1m", "1h", "1d"}), Options(),
                         Key(keyed));
    }
    if (form == 7) {
      return fmt::format("hold {} of gauge({}, expires: {}{}){}", Any({"1", "1", "units"}),
                         1 + random_() % 3, Any({"10s", "10m", "6h"}), Options(), Key(keyed));
    }
    if (form == 8) {
      return fmt::format("consume 1 of spacing({}){}", Any({"10s", "30s"}), Key(keyed));
    }
    return fmt::format("require {}after close(order: order) within {}", Any({"", "not "}),
                       Any({"10s", "1h", "1d"}));
  }

  std::string Guarded() {
    return fmt::format("guarded({}{}) when units > {}", Any({"1", "2"}),
                       Any({"", ", per: order"}), Any({"0", "1", "2"}));
  }

  std::string Capability(const std::string& name, const std::string& action) {
    std::string text = fmt::format("  capability {}: {} {{\n", name, action);
    if (Chance(30)) text += fmt::format("    require kind == \"{}\"\n", Any({"a", "b"}));
    if (action == "pay" && Chance(30)) {
      text += fmt::format("    require amount <= {} USD\n", Any({"50.00", "100.00"}));
    }
    const size_t count = random_() % 3;
    for (size_t i = 0; i < count; ++i) text += "    " + Statement(action, false) + "\n";
    if (Chance(20)) text += "    " + Guarded() + "\n";
    if (Chance(20)) {
      text += fmt::format("    requireApproval(by: boss) when units > {}\n", Any({"0", "1", "2"}));
    }
    return text + "  }\n";
  }

  std::string Shared(const std::string& indent, const std::string& name,
                     const std::vector<std::string>& actions, bool keyed) {
    std::string list;
    for (const std::string& action : actions) list += (list.empty() ? "" : ", ") + action;
    // What several actions share is made of what all of them have.
    const std::string kind = actions.size() == 1 ? actions.front() : "note";
    return fmt::format("{}limit {} on {} {{ {} }}\n", indent, name, list, Statement(kind, keyed));
  }

  Random& random_;
};

}  // namespace

std::string RandomPolicy(Random& random) { return Writer(random).Run(); }

}  // namespace cap::sequences

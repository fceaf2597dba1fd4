#include "tests/bench/patterns.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include "runtime/program/abi.h"
#include "runtime/program/table.h"
#include "tests/bench/meter.h"
#include "tests/bench/values.h"

namespace cap::bench {
namespace {

constexpr uint64_t kSeed = 20260601;

}  // namespace

int RunPatterns(const RunOptions& options) {
  const std::string path = CAPC_BENCH_DIR "/shapes/track";
  const auto program = CompileFile(path + ".cap");
  RequestSource source(*program, 0, nlohmann::json::parse(ReadText(path + ".json")), kSeed);
  std::vector<Frame> frames;
  while (frames.size() < options.requests) {
    Frame frame = source.Draw(0);
    if (frame.header() != nullptr) frames.push_back(std::move(frame));
  }
  // The first expression is of the first argument, the second of the second.
  for (uint32_t slot = 0; slot < 2; ++slot) {
    const Slot table = SlotOf(program->tables[slot]);
    const re2::RE2 peer(program->tables[slot].name);
    std::vector<const Slot*> texts;
    for (const Frame& frame : frames) texts.push_back(SlotsOf(frame.header()) + slot);
    const auto of_peer = [&peer](const Slot* text) {
      const std::string_view bytes = StringOf(*text);
      return re2::RE2::FullMatch(re2::StringPiece(bytes.data(), bytes.size()), peer);
    };
    for (const Slot* text : texts) {
      if (of_peer(text) != (StandardCallOuts().str_matches(text, &table) != 0)) {
        Die("RE2 disagrees about " + std::string(StringOf(*text)));
      }
    }
    const Comparison c = Compare(
        {"table", [&] {
           uint64_t sum = 0;
           for (const Slot* text : texts) sum += StandardCallOuts().str_matches(text, &table);
           return sum;
         }},
        {"RE2", [&] {
           uint64_t sum = 0;
           for (const Slot* text : texts) sum += of_peer(text);
           return sum;
         }},
        texts.size(), options.pairs);
    fmt::print("{}: a table {:.1f} ns, RE2 {:.1f} ns, ratio {:.3f} [{:.3f}, {:.3f}]\n",
               program->tables[slot].name, c.a_ns, c.b_ns, c.ratio, c.low, c.high);
  }
  return 0;
}

}  // namespace cap::bench

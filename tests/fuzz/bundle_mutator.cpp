// libFuzzer's mutator for bundles: mostly the Program's structure, else its bytes. What is no
// bundle gives way to the one of world.cap.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "runtime/program/bundle.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/payload.h"
#include "tests/fuzz/world.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  if (seed % 4 == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  auto program = cap::fuzz::DecodePayload(cap::fuzz::PayloadOf(input));
  if (!program) program = *cap::fuzz::TheWorld().program;
  for (unsigned int i = 0; i <= seed / 4 % 3; ++i) {
    cap::fuzz::MutateProgram(*program, uint64_t{seed} * 3 + i);
  }
  const std::string bytes = cap::WriteBundle(*program);
  const std::string_view payload = cap::fuzz::PayloadOf(bytes);
  if (payload.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::ranges::copy(payload, reinterpret_cast<char*>(data));
  return payload.size();
}

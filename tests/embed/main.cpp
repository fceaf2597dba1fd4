// A host that only loads bundles: consumer BUNDLE GRANT REQUEST NOW_US. Prints the decision, then
// the libraries that are mapped into it.
#include <cap/engine.h>
#include <cap/program.h>
#include <cap/request.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

static std::string Read(const char* path) {
  std::stringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

int main(int argc, char** argv) {
  if (argc != 5) return 1;
  const int64_t now_us = std::atoll(argv[4]);
  auto program = cap::ReadBundle(Read(argv[1]));
  if (!program) return std::cerr << program.error().message << "\n", 1;
  auto context = cap::ParseGrantContext(**program, Read(argv[2]));
  if (!context) return std::cerr << context.error().message << "\n", 1;
  auto engine = std::move(*cap::Engine::Create());
  if (!engine->Load(*program)) return 1;
  auto grant = engine->Mint({context->policy, context->subject, context->purpose, context->bound,
                             context->ttl_us}, now_us);
  if (!grant) return std::cerr << grant.error().message << "\n", 1;
  cap::Reader reader = engine->NewReader();
  cap::Frame frame = cap::ParseRequest(**program, Read(argv[3]), context->subject, now_us);
  const cap::Decision decision = reader.Authorize(*grant, frame);
  std::cout << cap::ToText(reader.Report(decision, *grant, frame)) << "\n";
  std::cout << std::ifstream("/proc/self/maps").rdbuf();
  return decision.permitted() ? 0 : 2;
}

// The same host with native code: consumer_jit BUNDLE. Prints how many shapes were compiled.
#include <cap/engine.h>
#include <cap/program.h>
#include <runtime/jit/jit.h>

#include <fstream>
#include <iostream>
#include <sstream>

int main(int argc, char** argv) {
  if (argc != 2) return 1;
  std::stringstream text;
  text << std::ifstream(argv[1], std::ios::binary).rdbuf();
  auto program = cap::ReadBundle(text.str());
  if (!program) return std::cerr << program.error().message << "\n", 1;
  auto compiled = cap::jit::CompiledProgram::Compile(**program);
  if (!compiled) return std::cerr << compiled.error().message << "\n", 1;
  std::shared_ptr<cap::jit::CompiledProgram> code = std::move(*compiled);
  auto engine = std::move(*cap::Engine::Create());
  if (!engine->Load(*program, {code->code(), code})) return 1;
  std::cout << code->code().size() << " native shapes\n";
  return 0;
}

// One way to run a Program (the interpreter, or machine code), and its answers to calls.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cap/engine.h"
#include "tests/aarch64/record.h"
#include "tests/support/shape_builder.h"

namespace cap::cross {

class Runner {
 public:
  /// `code`: empty runs the interpreter. Throws std::runtime_error where the engine refuses.
  Runner(std::shared_ptr<const Program> program, std::vector<ShapeCode> code,
         const std::vector<Grant>& grants);

  /// The answer to a call, and the report that it has the hash of.
  Answer Ask(const Grant& grant, uint32_t number, const Call& call, std::string* report = nullptr);

 private:
  struct Records {  // of the grant's policy
    uint32_t policy = 0;
    std::vector<test::RecordImage> capabilities;
    std::vector<test::RecordImage> forbids;
    std::unique_ptr<Arena> arena;
  };
  Records MakeRecords(const Grant& grant) const;
  void RunShapes(const Records& records, const FrameHeader* frame,
                 std::vector<uint64_t>& results) const;

  std::shared_ptr<const Program> program_;
  std::vector<ShapeCode> code_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Reader> reader_;
  std::vector<GrantId> grants_;
  std::vector<Records> records_;
};

}  // namespace cap::cross

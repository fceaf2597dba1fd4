// A Program made by hand, so that a test of the engine needs no compiler: it builds fast under a
// sanitizer.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "cap/engine.h"
#include "runtime/frame/frame_builder.h"
#include "runtime/program/layout.h"
#include "runtime/program/verify.h"

#pragma GCC diagnostic push
// A Program written by hand names only the fields that matter here.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

namespace cap::test {

inline constexpr int64_t kNowUs = 1'772'445'600'000'000;
inline constexpr int64_t kHourUs = 3'600'000'000;

// One tool `read(id)` on "doc://{id}", one policy with one capability on "doc://{{user}}". With
// `limit` not null the capability wants id == limit, a constant of its own; `others` more stand
// before it, which are on the same resource and want what no call has.
inline std::shared_ptr<const Program> MakeProgram(const char* limit = nullptr,
                                                  uint32_t others = 0) {
  auto program = std::make_shared<Program>();
  program->files = {"doc.cap"};
  program->types = {{.kind = TypeKind::kString}, {.kind = TypeKind::kBool}};
  program->bound = {{.name = "user", .type = 0}};
  Tool tool{.name = "read", .actions = {0}};
  AppendSlots(*program, "id", 0, SlotSource::kArgument, false, tool.slots);
  tool.arguments = {{.name = "id", .type = 0, .slot = 0}};
  Action action{.name = "read", .tool = 0, .has_resource = true, .skeletons = {1}};
  action.resource = {.scheme = "doc",
                     .segments = {{.key = "", .literal = "", .hole = 0}},
                     .holes = {{.index = 0, .type = 0}}};
  program->tools = {tool};
  program->actions = {action};
  Shape shape{.kind = ShapeKind::kCapability};
  Capability capability{.name = "read"};
  if (limit != nullptr) {
    program->values = {{std::string(limit)}, {std::string("nobody")}};
    program->insts = {{.op = Op::kLoad, .type = 0, .a = 0},
                      {.op = Op::kConst, .type = 0, .a = 0},
                      {.op = Op::kStrEq, .type = 1, .a = 0, .b = 1}};
    program->clauses = {{.begin = 0, .end = 3}};
    program->spans.resize(3);
    shape.inst_count = 3;
    shape.clause_count = 1;
    shape.const_types = {0};
    shape.required[0] = 1;
    capability.consts = {{.bound = false, .index = 0}};
    capability.clauses = {{.name = "require"}};
  }
  program->shapes = {shape};
  capability.patterns = {
      {.text = "doc://{{user}}",
       .skeleton = 0,
       .holes = {{.hole = 0, .value = {.bound = true, .index = 0}}}}};
  Policy policy{.name = "p", .bound = {0}};
  for (uint32_t i = 0; i <= others; ++i) {
    Capability& added = program->capabilities.emplace_back(capability);
    if (i < others) added.name = "other" + std::to_string(i);
    if (limit != nullptr) added.consts[0].index = i < others ? 1 : 0;
    policy.capabilities.push_back(i);
  }
  program->policies = {policy};
  program->tools[0].layout_hash = LayoutHash(*program, program->tools[0]);
  const auto verified = Verify(*program);
  if (!verified) MESSAGE(verified.error().message);
  REQUIRE(verified.has_value());
  return program;
}

inline Frame MakeFrame(const Program& program, const std::string& id) {
  FrameBuilder builder(program, 0, "s", kNowUs);
  builder.SetArgument("id", Value{id});
  return std::move(builder).Seal();
}

inline GrantSpec SpecFor(const std::string& user) {
  return {.policy = "p",
          .subject = "s",
          .purpose = {},
          .bound = {{"user", {user}}},
          .ttl_us = kHourUs};
}

#pragma GCC diagnostic pop

}  // namespace cap::test

#include "tests/prove/pinned.h"

#include <fmt/format.h>

#include <set>

#include "compiler/prove/decision.h"
#include "runtime/frame/encode.h"
#include "runtime/interp/interp.h"
#include "runtime/program/layout.h"
#include "runtime/value/decimal.h"

namespace cap::diff {
namespace {

using prove::Cell;
using prove::Element;
using prove::Expr;
using prove::List;
using prove::Sym;

constexpr uint32_t kShown = 4;      // elements of every list
constexpr unsigned kTimeoutMs = 4000;

/// A list that is longer than those that are shown.
struct TooLong {};

class Pinner {
 public:
  Pinner(const Running& run, const Frame& frame)
      : run_(run),
        program_(run.program),
        frame_(*frame.header()),
        side_{std::make_shared<const Program>(run.program),
              FindPolicy(run.program, run.policy.name)},
        bound_(side_) {
    sizes_.SetLeast(kShown);
    sizes_.Begin();
    world_ = std::make_unique<prove::World>(context_, sizes_);
  }

  const std::string& why() const { return why_; }

  Fit Run(std::optional<Verdict> verdict, bool exact) {
    const Tool& tool = program_.tools[run_.tool];
    PinFrame(tool);
    PinBound();
    Clauses(tool);
    if (verdict) Expect(tool, *verdict);
    z3::solver solver(context_, z3::solver::simple());
    z3::params params(context_);
    params.set("timeout", kTimeoutMs);
    solver.set(params);
    const std::vector<Expr> axioms = world_->texts().Axioms();
    const std::vector<Expr>& offsets = world_->clocks().facts();
    for (const std::vector<Expr>& facts : {world_->facts(), offsets, axioms, pins_}) {
      for (const Expr& fact : facts) solver.add(fact);
    }
    Expr all = context_.bool_val(true);
    for (const Expected& each : expected_) all = all && each.is;
    solver.push();
    solver.add(all);
    if (solver.check() == z3::unsat) {
      solver.pop();
      why_ = WhatFails(solver);
      return Fit::kWrong;
    }
    solver.pop();
    if (!exact) return Fit::kLoose;
    solver.add(!all);
    for (;;) {
      const z3::check_result result = solver.check();
      if (result != z3::sat) return result == z3::unsat ? Fit::kExact : Fit::kLoose;
      const std::vector<Expr> more = world_->clocks().Corrections(solver.get_model());
      if (more.empty()) return Fit::kLoose;
      for (const Expr& each : more) solver.add(each);
    }
  }

 private:
  /// What the encoding should say, and of what.
  struct Expected {
    std::string of;
    Expr is;
  };

  /// The first that is not allowed by itself.
  std::string WhatFails(z3::solver& solver) const {
    for (const Expected& each : expected_) {
      solver.push();
      solver.add(each.is);
      const bool fails = solver.check() == z3::unsat;
      solver.pop();
      if (fails) return each.of;
    }
    return "all of it together";
  }

  Expr Of(bool flag) { return context_.bool_val(flag); }
  void Pin(const Expr& fact) { pins_.push_back(fact); }

  void PinFrame(const Tool& tool) {
    const std::vector<Cell> cells = world_->Frame(program_, tool);
    for (uint32_t slot = 0; slot < cells.size(); ++slot) {
      const bool present = BitOf(frame_.present, slot);
      const Slot& value = SlotsOf(&frame_)[slot];
      Pin(cells[slot].present == Of(present));
      Pin(cells[slot].poison == Of(BitOf(frame_.poison, slot)));
      if (!present) Pin(cells[slot].null == Of(value == kNullSlot));
      const bool joined = tool.slots[slot].source == SlotSource::kLet;
      if (present && !joined) PinValue(cells[slot].value, tool.slots[slot].type, value);
    }
    for (size_t i = 0; i < program_.approvers.size(); ++i) {
      Pin(world_->Approved(program_.approvers[i]) == Of((frame_.approvals >> i & 1) != 0));
    }
    Pin(world_->now() == world_->Int(frame_.now_us));
  }

  void PinBound() {
    for (const uint32_t bound : run_.compiled.bound) {
      const BoundDesc& desc = program_.bound[bound];
      for (size_t i = 0; i < BoundFields().size(); ++i) {
        if (BoundFields()[i].name != desc.name) continue;
        const Result<Slot> slot =
            EncodeConstant(program_, desc.type, run_.grant.bound[i], *run_.grant.arena);
        PinValue(world_->Bound(program_, bound), desc.type, *slot);
      }
    }
  }

  void PinValue(const Sym& sym, TypeIndex type, const Slot& slot) {
    const auto word = static_cast<int64_t>(slot.lo);
    const TypeKind kind = program_.types[type].kind;
    if (kind == TypeKind::kRecord || kind == TypeKind::kJson) return;
    switch (ClassOf(program_, type)) {
      case ValueClass::kBool: return Pin(sym.yes == Of(slot.lo != 0));
      case ValueClass::kWord: return Pin(sym.word == world_->Int(word));
      case ValueClass::kDecimal: return Pin(sym.word == world_->Int(CoefficientOf(slot)));
      case ValueClass::kStr:
        return Pin(sym.word == world_->texts().Literal(std::string(StringOf(slot))));
      case ValueClass::kMoney:
        Pin(sym.word == world_->Int(word));
        return Pin(sym.extra == world_->Int(static_cast<int64_t>(slot.hi)));
      case ValueClass::kMask:
        for (size_t i = 0; i < sym.members.size(); ++i) {
          Pin(sym.members[i] == Of((slot.lo >> i & 1) != 0));
        }
        return;
      case ValueClass::kList: return PinList(*sym.list, type, slot);
      case ValueClass::kRate:
    case ValueClass::kTable: return;
    }
  }

  void PinList(const List& list, TypeIndex type, const Slot& slot) {
    const uint32_t count = CountOf(slot);
    if (count > list.elements.size()) throw TooLong();
    Pin(list.size == world_->Int(int64_t{count}));
    const TypeIndex element = program_.types[type].element;
    const bool record = program_.types[element].kind == TypeKind::kRecord;
    for (uint32_t i = 0; i < count; ++i) {
      const Slot* slots = ElementsOf(slot) + size_t{i} * StrideOf(slot);
      const std::vector<Cell>& cells = list.elements[i].cells;
      if (!record) {
        PinValue(cells[0].value, element, slots[0]);
        continue;
      }
      for (uint32_t field = 0; field < cells.size(); ++field) {
        const bool present = (slots[0].lo >> field & 1) != 0;
        Pin(cells[field].present == Of(present));
        if (!present) Pin(cells[field].null == Of((slots[0].hi >> field & 1) != 0));
        if (!present || field == 0) continue;
        PinValue(cells[field].value, ElementLeafType(program_, element, field), slots[field]);
      }
    }
  }

  void Expect(const std::string& of, const Sym& sym, uint64_t bits) {
    const bool yes = (bits & 1) != 0, no = (bits & 2) != 0;
    expected_.push_back({of + (yes ? " is true" : no ? " is false" : " is a fault"),
                         sym.yes == Of(yes) && sym.no == Of(no)});
  }

  /// Of each clause what the interpreter says.
  void Clauses(const Tool& tool) {
    prove::Encoder encoder(*world_, program_, bound_);
    encoder.Use(tool);
    for (size_t nth = 0; nth < run_.compiled.capabilities.size(); ++nth) {
      const Capability& capability = program_.capabilities[run_.compiled.capabilities[nth]];
      const Shape& shape = program_.shapes[capability.shape];
      for (uint32_t i = 0; i < shape.clause_count; ++i) {
        const uint64_t bits = Asked(shape, i, run_.grant.capabilities[nth].get());
        Expect(fmt::format("capability {}, clause {}", nth, i),
               encoder.Clause(capability.shape, i, capability.consts), bits);
      }
    }
    for (size_t nth = 0; nth < run_.compiled.forbids.size(); ++nth) {
      const Forbid& forbid = program_.forbids[run_.compiled.forbids[nth]];
      if (forbid.shape == kNone) continue;
      const uint64_t bits =
          interp::Predicate(program_, program_.shapes[forbid.shape], &frame_,
                            run_.grant.forbids[nth].get(), StandardCallOuts());
      Expect(fmt::format("forbid {}", nth), encoder.Clause(forbid.shape, 0, forbid.consts), bits);
    }
  }

  /// Bit 0: the clause is true; bit 1: it is false.
  uint64_t Asked(const Shape& shape, uint32_t clause, const CapabilityRecord* record) const {
    const std::vector<interp::InstValue> values =
        interp::Values(program_, shape, clause, &frame_, record, StandardCallOuts());
    const Clause& of = program_.clauses[shape.first_clause + clause];
    uint32_t last = of.begin;
    for (uint32_t at = of.begin; at < of.end;) {
      const Inst& inst = program_.insts[shape.first_inst + at];
      last = at;
      at += 1 + (HasBody(inst.op) ? inst.b : 0);
    }
    const interp::InstValue& value = values[last - of.begin];
    return value.fault ? 0 : value.value.lo & 3;
  }

  void Expect(const Tool& tool, Verdict verdict) {
    const prove::CallVerdict call = prove::Decider(*world_, side_, bound_).Decide(tool);
    expected_.push_back({"the verdict", call.whole.permit == Of(verdict == Verdict::kPermit) &&
                                            call.whole.step_up == Of(verdict == Verdict::kStepUp)});
  }

  const Running& run_;
  const Program& program_;
  const FrameHeader& frame_;
  const prove::Side side_;
  const prove::BoundValues bound_;
  z3::context context_;
  prove::ListSizes sizes_;
  std::unique_ptr<prove::World> world_;
  std::vector<Expr> pins_;
  std::vector<Expected> expected_;
  std::string why_;
};

class Collector {
 public:
  Collector(const Running& run, const Frame& frame)
      : program_(run.program), frame_(*frame.header()) {}

  void Add(uint32_t shape_index, const CapabilityRecord* record) {
    if (shape_index == kNone) return;
    const Shape& shape = program_.shapes[shape_index];
    for (uint32_t i = 0; i < shape.clause_count; ++i) {
      const Clause& clause = program_.clauses[shape.first_clause + i];
      const std::vector<interp::InstValue> values =
          interp::Values(program_, shape, i, &frame_, record, StandardCallOuts());
      for (uint32_t at = clause.begin; at < clause.end; ++at) {
        const Inst& inst = program_.insts[shape.first_inst + at];
        if (!FaultyOperand(inst, clause, values)) {
          found_.emplace(inst.op, Of(inst, values[at - clause.begin]));
        }
      }
    }
  }

  std::vector<std::pair<Op, Came>> all() const { return {found_.begin(), found_.end()}; }

 private:
  static bool FaultyOperand(const Inst& inst, const Clause& clause,
                            const std::vector<interp::InstValue>& values) {
    const OpInfo& info = InfoOf(inst.op);
    const auto faults = [&](OperandKind kind, uint32_t operand) {
      return kind == OperandKind::kValue && operand >= clause.begin && operand < clause.end &&
             values[operand - clause.begin].fault;
    };
    return faults(info.a, inst.a) || faults(info.b, inst.b);
  }

  Came Of(const Inst& inst, const interp::InstValue& value) const {
    if (value.fault) return Came::kFault;
    if (ClassOf(program_, inst.type) != ValueClass::kBool) return Came::kValue;
    return (value.value.lo & 1) != 0 ? Came::kTrue : Came::kFalse;
  }

  const Program& program_;
  const FrameHeader& frame_;
  std::set<std::pair<Op, Came>> found_;
};

}  // namespace

Fit Pin(const Running& run, const Frame& frame, std::optional<Verdict> verdict, bool exact,
        std::string* why) {
  try {
    Pinner pinner(run, frame);
    const Fit fit = pinner.Run(verdict, exact);
    if (why != nullptr) *why = pinner.why();
    return fit;
  } catch (const TooLong&) {
    return Fit::kSkipped;
  }
}

std::vector<std::pair<Op, Came>> Outcomes(const Running& run, const Frame& frame) {
  const Program& program = run.program;
  Collector collector(run, frame);
  for (size_t nth = 0; nth < run.compiled.capabilities.size(); ++nth) {
    collector.Add(program.capabilities[run.compiled.capabilities[nth]].shape,
                  run.grant.capabilities[nth].get());
  }
  for (size_t nth = 0; nth < run.compiled.forbids.size(); ++nth) {
    collector.Add(program.forbids[run.compiled.forbids[nth]].shape,
                  run.grant.forbids[nth].get());
  }
  return collector.all();
}

}  // namespace cap::diff

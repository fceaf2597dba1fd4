// The questions, and their answers.
#include <fmt/format.h>

#include <algorithm>

#include "compiler/prove/decision.h"
#include "compiler/prove/limits.h"
#include "compiler/prove/prove.h"
#include "compiler/prove/schema.h"
#include "compiler/prove/trial.h"
#include "compiler/prove/witness.h"
#include "compiler/prove/bounds.h"

namespace cap::prove {
namespace {

constexpr int64_t kHourUs = 3'600'000'000;

/// What a call is held against.
enum class Against : uint8_t {
  kVerdict,  // the parent's verdict
  kPurpose,  // the parent has no grant for the purpose
  kExpiry,   // the parent's grant has ended
};

struct Question {
  const Side& child;
  const Side& parent;
  const Tool* tool = nullptr;         // of the child
  const Tool* parent_tool = nullptr;  // null: the parent has none of the name
  std::string action;
  Against against = Against::kVerdict;
  std::string purpose;
};

/// Parts that are not needed by every answer come apart.
struct Encoded {
  explicit Encoded(z3::context& context) : goal(context.bool_val(false)) {}
  std::unique_ptr<World> world;
  Expr goal;  // that the child is kinder
  std::vector<Expr> axioms;
};

/// That the child is kinder to the call.
Expr Goal(World& world, const CallVerdict& child, const CallVerdict* parent,
          const Question& question) {
  Expr goal = Or(child.whole.permit, child.whole.step_up);
  if (parent != nullptr) {
    const Verdict& own = child.whole;
    const Verdict& other = parent->whole;
    goal = Or(And(own.permit, Not(other.permit)),
              And(own.step_up, And(Not(other.permit), Not(other.step_up))));
    for (const auto& [key, when] : other.obligations) {
      const auto found = own.obligations.find(key);
      const Expr kept = found == own.obligations.end() ? world.False() : found->second;
      goal = Or(goal, And(And(own.permit, other.permit), And(when, Not(kept))));
    }
  }
  for (const ActionVerdict& action : child.actions) {
    if (action.action == question.action) goal = And(goal, action.is);
  }
  return goal;
}

class Asker {
 public:
  Asker(const Question& question, const Options& options)
      : question_(question), options_(options), child_bound_(question.child),
        parent_bound_(question.parent, &question.child) {}

  Reply Run() {
    Z3_global_param_set("memory_max_size", std::to_string(bounds::kMegabytes).c_str());
    try {
      return Ask();
    } catch (const z3::exception& error) {
      return Undecided(fmt::format("the solver gave up: {}", error.msg()));
    } catch (const TooLarge& error) {
      return Undecided(error.what());
    }
  }

 private:
  static constexpr int kPasses = 5;

  static Reply Undecided(std::string why) {
    return {Answer::kUndecided, std::move(why), false, {}};
  }

  Encoded Encode() {
    Encoded made(context_);
    for (int pass = 0; pass < kPasses; ++pass) {
      sizes_.Begin();
      made.world = std::make_unique<World>(context_, sizes_);
      World& world = *made.world;
      const CallVerdict child =
          Decider(world, question_.child, child_bound_).Decide(*question_.tool);
      std::optional<CallVerdict> parent;
      if (question_.parent_tool != nullptr && question_.against == Against::kVerdict) {
        parent = Decider(world, question_.parent, parent_bound_).Decide(*question_.parent_tool);
      }
      made.goal = Goal(world, child, parent ? &*parent : nullptr, question_);
      if (!sizes_.Grow()) break;
    }
    made.axioms = made.world->texts().Axioms();
    return made;
  }

  /// At most twice: the second time with longer lists.
  Reply Ask() {
    Encoded encoded = Encode();
    if (encoded.goal.is_false()) return {Answer::kYes, {}, false, {}};
    z3::solver solver(context_, z3::solver::simple());
    z3::params params(context_);
    params.set("timeout", options_.timeout_ms);
    solver.set(params);
    for (const Expr& fact : encoded.world->facts()) solver.add(fact);
    for (const Expr& fact : encoded.world->clocks().facts()) solver.add(fact);
    for (const Expr& axiom : encoded.axioms) solver.add(axiom);
    solver.add(encoded.goal);
    const z3::check_result result = Check(*encoded.world, solver);
    if (result == z3::unsat) {
      if (sizes_.Complete()) return {Answer::kYes, {}, false, {}};
      return Undecided("lists that are longer than those that were looked at may differ");
    }
    if (result == z3::unknown) {
      return Undecided(fmt::format("the solver gave up: {}", solver.reason_unknown()));
    }
    Reply reply = Confirm(*encoded.world, solver);
    if (reply.answer == Answer::kNo || longer_) return reply;
    // Perhaps for want of elements to write down.
    longer_ = true;
    sizes_.SetLeast(bounds::kElements);
    return Ask();
  }

  /// Until the model has the clocks of zones right.
  static z3::check_result Check(World& world, z3::solver& solver) {
    for (uint32_t turn = 0;; ++turn) {
      const z3::check_result result = solver.check();
      if (result != z3::sat || turn == bounds::kTurns) return result;
      const std::vector<Expr> corrections = world.clocks().Corrections(solver.get_model());
      if (corrections.empty()) return result;
      for (const Expr& correction : corrections) solver.add(correction);
    }
  }

  /// A call from the model: first from one that is easy to write down.
  Reply Confirm(World& world, z3::solver& solver) {
    std::vector<Expr> wishes = world.pleasant();
    for (const Expr& wish : world.texts().Pleasant()) wishes.push_back(wish);
    for (const bool all : {true, false}) {
      solver.push();
      if (all) {
        for (const Expr& wish : wishes) solver.add(wish);
      } else {
        AddOneByOne(solver, wishes);
      }
      for (int turn = 0; turn < 3; ++turn) {
        if (Check(world, solver) != z3::sat) break;
        const z3::model model = solver.get_model();
        if (std::optional<Witness> witness = Witnessed(world, model)) {
          return {Answer::kNo, {}, false, std::move(witness)};
        }
        Vary(world, model, solver);
      }
      solver.pop();
    }
    return Undecided("the solver believes in a call to which the child is kinder; none was found");
  }

  /// As many wishes as can be had together, in order.
  static void AddOneByOne(z3::solver& solver, const std::vector<Expr>& wishes) {
    constexpr size_t kWishes = 40;
    for (size_t i = 0; i < std::min(wishes.size(), kWishes); ++i) {
      solver.push();
      solver.add(wishes[i]);
      const bool good = solver.check() == z3::sat;
      solver.pop();
      if (good) solver.add(wishes[i]);
    }
  }

  /// Another model: with other approvals, facts or texts.
  static void Vary(World& world, const z3::model& model, z3::solver& solver) {
    Expr other = world.False();
    for (unsigned i = 0; i < model.num_consts(); ++i) {
      const z3::func_decl decl = model.get_const_decl(i);
      const std::string name = decl.name().str();
      if (name.starts_with("text!") || name == "now") continue;
      if (name.find("!size") == name.npos && !decl.range().is_bool()) continue;
      other = Or(other, decl() != model.get_const_interp(decl));
    }
    solver.add(other);
  }

  GrantTerms TermsOf(const Side& side) const {
    const Policy& policy = side.of();
    GrantTerms terms;
    terms.ttl_us = policy.max_ttl_us != 0 ? policy.max_ttl_us : kHourUs;
    if (question_.against == Against::kExpiry && policy.max_ttl_us == 0) {
      terms.ttl_us = question_.parent.of().max_ttl_us + kHourUs;
    }
    const Policy& child = question_.child.of();
    if (question_.against == Against::kPurpose) {
      terms.purpose = question_.purpose;
    } else if (!child.purposes.empty() && !policy.purposes.empty()) {
      terms.purpose = question_.child.program->purposes[child.purposes[0]].name;
    }
    // The purposes are a question of their own: here each side has a grant.
    const auto has = [&](uint32_t purpose) {
      return side.program->purposes[purpose].name == terms.purpose;
    };
    if (question_.against != Against::kPurpose && !policy.purposes.empty() &&
        std::ranges::none_of(policy.purposes, has)) {
      terms.purpose = side.program->purposes[policy.purposes[0]].name;
    }
    return terms;
  }

  std::optional<Witness> Witnessed(World& world, const z3::model& model) {
    world.texts().ForgetModel();
    const std::optional<int64_t> now = ModelReader(world, model).Word(world.now());
    if (!now) return std::nullopt;
    Witness witness;
    witness.tool = question_.tool->name;
    witness.now_us = *now;
    witness.minted_us = *now;
    if (question_.against == Against::kExpiry) {
      const int64_t life = question_.parent.of().max_ttl_us;
      if (__builtin_sub_overflow(*now, life, &witness.minted_us)) return std::nullopt;
    }
    const Side& child = question_.child;
    const Side& parent = question_.parent;
    const std::vector<std::string> approvers = ApproversOf(world, model, child, parent);
    const auto own =
        CallOf(world, model, child, child_bound_, *question_.tool, TermsOf(child), *now);
    if (!own) return std::nullopt;
    witness.child = *own;
    Try(child, approvers, witness.minted_us, *now, witness.child);
    if (question_.parent_tool != nullptr) {
      const auto other =
          CallOf(world, model, parent, parent_bound_, *question_.parent_tool, TermsOf(parent),
                 *now);
      if (!other) return std::nullopt;
      witness.parent = *other;
      Try(parent, approvers, witness.minted_us, *now, witness.parent);
    } else {
      witness.parent.no_grant = fmt::format("the parent has no tool `{}`", witness.tool);
    }
    // A parent that could not be asked is no witness, unless that is the question.
    const bool refused = !witness.parent.no_grant.empty() && question_.parent_tool != nullptr;
    if (refused && question_.against != Against::kPurpose) return std::nullopt;
    return Kinder(witness) ? std::optional(witness) : std::nullopt;
  }

  const Question& question_;
  const Options& options_;
  const BoundValues child_bound_;
  const BoundValues parent_bound_;
  z3::context context_;
  ListSizes sizes_;
  bool longer_ = false;
};

std::vector<std::string> PurposesOf(const Side& side) {
  std::vector<std::string> out;
  for (const uint32_t purpose : side.of().purposes) {
    out.push_back(side.program->purposes[purpose].name);
  }
  return out;
}

/// Whether there is a call that the child lets through at all: the first tool that says so.
Reply AskAnyTool(Question question, const Options& options) {
  Reply last{Answer::kYes, {}, false, {}};
  for (const std::string& tool : ToolsOf(question.child)) {
    question.tool = FindToolNamed(*question.child.program, tool);
    question.parent_tool = FindToolNamed(*question.parent.program, tool);
    if (question.parent_tool == nullptr) continue;  // a question of its own
    Reply reply = Asker(question, options).Run();
    if (reply.answer == Answer::kNo) return reply;
    if (reply.answer == Answer::kUndecided) last = std::move(reply);
  }
  return last;
}

/// Whether both sides are one policy of one program, whatever its files are called.
bool Identical(const Side& a, const Side& b) {
  if (a.policy != b.policy) return false;
  if (a.program == b.program) return true;
  if (a.program->insts != b.program->insts) return false;  // soon seen
  Program named = *a.program;
  named.files = b.program->files;
  return named == *b.program;
}

}  // namespace

std::vector<std::string> ActionsOf(const Side& side, const std::string& tool) {
  std::vector<std::string> out;
  const Program& program = *side.program;
  for (const uint32_t index : side.of().capabilities) {
    const Action& action = program.actions[program.capabilities[index].action];
    if (program.tools[action.tool].name != tool) continue;
    if (std::ranges::find(out, action.name) == out.end()) out.push_back(action.name);
  }
  std::ranges::sort(out);
  return out;
}

std::vector<std::string> ToolsOf(const Side& side) {
  std::vector<std::string> out;
  const Program& program = *side.program;
  for (const uint32_t index : side.of().capabilities) {
    const Action& action = program.actions[program.capabilities[index].action];
    const std::string& tool = program.tools[action.tool].name;
    if (std::ranges::find(out, tool) == out.end()) out.push_back(tool);
  }
  std::ranges::sort(out);
  return out;
}

Reply ToolNarrows(const Side& child, const Side& parent, const std::string& tool,
                  const std::string& action, const Options& options) {
  Question question{child, parent, FindToolNamed(*child.program, tool),
                    FindToolNamed(*parent.program, tool), action, Against::kVerdict, {}};
  if (question.tool == nullptr || Identical(child, parent)) return {Answer::kYes, {}, false, {}};
  if (auto differs = BoundsDiffer(*child.program, child.of(), *parent.program, parent.of())) {
    return {Answer::kUndecided, *differs, false, {}};
  }
  if (question.parent_tool != nullptr) {
    const auto differs = ToolsDiffer(*child.program, *question.tool, *parent.program,
                                     *question.parent_tool);
    if (differs) return {Answer::kUndecided, *differs, false, {}};
  }
  Reply reply = Asker(question, options).Run();
  if (reply.answer != Answer::kYes) return reply;
  if (auto differs = ChargesDiffer(child, parent, tool)) {
    return {Answer::kUndecided, std::move(*differs), false, {}};
  }
  if (auto wider = LimitsWider(child, parent, tool, action)) {
    reply.answer = Answer::kUndecided;
    reply.why = std::move(*wider);
    reply.counts = true;
  }
  return reply;
}

namespace {

/// Purposes and expiry.
Reply GrantsNarrow(const Side& child, const Side& parent, const Options& options) {
  Question question{child, parent, nullptr, nullptr, {}, Against::kPurpose, {}};
  const std::vector<std::string> own = PurposesOf(child);
  const std::vector<std::string> allowed = PurposesOf(parent);
  if (!allowed.empty()) {
    for (const std::string& purpose : own.empty() ? std::vector<std::string>{""} : own) {
      if (std::ranges::find(allowed, purpose) != allowed.end()) continue;
      question.purpose = purpose;
      Reply reply = AskAnyTool(question, options);
      if (reply.answer != Answer::kYes) return reply;
    }
  }
  const int64_t life = child.of().max_ttl_us;
  const int64_t most = parent.of().max_ttl_us;
  if (most == 0 || (life != 0 && life <= most)) return {Answer::kYes, {}, false, {}};
  question.against = Against::kExpiry;
  return AskAnyTool(question, options);
}

/// A call that comes in a wrapper of the child alone is none of the parent's, or is a call of the
/// wrapper's own name there.
const Wrapper* OwnWrapper(const Side& child, const Side& parent) {
  if (ToolsOf(child).empty()) return nullptr;
  for (const Wrapper& wrapper : child.program->wrappers) {
    if (!HasWrapper(*parent.program, wrapper)) return &wrapper;
  }
  return nullptr;
}

}  // namespace

Reply TermsNarrow(const Side& child, const Side& parent, const Options& options) {
  Reply reply = GrantsNarrow(child, parent, options);
  if (reply.answer != Answer::kYes) return reply;
  const Wrapper* wrapper = OwnWrapper(child, parent);
  if (wrapper == nullptr) return reply;
  reply.answer = Answer::kUndecided;
  reply.why = fmt::format("only the child takes calls that the wrapper `{}` carries",
                          wrapper->tool);
  reply.counts = true;
  return reply;
}

Reply Narrows(const Side& child, const Side& parent, const Options& options) {
  Reply last{Answer::kYes, {}, false, {}};
  const auto note = [&](Reply reply) {
    if (last.answer == Answer::kYes || reply.answer == Answer::kNo) last = std::move(reply);
    return last.answer == Answer::kNo;
  };
  for (const std::string& tool : ToolsOf(child)) {
    if (note(ToolNarrows(child, parent, tool, "", options))) return last;
  }
  note(TermsNarrow(child, parent, options));
  return last;
}

}  // namespace cap::prove

// The protocol of the store in memory as a model, put through every interleaving of three threads:
// each ends as some order of whole calls would have ended, nobody waits for ever, and what a call
// sees of the counters is never half of another call. Broken protocols, which must be found out,
// show that it looks.
//   state_model        Last line: `N passed, N failed`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

namespace {

constexpr int kThreads = 3, kCells = 3, kOperations = 3, kMost = 4;

enum class Verb : uint8_t { kReserve, kCommit, kRelease };
struct Call {
  Verb verb = Verb::kReserve;
  int operation = 0;
  std::vector<int> cells;  // each is charged one unit
};
using Script = std::vector<Call>;

struct Scenario {
  std::string name;
  std::array<int, kCells> limits;
  std::array<Script, kThreads> threads;
};

/// How the protocol may be broken.
enum class Break : uint8_t {
  kNot,
  kNoCellLocks,       // check and add without locks
  kUnlockAfterCheck,  // locks are let go between the check of all and the adding
  kOwnOrder,          // locks are taken in the order of the charges
  kNoOperationLock,   // two of the same operation at once
  kAddAsChecked,      // each counter is charged as soon as it is checked, and given back later
};

enum class Answer : uint8_t {
  kNone,
  kReserved,
  kRepeated,
  kSpent,
  kBad,
  kSettled,
  kAlready,
  kConflict,
  kUnknown
};
enum class Known : uint8_t { kNothing, kReserved, kCommitted, kReleased };

/// Where one thread is. A step reads or writes one shared thing.
struct Thread {
  uint8_t call = 0, step = 0, at = 0;
  std::array<int8_t, kMost> seen = {};
  std::array<Answer, 3> answers = {};
  auto operator<=>(const Thread&) const = default;
};

struct State {
  std::array<int8_t, kCells> used = {};
  std::array<int8_t, kCells> cell_owner = {-1, -1, -1};
  std::array<Known, kOperations> known = {};
  std::array<int8_t, kOperations> operation_owner = {-1, -1, -1};
  std::array<Thread, kThreads> threads;
  auto operator<=>(const State&) const = default;
};

/// What remains of a run in the end: counters, operations, answers.
struct Result {
  std::array<int8_t, kCells> used;
  std::array<Known, kOperations> known;
  std::array<std::array<Answer, 3>, kThreads> answers;
  auto operator<=>(const Result&) const = default;
};

// Steps of a call, in order. kLockCells, kRead, kAdd and kUnlockCells are done once for each cell.
enum Step : uint8_t {
  kLockOperation,
  kLook,
  kLockCells,
  kRead,
  kCheck,
  kAdd,
  kNote,
  kUnlockCells,
  kUnlockOperation,
};

class Model {
 public:
  Model(const Scenario& scenario, Break broken) : scenario_(scenario), broken_(broken) {}

  /// What is wrong, or nothing.
  std::string Explore() {
    CollectSerial(State(), -1);
    Visit(State());
    return problem_;
  }
  size_t states() const { return visited_.size(); }
  size_t results() const { return serial_.size(); }

 private:
  bool Done(const State& state, int t) const {
    return state.threads[static_cast<size_t>(t)].call ==
           scenario_.threads[static_cast<size_t>(t)].size();
  }

  /// All orders of whole calls.
  void CollectSerial(State state, int running) {
    if (running >= 0) {
      const auto t = static_cast<size_t>(running);
      for (const uint8_t call = state.threads[t].call; state.threads[t].call == call;) {
        Advance(state, running, Break::kNot);
      }
    }
    bool ended = true;
    for (int t = 0; t < kThreads; ++t) {
      if (Done(state, t)) continue;
      ended = false;
      CollectSerial(state, t);
    }
    if (ended) serial_.insert(ResultOf(state));
  }

  void Visit(const State& first) {
    std::vector<State> open = {first};
    visited_.insert(first);
    while (!open.empty() && problem_.empty()) {
      const State state = open.back();
      open.pop_back();
      bool ended = true, moved = false;
      for (int t = 0; t < kThreads; ++t) {
        if (Done(state, t)) continue;
        ended = false;
        State next = state;
        if (!Advance(next, t, broken_)) continue;
        moved = true;
        if (visited_.insert(next).second) open.push_back(next);
      }
      if (!ended && !moved) problem_ = "nobody can go on";
      if (ended && !serial_.contains(ResultOf(state))) problem_ = "no order of calls ends so";
      for (size_t cell = 0; cell < kCells; ++cell) {
        if (state.used[cell] > scenario_.limits[cell]) problem_ = "more was charged than there is";
      }
    }
  }

  static Result ResultOf(const State& state) {
    Result result{state.used, state.known, {}};
    for (size_t t = 0; t < kThreads; ++t) result.answers[t] = state.threads[t].answers;
    return result;
  }

  /// One step. False: it waits for a lock.
  bool Advance(State& state, int t, Break broken) const {
    Thread& thread = state.threads[static_cast<size_t>(t)];
    const Call& call = scenario_.threads[static_cast<size_t>(t)][thread.call];
    const auto operation = static_cast<size_t>(call.operation);
    switch (static_cast<Step>(thread.step)) {
      case kLockOperation:
        if (broken != Break::kNoOperationLock && !Take(state.operation_owner[operation], t)) {
          return false;
        }
        ++thread.step;
        return true;
      case kLook:
        Look(state.known[operation], call, thread);
        return true;
      case kLockCells:
        return LockCells(state, call, thread, t, broken);
      case kRead:
        Read(state, call, thread, t, broken);
        return true;
      case kCheck:
        Check(call, thread, state, t, broken);
        return true;
      case kAdd:
        AddOne(state, call, thread, broken);
        return true;
      case kNote:
        state.known[operation] = call.verb == Verb::kReserve  ? Known::kReserved
                                 : call.verb == Verb::kCommit ? Known::kCommitted
                                                              : Known::kReleased;
        AnswerWith(thread, call.verb == Verb::kReserve ? Answer::kReserved : Answer::kSettled,
                   kUnlockCells);
        return true;
      case kUnlockCells:
        Release(state, t, thread);
        return true;
      case kUnlockOperation:
        if (state.operation_owner[operation] == t) state.operation_owner[operation] = -1;
        thread.step = thread.at = 0;
        thread.seen = {};
        ++thread.call;
        return true;
    }
    return false;
  }

  static bool Take(int8_t& owner, int t) {
    if (owner >= 0) return false;
    owner = static_cast<int8_t>(t);
    return true;
  }

  static void AnswerWith(Thread& thread, Answer answer, Step next) {
    thread.answers[thread.call] = answer;
    thread.step = next;
    thread.at = 0;
  }

  static void Look(Known known, const Call& call, Thread& thread) {
    if (call.verb == Verb::kReserve) {
      if (known == Known::kNothing)
        thread.step = kLockCells;
      else if (known == Known::kReleased)
        AnswerWith(thread, Answer::kBad, kUnlockOperation);
      else
        AnswerWith(thread, Answer::kRepeated, kUnlockOperation);
      return;
    }
    const Known same = call.verb == Verb::kCommit ? Known::kCommitted : Known::kReleased;
    if (known == Known::kReserved)
      thread.step = kLockCells;
    else if (known == Known::kNothing)
      AnswerWith(thread, Answer::kUnknown, kUnlockOperation);
    else
      AnswerWith(thread, known == same ? Answer::kAlready : Answer::kConflict, kUnlockOperation);
  }

  bool LockCells(State& state, const Call& call, Thread& thread, int t, Break broken) const {
    if (thread.at == call.cells.size() || broken == Break::kNoCellLocks) {
      thread.step = kRead;
      thread.at = 0;
      return true;
    }
    std::vector<int> order = call.cells;
    if (broken != Break::kOwnOrder) std::sort(order.begin(), order.end());
    int8_t& owner = state.cell_owner[static_cast<size_t>(order[thread.at])];
    if (owner != t && !Take(owner, t)) return false;  // identical cells are one
    ++thread.at;
    return true;
  }

  void Read(State& state, const Call& call, Thread& thread, int, Break broken) const {
    if (thread.at == call.cells.size()) {
      thread.step = kCheck;
      thread.at = 0;
      return;
    }
    int8_t& used = state.used[static_cast<size_t>(call.cells[thread.at])];
    thread.seen[thread.at] = used;
    if (broken == Break::kAddAsChecked && call.verb == Verb::kReserve) ++used;
    ++thread.at;
    if (broken == Break::kAddAsChecked && call.verb == Verb::kReserve) {
      // Its lock protects the one counter only.
      state.cell_owner[static_cast<size_t>(call.cells[thread.at - 1])] = -1;
    }
  }

  void Check(const Call& call, Thread& thread, State& state, int t, Break broken) const {
    if (broken == Break::kUnlockAfterCheck) {
      for (int8_t& owner : state.cell_owner) owner = owner == t ? int8_t{-1} : owner;
    }
    thread.step = kAdd;
    if (call.verb != Verb::kReserve) return;
    for (size_t i = 0; i < call.cells.size(); ++i) {
      int before = 0;
      for (size_t k = 0; k < i; ++k) before += call.cells[k] == call.cells[i];
      const auto cell = static_cast<size_t>(call.cells[i]);
      const int seen = broken == Break::kAddAsChecked ? thread.seen[i] : thread.seen[i] + before;
      if (seen + 1 > scenario_.limits[cell]) AnswerWith(thread, Answer::kSpent, kUnlockCells);
    }
    if (thread.step == kUnlockCells && broken == Break::kAddAsChecked) {
      for (const int cell : call.cells) --state.used[static_cast<size_t>(cell)];
    }
  }

  /// Writes what was read and one more, or one less: as code does that has no atomic addition.
  void AddOne(State& state, const Call& call, Thread& thread, Break broken) const {
    if (thread.at == call.cells.size()) {
      thread.step = kNote;
      thread.at = 0;
      return;
    }
    const int sign = call.verb == Verb::kReserve ? 1 : call.verb == Verb::kRelease ? -1 : 0;
    const auto cell = static_cast<size_t>(call.cells[thread.at]);
    if (broken != Break::kAddAsChecked || call.verb != Verb::kReserve) {
      int before = 0;
      for (size_t k = 0; k < thread.at; ++k) before += call.cells[k] == call.cells[thread.at];
      state.used[cell] = static_cast<int8_t>(thread.seen[thread.at] + sign * (before + 1));
    }
    ++thread.at;
  }

  static void Release(State& state, int t, Thread& thread) {
    for (int8_t& owner : state.cell_owner) {
      if (owner != t) continue;
      owner = -1;
      return;
    }
    thread.step = kUnlockOperation;
  }

  const Scenario& scenario_;
  const Break broken_;
  std::set<State> visited_;
  std::set<Result> serial_;
  std::string problem_;
};

Call Reserve(int operation, std::vector<int> cells) {
  return {Verb::kReserve, operation, std::move(cells)};
}
Call Commit(int operation, std::vector<int> cells) {
  return {Verb::kCommit, operation, std::move(cells)};
}
Call Release(int operation, std::vector<int> cells) {
  return {Verb::kRelease, operation, std::move(cells)};
}

std::vector<Scenario> Scenarios() {
  return {
      {"one budget for two of three",
       {2, 0, 0},
       {{{Reserve(0, {0})}, {Reserve(1, {0})}, {Reserve(2, {0})}}}},
      {"two counters from both ends",
       {2, 2, 0},
       {{{Reserve(0, {0, 1})}, {Reserve(1, {1, 0})}, {Reserve(2, {1, 0})}}}},
      {"three counters in a ring",
       {1, 1, 1},
       {{{Reserve(0, {0, 1})}, {Reserve(1, {1, 2})}, {Reserve(2, {2, 0})}}}},
      {"one counter twice",
       {3, 1, 0},
       {{{Reserve(0, {0, 0})}, {Reserve(1, {0, 1})}, {Reserve(2, {0, 0})}}}},
      {"the same operation three times",
       {2, 2, 0},
       {{{Reserve(0, {0, 1})}, {Reserve(0, {0, 1})}, {Reserve(0, {0, 1})}}}},
      {"given back while others ask",
       {1, 1, 0},
       {{{Reserve(0, {0, 1}), Release(0, {0, 1})}, {Reserve(1, {0})}, {Reserve(2, {1})}}}},
      {"commit against release",
       {1, 0, 0},
       {{{Reserve(0, {0}), Commit(0, {0})}, {Release(0, {0})}, {Reserve(1, {0})}}}},
      {"release against release",
       {2, 0, 0},
       {{{Reserve(0, {0}), Release(0, {0})}, {Release(0, {0})}, {Reserve(1, {0})}}}},
      {"asked again while it is given back",
       {1, 0, 0},
       {{{Reserve(0, {0}), Release(0, {0})}, {Reserve(0, {0})}, {Reserve(1, {0})}}}},
      {"a denial that another's half would cause",
       {1, 1, 1},
       {{{Reserve(0, {0, 1})}, {Reserve(1, {1, 2})}, {Reserve(2, {0})}}}},
  };
}

}  // namespace

int main() {
  int passed = 0, failed = 0;
  const auto scenarios = Scenarios();
  for (const Scenario& scenario : scenarios) {
    Model model(scenario, Break::kNot);
    const std::string problem = model.Explore();
    ++(problem.empty() ? passed : failed);
    fmt::print("{}: {} states, {} ends of serial orders: {}\n", scenario.name, model.states(),
               model.results(), problem.empty() ? "ok" : problem);
  }
  const std::pair<Break, std::string> breaks[] = {
      {Break::kNoCellLocks, "no locks"},
      {Break::kUnlockAfterCheck, "locks are let go after the check"},
      {Break::kOwnOrder, "locks in the order of the charges"},
      {Break::kNoOperationLock, "operations are not locked"},
      {Break::kAddAsChecked, "charged as soon as checked, and given back"},
  };
  for (const auto& [broken, name] : breaks) {
    std::string found;
    for (const Scenario& scenario : scenarios) {
      const std::string problem = Model(scenario, broken).Explore();
      if (!problem.empty() && found.empty()) found = scenario.name + ": " + problem;
    }
    ++(found.empty() ? failed : passed);
    fmt::print("broken, {}: {}\n", name, found.empty() ? "NOT FOUND OUT" : "found out, " + found);
  }
  fmt::print("{} passed, {} failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

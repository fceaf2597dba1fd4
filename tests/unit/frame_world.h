// A Program made by hand, for tests of frames: a refund keyed to an order, an email to three lists
// of people, a transfer with every type of argument, and what limits need. Frames read no policy;
// the one here is for grant contexts.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/frame/frame.h"
#include "runtime/frame/frame_builder.h"
#include "runtime/program/layout.h"
#include "runtime/value/money.h"

namespace cap::test {

inline constexpr int64_t kNowUs = 1'774'958'400'000'000;  // 2026-03-31T12:00:00Z
inline constexpr uint32_t kUsd = 840;

class WorldMaker {
 public:
  Program Make();

 private:
  TypeIndex AddType(Type type) {
    program_.types.push_back(type);
    return static_cast<TypeIndex>(program_.types.size() - 1);
  }
  uint32_t AddValue(Value value) {
    program_.values.push_back(std::move(value));
    return static_cast<uint32_t>(program_.values.size() - 1);
  }
  uint32_t AddSlots(Tool& tool, const std::string& name, TypeIndex type, SlotSource source,
                    bool optional = false) {
    const auto first = static_cast<uint32_t>(tool.slots.size());
    AppendSlots(program_, name, type, source, optional, tool.slots);
    return first;
  }
  uint32_t Argument(Tool& tool, const std::string& name, TypeIndex type, bool optional = false,
                    uint32_t default_value = kNone, uint32_t currency_slot = kNone) {
    const uint32_t slot = AddSlots(tool, name, type, SlotSource::kArgument, optional);
    tool.arguments.push_back({name, type, slot, optional, default_value, currency_slot,
                              Span{0, 10 + slot, 3, 5}});
    return slot;
  }
  void AddTool(Tool tool, Resource resource);
  void Types();
  Tool Refund();
  Tool Email();
  Tool Transfer();
  Tool Bulk();
  Tool Settle();
  Tool Store();
  Tool Score();
  void AddPolicy();

  Program program_;
  TypeIndex bool_ = 0, int_ = 0, usd_ = 0, money_ = 0, sibling_ = 0, minor_ = 0, string_ = 0,
            email_ = 0, enum_ = 0, enums_ = 0, strings_ = 0, emails_ = 0, ints_ = 0, instant_ = 0,
            duration_ = 0, decimal_ = 0, order_ = 0, line_ = 0, lines_ = 0, scores_ = 0;
};

inline void WorldMaker::Types() {
  program_.enums.push_back({"Kind", {"gift", "loan", "rent"}});
  bool_ = AddType({.kind = TypeKind::kBool});
  int_ = AddType({.kind = TypeKind::kInt});
  usd_ = AddType({.kind = TypeKind::kMoney, .form = MoneyForm::kFixed, .currency = kUsd});
  money_ = AddType({.kind = TypeKind::kMoney, .form = MoneyForm::kObject});
  sibling_ = AddType({.kind = TypeKind::kMoney, .form = MoneyForm::kSibling});
  minor_ = AddType({.kind = TypeKind::kMoney, .form = MoneyForm::kFixed, .minor = true,
                    .currency = kUsd});
  string_ = AddType({.kind = TypeKind::kString, .max = 100});
  email_ = AddType({.kind = TypeKind::kEmail});
  enum_ = AddType({.kind = TypeKind::kEnum, .ref = 0});
  enums_ = AddType({.kind = TypeKind::kSet, .element = enum_, .max = 8});
  strings_ = AddType({.kind = TypeKind::kSet, .element = string_, .max = 4});
  emails_ = AddType({.kind = TypeKind::kList, .element = email_, .max = 4});
  ints_ = AddType({.kind = TypeKind::kSet, .element = int_, .max = 4});
  instant_ = AddType({.kind = TypeKind::kInstant});
  duration_ = AddType({.kind = TypeKind::kDuration});
  decimal_ = AddType({.kind = TypeKind::kDecimal, .ref = 2});
  program_.records.push_back({"Order", {{"owner", string_}, {"status", string_}, {"total", usd_},
                                        {"note", string_, true}}});
  order_ = AddType({.kind = TypeKind::kRecord, .ref = 0});
  program_.records.push_back({"Line", {{"code", string_, true}, {"price", sibling_, true, 2},
                                       {"currency", string_, true}}});
  line_ = AddType({.kind = TypeKind::kRecord, .ref = 1});
  lines_ = AddType({.kind = TypeKind::kList, .element = line_, .max = 4});
  scores_ = AddType({.kind = TypeKind::kList, .element = int_, .max = 4});
}

inline void WorldMaker::AddTool(Tool tool, Resource resource) {
  const auto index = static_cast<uint32_t>(program_.tools.size());
  Action action;
  action.name = tool.name;
  action.tool = index;
  action.has_resource = !resource.scheme.empty();
  action.resource = std::move(resource);
  tool.actions.push_back(static_cast<uint32_t>(program_.actions.size()));
  program_.actions.push_back(std::move(action));
  tool.layout_hash = LayoutHash(program_, tool);
  program_.tools.push_back(std::move(tool));
}

/// process_refund { order_id: string, amount: money in "USD", reason: string?, rows: int = 20 }
/// fact order: Order for order_id within 30s by "shop"; fact limit: money in "USD" for order_id
inline Tool WorldMaker::Refund() {
  Tool tool;
  tool.name = "process_refund";
  const uint32_t order_id = Argument(tool, "order_id", string_);
  Argument(tool, "amount", usd_);
  Argument(tool, "reason", string_, true);
  Argument(tool, "rows", int_, false, AddValue({int64_t{20}}));
  const uint32_t order = AddSlots(tool, "order", order_, SlotSource::kFact);
  tool.facts.push_back({"order", order_, order, {order_id}, 30'000'000, "shop", kNone, {}});
  const uint32_t limit = AddSlots(tool, "limit", usd_, SlotSource::kFact);
  tool.facts.push_back({"limit", usd_, limit, {order_id}, 0, "", kNone, {}});
  const uint32_t live = AddSlots(tool, "environment", string_, SlotSource::kLive);
  tool.live.push_back({"environment", string_, live, false, {}});
  return tool;
}

/// send_email { recipients, cc = [], bcc: list<email> = [] } let everyone = recipients ++ cc ++ bcc
inline Tool WorldMaker::Email() {
  Tool tool;
  tool.name = "send_email";
  const uint32_t none = AddValue({Value::List{}});
  const uint32_t to = Argument(tool, "recipients", emails_);
  const uint32_t cc = Argument(tool, "cc", emails_, false, none);
  const uint32_t bcc = Argument(tool, "bcc", emails_, false, none);
  const uint32_t everyone = AddSlots(tool, "everyone", emails_, SlotSource::kLet);
  tool.lets.push_back({"everyone", everyone, {to, cc, bcc}});
  return tool;
}

/// transfer with a currency beside its amount, and an optional argument of every other type.
inline Tool WorldMaker::Transfer() {
  Tool tool;
  tool.name = "transfer";
  const uint32_t currency = Argument(tool, "currency", string_, false, AddValue({"EUR"}));
  Argument(tool, "amount", sibling_, true, kNone, currency);
  Argument(tool, "fee", money_, true);
  Argument(tool, "cents", minor_, true);
  Argument(tool, "urgent", bool_, true);
  Argument(tool, "count", int_, true);
  Argument(tool, "kind", enum_, true);
  Argument(tool, "kinds", enums_, true);
  Argument(tool, "tags", strings_, true);
  Argument(tool, "numbers", ints_, true);
  Argument(tool, "at", instant_, true);
  Argument(tool, "lasts", duration_, true);
  Argument(tool, "share", decimal_, true);
  Argument(tool, "to", email_, true);
  Argument(tool, "order", order_, true);
  Argument(tool, "lines", lines_, true);
  return tool;
}

/// bulk with eight long lists of wide records, which a short text can fill.
inline Tool WorldMaker::Bulk() {
  RecordType wide{"Wide", {}};
  for (int i = 0; i < 60; ++i) wide.fields.push_back({"f" + std::to_string(i), int_, true});
  program_.records.push_back(std::move(wide));
  const TypeIndex element = AddType({.kind = TypeKind::kRecord, .ref = 2});
  const TypeIndex list = AddType({.kind = TypeKind::kList, .element = element, .max = 4096});
  Tool tool;
  tool.name = "bulk";
  for (int i = 0; i < 8; ++i) Argument(tool, "w" + std::to_string(i), list, true);
  return tool;
}

/// settle { invoice: string, amount: money in terms, number: int?, kind: Kind?, at: instant?
/// resource "invoice://n:{number}/{kind}/{at}" } fact terms: string for invoice;
/// fact open: money in terms for invoice: amounts whose currency another fact names.
inline Tool WorldMaker::Settle() {
  Tool tool;
  tool.name = "settle";
  const uint32_t invoice = Argument(tool, "invoice", string_);
  Argument(tool, "number", int_, true);
  Argument(tool, "kind", enum_, true);
  Argument(tool, "at", instant_, true);
  Argument(tool, "amount", sibling_);
  const uint32_t open = AddSlots(tool, "open", sibling_, SlotSource::kFact);
  const uint32_t terms = AddSlots(tool, "terms", string_, SlotSource::kFact);
  tool.arguments.back().currency_slot = terms;
  tool.facts.push_back({"open", sibling_, open, {invoice}, 0, "", terms, {}});
  tool.facts.push_back({"terms", string_, terms, {invoice}, 0, "", kNone, {}});
  return tool;
}

/// store { payload: json?, parts: list<json>?, card: Card? } record Card { holder: string ... }
/// fact card_on_file: Card for holder
inline Tool WorldMaker::Store() {
  const auto card = static_cast<uint32_t>(program_.records.size());
  program_.records.push_back({"Card", {{"holder", string_}, {"note", string_, true}}, true});
  const TypeIndex card_type = AddType({.kind = TypeKind::kRecord, .ref = card});
  const TypeIndex json = AddType({.kind = TypeKind::kJson, .max = 1000});
  const TypeIndex jsons = AddType({.kind = TypeKind::kList, .element = json, .max = 4});
  Tool tool;
  tool.name = "store";
  const uint32_t holder = Argument(tool, "holder", string_);
  Argument(tool, "payload", json, true);
  Argument(tool, "parts", jsons, true);
  Argument(tool, "card", card_type, true);
  const uint32_t on_file = AddSlots(tool, "on_file", card_type, SlotSource::kFact);
  tool.facts.push_back({"on_file", card_type, on_file, {holder}, 0, "", kNone, {}});
  return tool;
}

/// score { who: list<email> max 4 }, fact scores: int for each who by shop within 30s
inline Tool WorldMaker::Score() {
  Tool tool;
  tool.name = "score";
  const uint32_t who = Argument(tool, "who", emails_);
  const uint32_t scores = AddSlots(tool, "scores", scores_, SlotSource::kFact);
  tool.facts.push_back({"scores", scores_, scores, {who}, 30'000'000, "shop", kNone, {}, 0});
  return tool;
}

/// context bound { customer_id: string, tags: set<string> } policy support
inline void WorldMaker::AddPolicy() {
  program_.bound = {{"customer_id", string_, false, ""}, {"tags", strings_, false, ""}};
  Policy policy;
  policy.name = "support";
  policy.bound = {0, 1};
  program_.policies.push_back(std::move(policy));
}

inline Program WorldMaker::Make() {
  program_.files = {"world.cap"};
  program_.approvers = {"manager", "user"};
  Types();
  Tool refund = Refund();
  const uint32_t owner = refund.facts[0].slot + FieldOffset(program_, 0, 0);
  AddTool(std::move(refund),
          {.scheme = "order",
           .segments = {{"customer", "", 0}, {"", "", 1}},
           .holes = {{HoleSource::kSlot, owner, false, string_},
                     {HoleSource::kSlot, 0, false, string_}},
           .each_slot = kNone,
           .span = {}});
  Tool email = Email();
  const uint32_t everyone = email.lets[0].slot;
  AddTool(std::move(email),
          {.scheme = "email",
           .segments = {{"", "", 0}, {"", "", 1}},
           .holes = {{HoleSource::kElement, 0, true, email_},
                     {HoleSource::kElement, 0, false, email_}},
           .each_slot = everyone,
           .span = {}});
  AddTool(Transfer(), {});
  AddTool(Bulk(), {});
  AddTool(Settle(), {.scheme = "invoice",
                     .segments = {{"n", "", 0}, {"", "", 1}, {"", "", 2}},
                     .holes = {{HoleSource::kSlot, 1, false, int_},
                               {HoleSource::kSlot, 2, false, enum_},
                               {HoleSource::kSlot, 3, false, instant_}},
                     .each_slot = kNone,
                     .span = {}});
  AddTool(Store(), {});
  program_.wrappers = {{"call_tool", "name", "input", {}}, {"batch", "tool", "arguments", {}}};
  AddTool(Score(), {});
  AddPolicy();
  return std::move(program_);
}

inline const Program& World() {
  static const Program kProgram = WorldMaker().Make();
  return kProgram;
}

// --- reading frames by name ---

inline uint32_t SlotNamed(const Frame& frame, std::string_view path) {
  const Tool& tool = World().tools[frame.tool()];
  for (uint32_t i = 0; i < tool.slots.size(); ++i) {
    if (tool.slots[i].path == path) return i;
  }
  return kNone;
}

inline bool Present(const Frame& frame, std::string_view path) {
  return frame.header() != nullptr && BitOf(frame.header()->present, SlotNamed(frame, path));
}
inline bool Poisoned(const Frame& frame, std::string_view path) {
  return frame.header() != nullptr && BitOf(frame.header()->poison, SlotNamed(frame, path));
}
inline FaultNote NoteOf(const Frame& frame, std::string_view path) {
  return frame.note(SlotNamed(frame, path));
}
inline Slot At(const Frame& frame, std::string_view path) {
  return SlotsOf(frame.header())[SlotNamed(frame, path)];
}

/// 0 = well formed; names of the kinds are the enum's.
inline MalformedKind KindOf(const Frame& frame) { return frame.malformed().kind; }

}  // namespace cap::test

#include "runtime/frame/request_json.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "runtime/base/limits.h"
#include "runtime/frame/encode.h"
#include "runtime/frame/frame_builder.h"
#include "runtime/frame/frame_impl.h"
#include "runtime/frame/json_tree.h"
#include "runtime/frame/json_value.h"
#include "runtime/frame/unwrap.h"
#include "runtime/program/layout.h"
#include "runtime/value/duration.h"
#include "runtime/value/instant.h"
#include "runtime/value/money.h"
#include "runtime/value/quote.h"

namespace cap {
namespace {

using Kind = JsonNode::Kind;

/// The first member of `object` that is none of `known`, or null.
const JsonNode* FindUnknown(const JsonTree& tree, const JsonNode& object,
                            std::initializer_list<std::string_view> known) {
  for (const JsonNode* m = tree.First(object); m != nullptr; m = tree.Next(*m)) {
    if (std::ranges::find(known, m->key) == known.end()) return m;
  }
  return nullptr;
}

MalformedKind KindOf(const Error& error) {
  if (error.code == "duplicate-key") return MalformedKind::kDuplicateKey;
  return error.code == "oversize" ? MalformedKind::kOversize : MalformedKind::kBadJson;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool ReadDigest(std::string_view hex, Frame::Digest& digest) {
  if (hex.size() != 2 * digest.size()) return false;
  for (size_t i = 0; i < digest.size(); ++i) {
    const int high = HexValue(hex[2 * i]);
    const int low = HexValue(hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    digest[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return true;
}

}  // namespace

/// Reads one request into a FrameBuilder. Each Read… returns false when the request is malformed in
/// form; what a value means is the builder's to check.
class RequestReader {
 public:
  RequestReader(const Program& program, std::string_view subject, int64_t now_us)
      : program_(program), subject_(subject), now_us_(now_us) {}

  Frame Run(std::string_view json);

 private:
  bool ReadTool();
  bool ReadInputs(FrameBuilder& builder);
  bool ReadArguments(const JsonNode& arguments, FrameBuilder& builder);
  bool ReadLive(const JsonNode& live, FrameBuilder& builder);
  bool ReadFacts(const JsonNode& facts, FrameBuilder& builder);
  bool ReadFact(const JsonNode& fact, const std::string& place, FrameBuilder& builder);
  std::vector<Value> ReadKey(const FactDesc& fact, const JsonNode& key) const;
  bool ReadApprovals(const JsonNode& approvals, FrameBuilder& builder);
  bool ReadId(const JsonNode& id);
  uint32_t CurrencyOf(uint32_t slot) const;
  const JsonNode* ArgumentOrFact(const SlotDesc& slot, std::string_view name) const;

  Result<Value> Read(const JsonNode& node, TypeIndex type, uint32_t currency_slot,
                     Rest rest) const {
    if (node.kind == Kind::kNull) return Value{};
    return ReadJsonValue(program_, *tree_, node, type, CurrencyOf(currency_slot), rest);
  }
  /// A member of the request if it is there; its kind must be `kind`, else `ok` becomes false.
  const JsonNode* Member(const JsonNode& object, std::string_view key, Kind kind,
                         const std::string& place, bool& ok);
  bool Refuse(MalformedKind kind, std::string what, std::string detail) {
    malformed_ = {kind, std::move(what), std::move(detail), {}};
    return false;
  }

  const Program& program_;
  std::string_view subject_;
  int64_t now_us_;
  const JsonTree* tree_ = nullptr;
  uint32_t tool_ = kNone;
  CarriedCall call_;  // what is left when its wrappers are taken off
  std::string id_;
  Malformed malformed_;
};

Frame RequestReader::Run(std::string_view json) {
  const Result<JsonTree> tree = JsonTree::Parse(json);
  if (!tree) return Frame::Refused({KindOf(tree.error()), "request", tree.error().message, {}});
  tree_ = &*tree;
  bool good = ReadTool();
  FrameBuilder builder(program_, tool_, subject_, now_us_);
  good = good && ReadInputs(builder);
  Frame frame = good ? std::move(builder).Seal() : Frame::Refused(std::move(malformed_), tool_);
  frame.impl_->request_id = std::move(id_);
  frame.impl_->wrappers = std::move(call_.wrappers);
  return frame;
}

const JsonNode* RequestReader::Member(const JsonNode& object, std::string_view key, Kind kind,
                                      const std::string& place, bool& ok) {
  const JsonNode* member = tree_->Find(object, key);
  if (member == nullptr || member->kind == kind) return member;
  ok = Refuse(MalformedKind::kBadJson, place + std::string(key),
              DescribeJson(*member) + " does not belong here");
  return nullptr;
}

bool RequestReader::ReadTool() {
  const JsonNode& root = tree_->root();
  if (root.kind != Kind::kObject) {
    return Refuse(MalformedKind::kBadJson, "request", "a request is an object");
  }
  const JsonNode* unknown = FindUnknown(*tree_, root, {"tool", "arguments", "resource", "facts",
                                                       "live", "approvals", "id"});
  if (unknown != nullptr) {
    return Refuse(MalformedKind::kBadJson, SafeName(unknown->key), "no such key in a request");
  }
  if (const JsonNode* id = tree_->Find(root, "id"); id != nullptr && !ReadId(*id)) return false;
  bool ok = true;
  const JsonNode* tool = Member(root, "tool", Kind::kString, "", ok);
  if (tool == nullptr) {
    return ok ? Refuse(MalformedKind::kBadJson, "tool", "a request names its tool") : false;
  }
  call_.tool = tool->text;
  call_.arguments = Member(root, "arguments", Kind::kObject, "", ok);
  if (!ok || !Unwrap(program_, *tree_, call_, malformed_)) return false;
  const std::optional<uint32_t> found = FindTool(program_, call_.tool);
  if (!found) return Refuse(MalformedKind::kUnknownTool, SafeName(call_.tool), "");
  tool_ = *found;
  return true;
}

bool RequestReader::ReadId(const JsonNode& id) {
  if (id.kind != Kind::kString && id.kind != Kind::kNumber) {
    return Refuse(MalformedKind::kBadJson, "id", "an id is a text or a number");
  }
  if (id.text.size() > limits::kRequestIdBytes) {
    return Refuse(MalformedKind::kOversize, "id", "an id has at most 128 bytes");
  }
  id_ = SafeName(id.text);
  return true;
}

bool RequestReader::ReadInputs(FrameBuilder& builder) {
  const JsonNode& root = tree_->root();
  bool ok = true;
  const JsonNode* facts = Member(root, "facts", Kind::kArray, "", ok);
  const JsonNode* live = Member(root, "live", Kind::kObject, "", ok);
  const JsonNode* approvals = Member(root, "approvals", Kind::kArray, "", ok);
  const JsonNode* resource = Member(root, "resource", Kind::kString, "", ok);
  if (!ok) return false;
  if (resource != nullptr) builder.ExpectResource(std::string(resource->text));
  return (call_.arguments == nullptr || ReadArguments(*call_.arguments, builder)) &&
         (facts == nullptr || ReadFacts(*facts, builder)) &&
         (live == nullptr || ReadLive(*live, builder)) &&
         (approvals == nullptr || ReadApprovals(*approvals, builder));
}

bool RequestReader::ReadArguments(const JsonNode& arguments, FrameBuilder& builder) {
  const Tool& tool = program_.tools[tool_];
  for (const JsonNode* m = tree_->First(arguments); m != nullptr; m = tree_->Next(*m)) {
    const auto it = std::ranges::find(tool.arguments, m->key, &ArgumentDesc::name);
    Result<Value> value = Fail("bad-value", DescribeJson(*m));  // of an argument nobody declared
    if (it != tool.arguments.end()) value = Read(*m, it->type, it->currency_slot, Rest::kKeep);
    builder.SetArgument(std::string(m->key), std::move(value));
    // The builder refuses at the first of these; a million of them need not be kept.
    if (it == tool.arguments.end()) break;
  }
  return true;
}

bool RequestReader::ReadLive(const JsonNode& live, FrameBuilder& builder) {
  const Tool& tool = program_.tools[tool_];
  for (const JsonNode* m = tree_->First(live); m != nullptr; m = tree_->Next(*m)) {
    const auto it = std::ranges::find(tool.live, m->key, &LiveDesc::name);
    Result<Value> value = Fail("bad-value", DescribeJson(*m));
    if (it != tool.live.end()) value = Read(*m, it->type, kNone, Rest::kDrop);
    builder.SetLive(std::string(m->key), std::move(value));
    if (it == tool.live.end()) break;
  }
  return true;
}

bool RequestReader::ReadFacts(const JsonNode& facts, FrameBuilder& builder) {
  if (facts.count > limits::kFacts) {
    return Refuse(MalformedKind::kOversize, "facts", "too many facts");
  }
  size_t index = 0;
  for (const JsonNode* m = tree_->First(facts); m != nullptr; m = tree_->Next(*m)) {
    if (!ReadFact(*m, "facts[" + std::to_string(index++) + "]", builder)) return false;
  }
  return true;
}

bool RequestReader::ReadFact(const JsonNode& node, const std::string& place,
                             FrameBuilder& builder) {
  if (node.kind != Kind::kObject) {
    return Refuse(MalformedKind::kBadJson, place, "a fact is an object");
  }
  if (const JsonNode* unknown =
          FindUnknown(*tree_, node, {"name", "key", "as_of", "by", "value"})) {
    return Refuse(MalformedKind::kBadJson, place + "." + SafeName(unknown->key),
                  "no such key in a fact");
  }
  bool ok = true;
  const JsonNode* name = Member(node, "name", Kind::kString, place + ".", ok);
  const JsonNode* as_of = Member(node, "as_of", Kind::kString, place + ".", ok);
  const JsonNode* by = Member(node, "by", Kind::kString, place + ".", ok);
  const JsonNode* key = tree_->Find(node, "key");
  const JsonNode* value = tree_->Find(node, "value");
  if (!ok) return false;
  if (name == nullptr || as_of == nullptr || value == nullptr) {
    return Refuse(MalformedKind::kBadJson, place, "a fact has a name, an as_of and a value");
  }
  const Result<Instant> time = ParseInstant(as_of->text);
  if (!time) return Refuse(MalformedKind::kBadJson, place + ".as_of", time.error().message);

  FactInput fact{.name = std::string(name->text), .as_of_us = time->us,
                 .attestor = by == nullptr ? "" : std::string(by->text),
                 .value = Fail("bad-value", DescribeJson(*value))};
  const Tool& tool = program_.tools[tool_];
  const auto declared = std::ranges::find(tool.facts, name->text, &FactDesc::name);
  if (declared != tool.facts.end()) {
    if (key != nullptr) fact.key = ReadKey(*declared, *key);
    const bool each = declared->each_offset != kNone;
    const TypeIndex type = each ? program_.types[declared->type].element : declared->type;
    fact.value = Read(*value, type, declared->currency_slot, Rest::kDrop);
  }
  builder.AddFact(std::move(fact));
  return true;
}

/// A key that does not fit the declaration becomes a null more than the declaration has, which is
/// the key of no object.
std::vector<Value> RequestReader::ReadKey(const FactDesc& fact, const JsonNode& key) const {
  const Tool& tool = program_.tools[tool_];
  const std::vector<Value> none(fact.key_slots.size() + 1);
  std::vector<Value> out;
  const bool by_name = key.kind == Kind::kObject;
  if (by_name ? key.count != fact.key_slots.size() : fact.key_slots.size() != 1) return none;
  for (const uint32_t slot : fact.key_slots) {
    const SlotDesc& desc = tool.slots[slot];
    const JsonNode* node = by_name ? tree_->Find(key, desc.path) : &key;
    if (node == nullptr) return none;
    TypeIndex type = desc.type;
    if (fact.each_offset != kNone) {
      type = ElementLeafType(program_, program_.types[type].element, fact.each_offset);
    }
    Result<Value> value = ReadJsonValue(program_, *tree_, *node, type, 0);
    if (!value) return none;
    out.push_back(std::move(*value));
  }
  return out;
}

bool RequestReader::ReadApprovals(const JsonNode& approvals, FrameBuilder& builder) {
  if (approvals.count > limits::kApprovals) {
    return Refuse(MalformedKind::kOversize, "approvals", "too many approvals");
  }
  size_t index = 0;
  for (const JsonNode* m = tree_->First(approvals); m != nullptr; m = tree_->Next(*m)) {
    const std::string place = "approvals[" + std::to_string(index++) + "]";
    if (m->kind != Kind::kObject || FindUnknown(*tree_, *m, {"approver", "kind", "digest"})) {
      return Refuse(MalformedKind::kBadJson, place,
                    "an approval is an object with approver, kind and digest");
    }
    bool ok = true;
    const JsonNode* approver = Member(*m, "approver", Kind::kString, place + ".", ok);
    const JsonNode* kind = Member(*m, "kind", Kind::kString, place + ".", ok);
    const JsonNode* digest = Member(*m, "digest", Kind::kString, place + ".", ok);
    if (!ok) return false;
    ApprovalInput approval;
    if (approver == nullptr || digest == nullptr || !ReadDigest(digest->text, approval.digest)) {
      return Refuse(MalformedKind::kBadJson, place,
                    "an approval has an approver and a digest of 64 hexadecimal digits");
    }
    approval.approver = approver->text;
    if (kind != nullptr) approval.kind = kind->text;
    builder.AddApproval(std::move(approval));
  }
  return true;
}

/// The argument `name` as given or by default is not distinguished here: null = left out.
const JsonNode* RequestReader::ArgumentOrFact(const SlotDesc& slot, std::string_view name) const {
  const JsonNode& root = tree_->root();
  if (slot.source == SlotSource::kArgument) {
    return call_.arguments == nullptr ? nullptr : tree_->Find(*call_.arguments, name);
  }
  const JsonNode* facts = tree_->Find(root, "facts");
  if (slot.source != SlotSource::kFact || facts == nullptr) return nullptr;
  for (const JsonNode* m = tree_->First(*facts); m != nullptr; m = tree_->Next(*m)) {
    if (m->kind != Kind::kObject) continue;
    const JsonNode* fact_name = tree_->Find(*m, "name");
    // A second fact of the name poisons the first, and with it the currency (Sealer).
    if (fact_name != nullptr && fact_name->text == name) return tree_->Find(*m, "value");
  }
  return nullptr;
}

/// The currency that the text in `slot` names, 0 if none. Only used to scale the amount beside it;
/// the builder holds the result against the checked value of the slot.
uint32_t RequestReader::CurrencyOf(uint32_t slot) const {
  if (slot == kNone) return 0;
  const Tool& tool = program_.tools[tool_];
  const SlotDesc& desc = tool.slots[slot];
  std::string_view path = desc.path;
  const JsonNode* node = ArgumentOrFact(desc, path.substr(0, path.find('.')));
  while (node != nullptr && path.find('.') != path.npos) {
    path.remove_prefix(path.find('.') + 1);
    node = node->kind == Kind::kObject ? tree_->Find(*node, path.substr(0, path.find('.')))
                                       : nullptr;
  }
  if (node != nullptr) {
    const Currency* found = node->kind == Kind::kString ? FindCurrency(node->text) : nullptr;
    return found == nullptr ? 0 : found->id;
  }
  const auto it = std::ranges::find(tool.arguments, slot, &ArgumentDesc::slot);
  if (it == tool.arguments.end() || it->default_value == kNone) return 0;
  return CurrencyNamedBy(program_.values[it->default_value]);
}

Frame ParseRequest(const Program& program, std::string_view json, std::string_view subject,
                   int64_t now_us) {
  return RequestReader(program, subject, now_us).Run(json);
}

namespace {

Result<std::vector<Field>> ReadBound(const Program& program, const Policy& policy,
                                     const JsonTree& tree, const JsonNode& context) {
  std::vector<Field> out;
  for (const JsonNode* m = tree.First(context); m != nullptr; m = tree.Next(*m)) {
    const auto it = std::ranges::find_if(policy.bound, [&](uint32_t bound) {
      return program.bound[bound].name == m->key;
    });
    if (it == policy.bound.end()) {
      return Fail("grant-unknown-bound", QuoteCut(m->key) + " is no bound context of the policy");
    }
    Result<Value> value = ReadJsonValue(program, tree, *m, program.bound[*it].type, 0);
    if (!value) return Fail("grant-bad-bound", QuoteCut(m->key) + ": " + value.error().message);
    out.push_back({std::string(m->key), std::move(*value)});
  }
  return out;
}

/// A text member, or empty if it is left out.
Result<std::string> TextMember(const JsonTree& tree, std::string_view key) {
  const JsonNode* member = tree.Find(tree.root(), key);
  if (member == nullptr) return std::string();
  if (member->kind != Kind::kString) {
    return Fail("grant-bad-json", "`" + std::string(key) + "` is a text");
  }
  return std::string(member->text);
}

}  // namespace

Result<GrantContext> ParseGrantContext(const Program& program, std::string_view json) {
  const Result<JsonTree> tree = JsonTree::Parse(json);
  if (!tree) return Fail("grant-bad-json", tree.error().message);
  const JsonNode& root = tree->root();
  if (root.kind != Kind::kObject) return Fail("grant-bad-json", "a grant context is an object");
  if (const JsonNode* unknown =
          FindUnknown(*tree, root, {"policy", "subject", "purpose", "context", "ttl"})) {
    return Fail("grant-bad-json", QuoteCut(unknown->key) + " is no key of a grant context");
  }
  GrantContext out;
  std::string ttl;
  for (auto [key, target] : {std::pair("policy", &out.policy), std::pair("subject", &out.subject),
                             std::pair("purpose", &out.purpose), std::pair("ttl", &ttl)}) {
    Result<std::string> text = TextMember(*tree, key);
    if (!text) return std::unexpected(std::move(text.error()));
    *target = std::move(*text);
  }
  if (tree->Find(root, "ttl") != nullptr) {
    const Result<int64_t> ttl_us = ParseDuration(ttl);
    if (!ttl_us) return Fail("grant-bad-json", "`ttl`: " + ttl_us.error().message);
    out.ttl_us = *ttl_us;
  }
  const auto policy = std::ranges::find(program.policies, out.policy, &Policy::name);
  if (policy == program.policies.end()) {
    return Fail("grant-unknown-policy", "no policy is named " + QuoteCut(out.policy));
  }
  const JsonNode* context = tree->Find(root, "context");
  if (context == nullptr) return out;
  if (context->kind != Kind::kObject) return Fail("grant-bad-json", "`context` is an object");
  Result<std::vector<Field>> bound = ReadBound(program, *policy, *tree, *context);
  if (!bound) return std::unexpected(std::move(bound.error()));
  out.bound = std::move(*bound);
  return out;
}

}  // namespace cap

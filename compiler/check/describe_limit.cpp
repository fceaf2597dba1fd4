#include "compiler/check/describe_limit.h"

#include <fmt/core.h>

#include "runtime/value/duration.h"

namespace cap::check {

namespace {

class Description {
 public:
  Description(const Context& context, const LimitUse& use, const Lowering& lowering)
      : context_(context), use_(use), lowering_(lowering) {}

  void Say(std::string text) {
    if (!pieces_.empty() && pieces_.back().kind == TextPiece::Kind::kLiteral) {
      pieces_.back().literal += text;
      return;
    }
    pieces_.push_back({.kind = TextPiece::Kind::kLiteral, .literal = std::move(text)});
  }
  void Show(NodeId id);
  void Amount(const LimitSource& source);
  void Keys(const std::vector<NodeId>& keys);
  void Guard();
  void After(const LimitSource& source);
  void Rate(const LimitSource& source);
  void Quota(const LimitSource& source);
  std::vector<TextPiece> Take() { return std::move(pieces_); }

 private:
  std::string NameOf(NodeId key) const;
  Node Given(NodeId id) const {
    return lowering_.instances().Resolve({id, use_.instance}).node;
  }
  const Value* Literal(NodeId id) const {
    const Node node = Given(id);
    return node.kind == NodeKind::kLiteral ? &context_.program.values[node.index] : nullptr;
  }
  bool IsOne(NodeId id) const {
    const Value* literal = Literal(id);
    return literal != nullptr && literal->v == decltype(literal->v)(int64_t{1});
  }

  const Context& context_;
  const LimitUse& use_;
  const Lowering& lowering_;
  std::vector<TextPiece> pieces_;
};

/// The value where a text can show it, else what the author wrote.
void Description::Show(NodeId id) {
  const Node node = Given(id);
  const uint32_t constant = lowering_.KnownConstant({id, use_.instance});
  if (node.kind == NodeKind::kSlot) {
    pieces_.push_back({.kind = TextPiece::Kind::kSlot, .literal = {}, .index = node.index});
  } else if (constant != kNone) {
    pieces_.push_back({.kind = TextPiece::Kind::kConst, .literal = {}, .index = constant});
  } else {
    Say(std::string(context_.sources.TextOf(node.span)));
  }
}

std::string Description::NameOf(NodeId key) const {
  if (key == kSubjectKey) return "holder";
  const Node node = Given(key);
  if (node.kind != NodeKind::kSlot) return std::string(context_.sources.TextOf(node.span));
  return context_.program.tools[lowering_.tool()].slots[node.index].path;
}

/// What a call counts for, where it is not one.
void Description::Amount(const LimitSource& source) {
  if (source.amount == kNone || IsOne(source.amount)) return;
  Say(", of ");
  Show(source.amount);
}

void Description::Keys(const std::vector<NodeId>& keys) {
  std::string text;
  for (const NodeId key : keys) {
    text += (text.empty() ? "" : " and ") + NameOf(key);
  }
  if (!text.empty()) Say(fmt::format(", for each {}", text));
}

void Description::Guard() {
  if (use_.guard == kNone) return;
  Say(fmt::format(" when {}", context_.sources.TextOf(context_.nodes[use_.guard].span)));
}

/// "only within 1h after `verify` with its `order_id` equal to `id`"
void Description::After(const LimitSource& source) {
  Say(source.kind == LimitKind::kAfter ? "only within " : "not within ");
  Show(source.span);
  Say(fmt::format(" after {}`{}`", source.arguments.empty() ? "any " : "",
                  context_.program.actions[source.action].name));
  for (size_t i = 0; i < source.arguments.size(); ++i) {
    const Node value = Given(source.keys[i]);
    const bool own = value.kind == NodeKind::kSlot &&
                     NameOf(source.keys[i]) == source.arguments[i];
    Say(fmt::format("{}{}", i == 0 ? " with " : " and ", own ? "the same " : ""));
    Say(fmt::format("`{}`", source.arguments[i]));
    if (own) continue;
    Say(" equal to ");
    if (value.kind == NodeKind::kSlot) {
      Say(fmt::format("`{}`", NameOf(source.keys[i])));
    } else {
      Show(source.keys[i]);
    }
  }
}

/// With a burst of 200 a rate of 200 an hour lets 400 through within its first hour.
void Description::Rate(const LimitSource& source) {
  if (source.limit == kNone) {
    const Value* span = Literal(source.span);
    Say(fmt::format("one each {}", span == nullptr
                                       ? std::string("time")
                                       : FormatDuration(std::get<Duration>(span->v))));
    return;
  }
  Show(source.limit);
  if (source.burst == kNone || IsOne(source.burst)) {
    Say(", one at a time");
    return;
  }
  Say(", and up to ");
  Show(source.burst);
  Say(" more at once");
}

void Description::Quota(const LimitSource& source) {
  Say("at most ");
  Show(source.limit);
  const Value* period = Literal(source.period);
  const std::string& name = std::get<EnumMember>(period->v).name;
  if (name == kPeriodNames[static_cast<size_t>(Period::kTotal)]) {
    Say(" in all");
    if (source.span == kNone) return;
    Say(", forgotten after ");
    Show(source.span);
    Say(" without a call");
    return;
  }
  Say(" each " + name);
  if (source.zone != kNone) {
    const Value* zone = Literal(source.zone);
    Say(" of " + context_.program.tables[std::get<TableRef>(zone->v).index].name);
  }
  Say(fmt::format(", and up to twice that where two {}s meet", name));
}

}  // namespace

std::vector<TextPiece> DescribeLimit(const Context& context, const LimitSource& source,
                                     const std::vector<NodeId>& keys, const LimitUse& use,
                                     const Lowering& lowering) {
  Description text(context, use, lowering);
  switch (source.kind) {
    case LimitKind::kRate: text.Rate(source); break;
    case LimitKind::kRecent:
      text.Say("at most ");
      text.Show(source.limit);
      text.Say(" within any ");
      text.Show(source.span);
      break;
    case LimitKind::kQuota: text.Quota(source); break;
    case LimitKind::kGauge:
      text.Say("at most ");
      text.Show(source.limit);
      text.Say(" at one time, each for at most ");
      text.Show(source.span);
      break;
    case LimitKind::kAfter:
    case LimitKind::kNotAfter:
      text.After(source);
      text.Guard();
      return text.Take();
  }
  text.Amount(source);
  text.Keys(keys);
  text.Guard();
  return text.Take();
}

}  // namespace cap::check

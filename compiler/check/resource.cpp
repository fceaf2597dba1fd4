// `resource "scheme://…"`: what a call acts on, derived from the call.
#include <fmt/core.h>

#include "compiler/check/action.h"
#include "compiler/check/names_in_text.h"
#include "compiler/check/segments.h"
#include "runtime/base/limits.h"
#include "runtime/value/text.h"

namespace cap::check {

namespace {

class ResourceChecker {
 public:
  ResourceChecker(Context& context, ActionInfo& info, const ast::Resource& decl)
      : context_(context), info_(info), decl_(decl), checker_(context, *info.module, *info.scope) {}

  bool Run(Resource& resource);

 private:
  bool Each(Resource& resource);
  bool Hole(const SegmentText& text, Resource& resource, ResourceSegment& segment);
  bool FillHole(NodeId id, ResourceHole& hole);

  Context& context_;
  ActionInfo& info_;
  const ast::Resource& decl_;
  ExprChecker checker_;
};

bool ResourceChecker::Each(Resource& resource) {
  if (!decl_.each_variable || !decl_.each_list) return true;
  const NodeId list = checker_.Check(*decl_.each_list);
  NodeId variable = context_.nodes.Error(decl_.each_variable->span);
  bool good = false;
  if (!context_.nodes.IsError(list)) {
    const Node node = context_.nodes[list];
    good = node.kind == NodeKind::kSlot && context_.types.IsContainer(node.type) &&
           ClassOf(context_.program, node.type) == ValueClass::kList;
    if (good) {
      resource.each_slot = node.index;
      variable = context_.nodes.Add({.kind = NodeKind::kElement,
                                     .type = context_.types[node.type].element,
                                     .index = context_.variables++,
                                     .span = decl_.each_variable->span});
    } else {
      context_.Error(
          diag::Code::kNotAList, node.span,
          {.message = fmt::format("`each` goes through a list of the call, but {} is {}",
                                  context_.Quoted(node.span), context_.TypeName(list)),
           .label = context_.TypeName(list),
           .help = "name a list or a set of texts; sets of enum members have no elements",
           .notes = {}});
    }
  }
  const bool declared = info_.scope->Declare({.name = decl_.each_variable->text,
                                              .span = decl_.each_variable->span,
                                              .kind = SymbolKind::kVariable,
                                              .node = variable});
  return good && declared;
}

bool ResourceChecker::FillHole(NodeId id, ResourceHole& hole) {
  Node node = context_.nodes[id];
  const SourceSpan span = node.span;
  if (node.kind == NodeKind::kOperation && 
      (node.op == Op::kEmailDomain || node.op == Op::kUrlHost)) {
    hole.email_domain = true;
    node = context_.nodes[node.left];
  }
  const bool from_call = node.kind == NodeKind::kSlot || node.kind == NodeKind::kElement;
  if (!from_call) {
    const bool bound = node.kind == NodeKind::kBound;
    context_.Error(diag::Code::kBadHole, span,
                   {.message = fmt::format("{} is no value of the call", context_.Quoted(span)),
                    .label = bound ? "fixed by the mint" : "computed",
                    .help = bound ? "hold the resource to bound context in the pattern of a "
                                    "capability: `on \"…/{{…}}\"`"
                                  : "a resource is made of arguments, facts and live values",
                    .notes = {}});
    return false;
  }
  hole.source = node.kind == NodeKind::kSlot ? HoleSource::kSlot : HoleSource::kElement;
  hole.index = node.kind == NodeKind::kSlot ? node.index : node.offset;
  hole.type = node.type;
  const TypeKind kind = context_.types.KindOf(node.type);
  // A network and a whole url hold separators, so that they would fault in every call.
  const bool segments = kind == TypeKind::kCidr || (kind == TypeKind::kUrl && !hole.email_domain);
  const bool text = (IsTextKind(kind) && !segments) || kind == TypeKind::kInt ||
                    kind == TypeKind::kEnum || kind == TypeKind::kInstant ||
                    kind == TypeKind::kDate;
  if (text) return true;
  context_.Error(diag::Code::kBadHole, span,
                 {.message = fmt::format("{} is {}, which is no part of a name",
                                         context_.Quoted(span), context_.types.NameOf(node.type)),
                  .label = context_.types.NameOf(node.type),
                  .help = kind == TypeKind::kList || kind == TypeKind::kSet
                              ? "one resource an element: `resource each x in xs \"…/{x}\"`"
                          : kind == TypeKind::kUrl ? "use a part of it: `{u.host}`"
                              : "use a text, int, enum, instant or date",
                  .notes = {}});
  return false;
}

bool ResourceChecker::Hole(const SegmentText& text, Resource& resource, ResourceSegment& segment) {
  const std::vector<ast::Ident> path = ReadDottedName(text.value, text.value_span);
  if (path.empty()) {
    context_.Error(diag::Code::kBadResource, text.value_span,
                   {.message = fmt::format("`{}` is no name", text.value),
                    .label = "a name, or a path like `order.owner`",
                    .help = "name a computed value in a fact or an argument of its own",
                    .notes = {}});
    return false;
  }
  const NodeId node = checker_.CheckDotted(path);
  if (context_.nodes.IsError(node)) return false;
  ResourceHole hole;
  if (!FillHole(node, hole)) return false;
  if (resource.holes.size() == limits::kResourceHoles) {
    context_.Error(
        diag::Code::kTooManyHoles, text.value_span,
        {.message = fmt::format("a resource has at most {} values", limits::kResourceHoles),
         .label = "one too many",
         .help = {},
         .notes = {}});
    return false;
  }
  segment.hole = static_cast<uint32_t>(resource.holes.size());
  resource.holes.push_back(hole);
  return true;
}

bool ResourceChecker::Run(Resource& resource) {
  const size_t mark = info_.scope->Mark();
  bool good = Each(resource);
  const std::optional<ResourceText> text =
      ReadSegments(context_, decl_.pattern, TextUse::kResource);
  if (!text) good = false;
  // Without its variable a resource would only lead to reports that follow from the first.
  if (text && good) {
    resource.scheme = text->scheme;
    resource.span = context_.Place(decl_.span);
    for (const SegmentText& part : text->segments) {
      ResourceSegment segment{.key = part.key, .literal = {}, .hole = kNone};
      if (part.kind == SegmentText::Kind::kHole) {
        good = Hole(part, resource, segment) && good;
      } else {
        segment.literal = part.value;
      }
      resource.segments.push_back(std::move(segment));
    }
  }
  info_.scope->Release(mark);
  return good;
}

}  // namespace

bool CheckResource(Context& context, ActionInfo& info, uint32_t action) {
  const std::vector<ast::Resource>& declared = info.decl->resources;
  if (declared.empty()) return false;
  for (size_t i = 1; i < declared.size(); ++i) {
    context.Error(
        diag::Code::kSeveralResources, declared[i].span,
        {.message = fmt::format("the action `{}` has a resource already", info.decl->name.text),
         .label = "another one",
         .help = "an action acts on one resource, or on one an element of a list",
         .notes = {{declared.front().span, "the first one"}}});
  }
  Resource resource;
  if (!ResourceChecker(context, info, declared.front()).Run(resource)) return false;
  context.program.actions[action].has_resource = true;
  context.program.actions[action].resource = std::move(resource);
  return true;
}

}  // namespace cap::check

// Enums, records, approvers, purposes.
#include "compiler/check/declare.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/check/declare_record.h"
#include "runtime/base/limits.h"
#include "runtime/program/layout.h"

namespace cap::check {

namespace {

class Declarer {
 public:
  explicit Declarer(Context& context) : context_(context), names_(context.names.types) {}

  void Run();

 private:
  // One record's fields that are, or hold, other records: an edge to follow.
  struct Edge {
    uint32_t target = 0;  // index into names_
    SourceSpan span;
    const ast::Param* field = nullptr;
  };

  const ast::Module& ModuleOf(uint32_t type) const { return context_.modules[names_[type].module]; }
  template <typename Decl>
  const Decl* DeclOf(uint32_t type) const {
    return std::get_if<Decl>(&ModuleOf(type).decls[names_[type].decl].node);
  }

  void DeclareEnum(uint32_t type, const ast::EnumDecl& decl);
  void FillRecord(uint32_t type, const ast::RecordDecl& decl);
  void AddField(uint32_t record, const ast::Module& module, const ast::Param& param);
  std::vector<Edge> EdgesOf(uint32_t type) const;
  void Visit(uint32_t start);
  void ReportCycle(uint32_t type, const Edge& edge);

  Context& context_;
  const resolve::Table& names_;
  enum class Colour : uint8_t { kNew, kOpen, kDone };
  std::vector<Colour> colours_;
  std::vector<uint32_t> order_;         // records, those that others hold first
  std::vector<const ast::Param*> cut_;  // fields that close a cycle
};

void Declarer::Run() {
  const auto count = static_cast<uint32_t>(names_.entries().size());
  context_.named_types.assign(count, kNone);
  for (uint32_t i = 0; i < count; ++i) {
    if (const auto* decl = DeclOf<ast::EnumDecl>(i)) {
      DeclareEnum(i, *decl);
    } else if (DeclOf<ast::RecordDecl>(i) != nullptr) {
      const auto record = static_cast<uint32_t>(context_.program.records.size());
      context_.program.records.push_back({names_[i].name, {}, DeclOf<ast::RecordDecl>(i)->open});
      context_.named_types[i] = context_.types.Record(record);
    }
  }
  context_.bad_fields.resize(context_.program.records.size());
  context_.record_depths.assign(context_.program.records.size(), 1);
  colours_.assign(count, Colour::kNew);
  for (uint32_t i = 0; i < count; ++i) Visit(i);
  for (const uint32_t type : order_) FillRecord(type, *DeclOf<ast::RecordDecl>(type));
}

void Declarer::DeclareEnum(uint32_t type, const ast::EnumDecl& decl) {
  EnumType made{decl.name.text, {}};
  for (const ast::Text& member : decl.members) {
    if (std::ranges::find(made.members, member.text) != made.members.end() || member.text.empty()) {
      context_.Error(
          diag::Code::kMemberTwice, member.span,
          {.message = member.text.empty()
                          ? std::string("a member of an enum has a text")
                          : fmt::format("the member \"{}\" is written twice", member.text),
           .label = member.text.empty() ? "empty" : "again",
           .help = "leave it out",
           .notes = {}});
      continue;
    }
    if (made.members.size() == limits::kEnumMembers) {
      context_.Error(
          diag::Code::kTooManyMembers, member.span,
          {.message = fmt::format("an enum has at most {} members", limits::kEnumMembers),
           .label = "one too many",
           .help = "use a `string` where the set is open",
           .notes = {}});
      break;
    }
    made.members.push_back(member.text);
  }
  if (made.members.empty()) return;  // the parser said so
  const auto index = static_cast<uint32_t>(context_.program.enums.size());
  context_.program.enums.push_back(std::move(made));
  context_.named_types[type] = context_.types.Enum(index);
  if (decl.ordered) context_.types.SetOrdered(index);
}

std::vector<Declarer::Edge> Declarer::EdgesOf(uint32_t type) const {
  std::vector<Edge> edges;
  const auto* decl = DeclOf<ast::RecordDecl>(type);
  if (decl == nullptr) return edges;
  const ast::Module& module = ModuleOf(type);
  for (const ast::Param& field : decl->fields) {
    // Through sets, lists and records without a name, whose types belong to this one.
    std::vector<ast::TypeId> open = {field.type};
    while (!open.empty()) {
      const ast::Type& at = module[open.back()];
      open.pop_back();
      open.insert(open.end(), at.arguments.begin(), at.arguments.end());
      for (const ast::Param& inner : at.fields) open.push_back(inner.type);
      const uint32_t target = names_.Find(at.name.text);
      if (target != kNone && DeclOf<ast::RecordDecl>(target) != nullptr) {
        edges.push_back({target, at.span, &field});
      }
    }
  }
  return edges;
}

/// Depth first, with its own stack: chains of records are as long as the file allows.
void Declarer::Visit(uint32_t start) {
  struct Open {
    uint32_t type;
    std::vector<Edge> edges;
    size_t next = 0;
  };
  if (colours_[start] != Colour::kNew || DeclOf<ast::RecordDecl>(start) == nullptr) return;
  std::vector<Open> open;
  const auto enter = [&](uint32_t type) {
    colours_[type] = Colour::kOpen;
    open.push_back({type, EdgesOf(type)});
  };
  enter(start);
  while (!open.empty()) {
    Open& top = open.back();
    if (top.next == top.edges.size()) {
      colours_[top.type] = Colour::kDone;
      order_.push_back(top.type);
      open.pop_back();
      continue;
    }
    const Edge edge = top.edges[top.next++];
    if (colours_[edge.target] == Colour::kOpen) {
      ReportCycle(top.type, edge);
    } else if (colours_[edge.target] == Colour::kNew) {
      enter(edge.target);
    }
  }
}

void Declarer::ReportCycle(uint32_t type, const Edge& edge) {
  cut_.push_back(edge.field);
  const std::string& name = names_[edge.target].name;
  context_.Error(diag::Code::kRecursiveRecord, edge.span,
                 {.message = fmt::format("the record `{}` contains itself", name),
                  .label = edge.target == type ? "itself" : "and so on without end",
                  .help = "a value has a fixed size: name the other one by its id",
                  .notes = {{names_[edge.target].span, "declared here"}}});
}

void Declarer::FillRecord(uint32_t type, const ast::RecordDecl& decl) {
  const uint32_t record = context_.types[context_.named_types[type]].ref;
  for (const ast::Param& field : decl.fields) AddField(record, ModuleOf(type), field);
  SetCurrencyFields(context_, ModuleOf(type), decl.fields, context_.program.records[record],
                    context_.bad_fields[record]);
  NestsTooDeep(context_, context_.record_depths[record], decl.name.span);
}

void Declarer::AddField(uint32_t record, const ast::Module& module, const ast::Param& param) {
  std::unordered_set<std::string>& bad = context_.bad_fields[record];
  const size_t count = context_.program.records[record].fields.size();
  if (count >= limits::kFrameSlots) {  // reported once, at the first one too many
    if (count == limits::kFrameSlots && bad.insert(std::string()).second) {
      context_.Error(diag::Code::kRecordTooWide, param.name.span,
                     {.message = fmt::format("a record has at most {} fields", limits::kFrameSlots),
                      .label = "one too many",
                      .help = "declare only the fields that the policy reads",
                      .notes = {}});
    }
    bad.insert(param.name.text);
    return;
  }
  if (std::ranges::find(cut_, &param) != cut_.end()) {
    bad.insert(param.name.text);
    return;
  }
  if (!FieldMayStand(context_, module, context_.program.records[record], param)) return;
  const DeclaredType declared = DeclareType(context_, module, param.type, TypePlace::kField);
  if (declared.type == kNone || param.name.text.empty()) {
    bad.insert(param.name.text);
    return;
  }
  uint32_t& depth = context_.record_depths[record];
  depth = std::max(depth, NestingOf(context_, declared.type));
  context_.program.records[record].fields.push_back(
      {.name = param.name.text, .type = declared.type, .optional = declared.optional});
}

void DeclareHolders(Context& context) {
  const std::vector<resolve::Entry>& approvers = context.names.approvers.entries();
  for (size_t i = 0; i < approvers.size(); ++i) {
    if (i == limits::kApprovers) {
      context.Error(
          diag::Code::kTooManyApprovers, approvers[i].span,
          {.message = fmt::format("a module declares at most {} approvers", limits::kApprovers),
           .label = "one too many",
           .help = "approvers are roles, not people",
           .notes = {}});
      break;
    }
    context.program.approvers.push_back(approvers[i].name);
  }
  for (const resolve::Entry& entry : context.names.purposes.entries()) {
    const ast::Decl& decl = context.modules[entry.module].decls[entry.decl];
    context.program.purposes.push_back(
        {entry.name, std::get<ast::PurposeDecl>(decl.node).text.text});
  }
}

}  // namespace

void DeclareNamed(Context& context) {
  Declarer(context).Run();
  DeclareHolders(context);
}

}  // namespace cap::check

// Maps, ends of lists and whole sets in generated expressions, and what they mean.
#include <algorithm>

#include "runtime/value/map.h"
#include "tests/diff/expressions.h"
#include "tests/diff/oracle.h"

namespace cap::diff {

using test::Chance;

/// An element that is asked for by its place or its key: of a list or map of values of this type.
ExprPtr ExpressionMaker::ElementOf(Ty ty) {
  const ExprPtr from = Pick([ty](const Var& var) {
    const TyInfo& info = InfoOf(var.ty);
    return (info.kind == Kind::kList && info.element == ty) ||
           (info.kind == Kind::kMap && info.value == ty);
  });
  if (from == nullptr) return nullptr;
  Expr picked;
  picked.op = ExprOp::kPick;
  picked.ty = ty;
  picked.kids = {from};
  if (InfoOf(from->ty).kind != Kind::kMap) {
    picked.def = Dice(2) == 0 ? "first" : "last";
    return Make(std::move(picked));
  }
  const ExprPtr key = Key(from->ty);
  if (key == nullptr) return nullptr;
  picked.kids.push_back(key);
  return Make(std::move(picked));
}

ExprPtr ExpressionMaker::Key(Ty map) {
  const Ty key = InfoOf(map).key;
  const ExprPtr var = Chance(random_, 0.5) ? VarOf(key) : nullptr;
  return var != nullptr ? var : Literal(key);
}

/// The same element, read at one of its fields.
ExprPtr ExpressionMaker::FieldOf(const Expr& element, const FieldModel& field) {
  Expr read = element;
  read.ty = field.ty;
  read.compare = field.name;
  return Make(std::move(read));
}

/// A value of this type that is an element, or a field of one.
ExprPtr ExpressionMaker::Picked(Ty ty) {
  const ExprPtr whole = Dice(2) == 0 ? ElementOf(ty) : nullptr;
  if (whole != nullptr) return whole;
  std::vector<const FieldModel*> fitting;
  for (const FieldModel& field : FieldsOf(kItem)) {
    if (field.ty == ty && !field.optional) fitting.push_back(&field);
  }
  if (fitting.empty()) return nullptr;
  const ExprPtr item = ElementOf(kItem);
  return item == nullptr ? nullptr : FieldOf(*item, *fitting[Dice(fitting.size())]);
}

/// A test of an optional field of an element, alone or before a question about it.
ExprPtr ExpressionMaker::PickedTest(int depth) {
  const ExprPtr item = ElementOf(kItem);
  if (item == nullptr) return nullptr;
  std::vector<const FieldModel*> optionals;
  for (const FieldModel& field : FieldsOf(kItem)) {
    if (field.optional) optionals.push_back(&field);
  }
  const FieldModel& field = *optionals[Dice(optionals.size())];
  const ExprPtr read = FieldOf(*item, field);
  static const char* kWords[] = {"present", "absent", "null"};
  const uint64_t word = Dice(3);
  Expr test = *read;
  test.op = ExprOp::kPickTest;
  test.ty = kBool;
  test.var.text = kWords[word];
  const ExprPtr tested = Make(std::move(test));
  if (depth <= 0 || word == 2 || field.ty == kAnything) return tested;
  return Node(word == 0 ? ExprOp::kAnd : ExprOp::kOr, kBool, {tested, Condition(read)});
}

/// `k in m`, often before a question about what stands there.
ExprPtr ExpressionMaker::HasKey(int depth) {
  const ExprPtr map = VarOfKind(Kind::kMap);
  if (map == nullptr) return nullptr;
  const ExprPtr key = Key(map->ty);
  const ExprPtr has = Node(ExprOp::kHasKey, kBool, {map, key});
  const Ty value = InfoOf(map->ty).value;
  if (depth <= 0 || value == kItem || Chance(random_, 0.4)) return has;
  const ExprPtr there = Node(ExprOp::kPick, value, {map, key});
  return Node(ExprOp::kAnd, kBool, {has, Condition(there)});
}

ExprPtr ExpressionMaker::Collection(int depth) {
  switch (Dice(5)) {
    case 0: return HasKey(depth);
    case 1: return PickedTest(depth);
    case 2: {
      static const Ty kSets[] = {kColors, kTags, kNumbers, kShareSet, kShareSet, kDays};
      const Ty ty = kSets[Dice(6)];
      return Node(ExprOp::kCompare, kBool,
                  {VarOf(ty), Chance(random_, 0.6) ? Literal(ty) : VarOf(ty)},
                  Dice(2) == 0 ? "==" : "!=");
    }
    default: {
      static const Ty kTys[] = {kInt,  kString, kEmail,    kColor, kBool, kUsd,
                                kPath, kShare,  kDuration, kInt,   kUsd,  kString};
      const ExprPtr picked = Picked(kTys[Dice(12)]);
      return picked == nullptr ? nullptr : Condition(picked);
    }
  }
}

const Value* Oracle::Element(const Expr& expr) {
  const Value* from = Get(*expr.kids[0]);
  if (from == nullptr) return nullptr;
  const auto& list = std::get<Value::List>(from->v);
  if (expr.kids.size() == 1) {
    if (list.empty()) return nullptr;
    return expr.def == "first" ? &list.front() : &list.back();
  }
  const Value* key = Get(*expr.kids[1]);
  if (key == nullptr) return nullptr;
  const auto found = std::ranges::find(list, *key, KeyOfRow);
  return found == list.end() ? nullptr : &ValueOfRow(*found);
}

const Value* Oracle::Picked(const Expr& expr) {
  const Value* element = Element(expr);
  if (element == nullptr || expr.compare.empty()) return element;
  const auto& record = std::get<Value::Record>(element->v);
  const auto field = std::ranges::find(record, expr.compare, &Field::name);
  return OrNull(field == record.end() ? nullptr : &field->value).value;
}

Tri Oracle::PickTest(const Expr& expr) {
  const auto of = [](bool value) { return value ? Tri::kTrue : Tri::kFalse; };
  const Value* element = Element(expr);
  if (element == nullptr) return Tri::kFault;
  const auto& record = std::get<Value::Record>(element->v);
  const auto field = std::ranges::find(record, expr.compare, &Field::name);
  const Read read = OrNull(field == record.end() ? nullptr : &field->value);
  if (expr.var.text == "null") return of(read.null);
  return of((read.value != nullptr) == (expr.var.text == "present"));
}

Tri Oracle::HasKey(const Expr& expr) {
  const Value* map = Get(*expr.kids[0]);
  const Value* key = Get(*expr.kids[1]);
  if (map == nullptr || key == nullptr) return Tri::kFault;
  const auto& list = std::get<Value::List>(map->v);
  return std::ranges::find(list, *key, KeyOfRow) == list.end() ? Tri::kFalse : Tri::kTrue;
}

}  // namespace cap::diff

#include "compiler/check/shapes.h"

namespace cap::check {

namespace {

void Append(std::string& key, uint32_t word) {
  for (int shift = 0; shift < 32; shift += 8) key += static_cast<char>(word >> shift & 0xFF);
}

std::string KeyOf(const Shape& shape, const std::vector<Inst>& insts,
                  const std::vector<Clause>& clauses) {
  std::string key;
  Append(key, static_cast<uint32_t>(shape.kind));
  Append(key, shape.tool);
  Append(key, static_cast<uint32_t>(insts.size()));
  for (const Inst& inst : insts) {
    Append(key, static_cast<uint32_t>(inst.op) << 16 | inst.type);
    Append(key, inst.a);
    Append(key, inst.b);
  }
  Append(key, static_cast<uint32_t>(clauses.size()));
  for (const Clause& clause : clauses) {
    Append(key, clause.end);
    Append(key, clause.observed);
    Append(key, clause.limit);
    Append(key, static_cast<uint32_t>(clause.kind));
  }
  for (const TypeIndex type : shape.const_types) Append(key, type);
  return key;
}

}  // namespace

uint32_t Shapes::Add(Shape shape, const std::vector<Inst>& insts,
                     const std::vector<Clause>& clauses) {
  const auto next = static_cast<uint32_t>(program_.shapes.size());
  const auto [at, added] = known_.emplace(KeyOf(shape, insts, clauses), next);
  if (!added) return at->second;
  shape.first_inst = static_cast<uint32_t>(program_.insts.size());
  shape.inst_count = static_cast<uint32_t>(insts.size());
  shape.first_clause = static_cast<uint32_t>(program_.clauses.size());
  shape.clause_count = static_cast<uint32_t>(clauses.size());
  program_.insts.insert(program_.insts.end(), insts.begin(), insts.end());
  program_.clauses.insert(program_.clauses.end(), clauses.begin(), clauses.end());
  program_.shapes.push_back(std::move(shape));
  return next;
}

}  // namespace cap::check

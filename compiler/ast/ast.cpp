#include "compiler/ast/ast.h"

namespace cap::ast {

std::string QualifiedName::Joined() const {
  std::string joined;
  for (const Ident& part : parts) {
    if (!joined.empty()) joined += '.';
    joined += part.text;
  }
  return joined;
}

}  // namespace cap::ast

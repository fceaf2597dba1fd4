// Expressions about paths, addresses, networks and urls.
#include "tests/diff/expressions.h"

namespace cap::diff {

using test::Chance;

ExprPtr ExpressionMaker::UrlPart(Ty ty, const std::string& part) {
  return Node(ExprOp::kPart, ty, {VarOf(kUrl)}, part);
}

/// A path: an argument, or of a url.
ExprPtr ExpressionMaker::PathOf() {
  if (Chance(random_, 0.75)) {
    if (const ExprPtr part = UrlPart(kPath, "path")) return part;
  }
  return VarOf(kPath);
}

/// A literal that something can be under.
ExprPtr ExpressionMaker::PlaceLiteral(Ty ty) {
  for (;;) {
    Value value = Simple(ty);
    if (std::get<std::string>(value.v).find_first_of("?#") != std::string::npos) continue;
    return LiteralOf(ty, std::move(value));
  }
}

ExprPtr ExpressionMaker::Place() {
  const auto right = [&](Ty ty) { return Chance(random_, 0.65) ? PlaceLiteral(ty) : VarOf(ty); };
  const auto list = [&](Ty ty) { return Chance(random_, 0.6) ? Literal(ty) : VarOf(ty); };
  const std::string equal = Dice(2) == 0 ? "==" : "!=";
  switch (Dice(12)) {
    case 0:
    case 1:
      return Node(ExprOp::kUnder, kBool, {PathOf(), right(kPath)});
    case 2:
    case 3:
      return Node(ExprOp::kUnder, kBool, {VarOf(kUrl), right(kUrl)});
    case 4:
      return Node(ExprOp::kUnder, kBool, {VarOf(kCidr), right(kCidr)});
    case 5:
      return Node(ExprOp::kIn, kBool, {VarOf(kIp), right(kCidr)});
    case 6:
    case 7:
      return Node(ExprOp::kIn, kBool, {VarOf(kIp), list(kNets)});
    case 8: {
      static const std::vector<std::string> kHosts = {"api.example.com", "api.example.com.evil.io",
                                                      "10.0.0.1", "[2001:db8::1]"};
      return Node(ExprOp::kCompare, kBool,
                  {UrlPart(kString, "host"), LiteralOf(kString, {kHosts[Dice(kHosts.size())]})},
                  equal);
    }
    case 9: {
      static const std::vector<std::string> kSchemes = {"https", "http", "wss"};
      return Node(
          ExprOp::kCompare, kBool,
          {UrlPart(kString, "scheme"), LiteralOf(kString, {kSchemes[Dice(kSchemes.size())]})},
          equal);
    }
    case 10: {
      static const std::vector<int64_t> kPorts = {443, 80, 8443};
      return Node(ExprOp::kCompare, kBool,
                  {UrlPart(kInt, "port"), LiteralOf(kInt, {kPorts[Dice(kPorts.size())]})}, equal);
    }
    default: {
      static const Ty kTys[] = {kPath, kIp, kCidr, kUrl};
      const Ty ty = kTys[Dice(4)];
      return Node(ExprOp::kCompare, kBool,
                  {VarOf(ty), Chance(random_, 0.6) ? Literal(ty) : VarOf(ty)}, equal);
    }
  }
}

}  // namespace cap::diff

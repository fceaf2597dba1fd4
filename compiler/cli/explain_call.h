// `capc explain --policy … REQUEST`: why a call is decided as it is.
#pragma once

#include <string>

#include "compiler/cli/io.h"

namespace cap::cli {

struct ExplainCallOptions {
  std::string policy;
  std::string grant;
  std::string now;      // RFC 3339; empty: the clock
  std::string request;  // a file; empty or "-": standard input
  bool json = false;
  SourceOptions source;
};

/// Prints the decision of each request and what every rule said; the status is as `capc eval` has
/// it.
int ExplainCall(const ExplainCallOptions& options);

}  // namespace cap::cli

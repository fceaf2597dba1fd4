// `data name: type`: values that come with the bundle, from JSON files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/frame/json_tree.h"

namespace cap::check {

struct Context;

/// One file: an object with a member a datum. An Error: it cannot be read.
struct DataFile {
  std::string path;  // for messages
  Result<JsonTree> json;
};

/// What gives the values: first the files that whoever compiles names, then the file beside the
/// module that declares the datum, then the one beside the policy.
struct DataFiles {
  std::vector<DataFile> given;
  std::vector<std::optional<DataFile>> beside;  // parallel to the modules; the policy's first
};

/// Checks every datum and makes it a literal: fills Context::data. A datum that is missing or does
/// not fit is reported at its declaration, and what a file holds and no module declares at the
/// module that the file belongs to. Cost: linear in the files.
void DeclareData(Context& context, const DataFiles& files);

}  // namespace cap::check

// capc init: a small project to begin with.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "compiler/cli/cli.h"
#include "compiler/cli/io.h"
#include "compiler/diag/json_text.h"
#include "runtime/value/quote.h"

namespace cap::cli {

namespace {

namespace fs = std::filesystem;

struct StartFile {
  const char* name;
  std::string_view text;
};

constexpr std::array<StartFile, 5> kFiles = {{
    {"policy.cap", R"(// What the agent may do. README.md says how to check, test and try it.
module policy
import std.approval
import std.money

approver manager
context bound { customer: string }

enum OrderStatus { "open", "delivered", "returned" }
record Order { owner: string, status: OrderStatus, total: money in "USD" }

@risk(high)
action process_refund {
  order_id: string
  amount: money in "USD"
  fact order: Order for order_id by shop within 30s
  resource "order://customer:{order.owner}/{order_id}"
}

policy support {
  version "1.0"
  expires after 8h

  capability process_refund on "order://customer:{{customer}}/*" {
    maxAmount(500.00 USD)
    require amount <= order.total
    requireApproval(by: manager) when amount > 100.00 USD
  }

  forbid process_refund when order.status == "returned"
}
)"},
    {"policy.capt", R"(What must come of some calls. `capc test policy.capt` runs them.

--- policy: policy.cap

--- grant: grant.json

--- test: a small refund
call process_refund {"order_id": "A-1", "amount": 50.00}
fact order("A-1") by shop = {"owner": "C1", "status": "delivered", "total": 80.00}
=> permit

--- test: another customer's order
call process_refund {"order_id": "B-1", "amount": 50.00}
fact order("B-1") by shop = {"owner": "C2", "status": "delivered", "total": 80.00}
=> deny no_capability

--- test: over the limit
call process_refund {"order_id": "A-1", "amount": 750.00}
fact order("A-1") by shop = {"owner": "C1", "status": "delivered", "total": 800.00}
approved by manager
=> deny constraint_failed maxAmount

--- test: more than was paid
call process_refund {"order_id": "A-1", "amount": 90.00}
fact order("A-1") by shop = {"owner": "C1", "status": "delivered", "total": 80.00}
=> deny constraint_failed require

--- test: a large refund needs the manager
call process_refund {"order_id": "A-1", "amount": 200.00}
fact order("A-1") by shop = {"owner": "C1", "status": "delivered", "total": 800.00}
=> step-up step_up requireApproval

--- test: and has the manager's approval
call process_refund {"order_id": "A-1", "amount": 200.00}
fact order("A-1") by shop = {"owner": "C1", "status": "delivered", "total": 800.00}
approved by manager
=> permit

--- test: an order that came back
call process_refund {"order_id": "A-1", "amount": 50.00}
fact order("A-1") by shop = {"owner": "C1", "status": "returned", "total": 80.00}
=> deny forbidden
)"},
    {"grant.json", R"({
  "policy": "support",
  "subject": "support-bot-1",
  "context": {"customer": "C1"},
  "ttl": "8h"
}
)"},
    {"request.json", R"({
  "tool": "process_refund",
  "arguments": {"order_id": "A-1", "amount": 50.00},
  "facts": [
    {"name": "order", "key": "A-1", "by": "shop", "as_of": "2026-01-01T09:59:55Z",
     "value": {"owner": "C1", "status": "delivered", "total": 80.00}}
  ]
}
)"},
    {"README.md", R"(# A policy for an agent

| file | holds |
|---|---|
| `policy.cap` | what the agent may do |
| `policy.capt` | calls, and what must come of each |
| `grant.json` | who holds the policy, and for which customer |
| `request.json` | one call |

```sh
capc check policy.cap                 # says what is wrong with it
capc test --coverage policy.capt      # runs the tests; each clause alone must decide one
capc eval --policy policy.cap --grant grant.json --now 2026-01-01T10:00:00Z request.json
capc facts policy.cap                 # what the gateway must attest
capc consent --policy policy.cap --grant grant.json
capc compile policy.cap               # writes policy.capb, which the runtime loads
```

Your own tools: `capc import tools tools.json -o tools.cap` makes actions of their schemas.
)"},
}};

struct InitOptions {
  std::string folder = ".";
  std::string format = "text";
};

std::unexpected<Error> Exists(const fs::path& path) {
  return Fail("exists",
              fmt::format("`{}` is there already; nothing is overwritten", path.string()));
}

/// Makes a file that was not there. Errors: "exists", "not-writable".
Result<void> WriteNew(const fs::path& path, std::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) {
    if (errno == EEXIST) return Exists(path);
    return Fail("not-writable", fmt::format("cannot write `{}`", path.string()));
  }
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (close(file) == 0 && written) return {};
  std::error_code ignored;
  fs::remove(path, ignored);
  return Fail("not-writable", fmt::format("cannot write all of `{}`", path.string()));
}

/// All files, or none: what was written is taken back when one cannot be.
Result<std::vector<std::string>> WriteAllNew(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Fail("not-writable", fmt::format("cannot make `{}`", folder.string()));
  for (const StartFile& file : kFiles) {
    if (!fs::exists(fs::symlink_status(folder / file.name, error))) continue;
    return Exists(folder / file.name);
  }
  std::vector<std::string> written;
  for (const StartFile& file : kFiles) {
    const Result<void> done = WriteNew(folder / file.name, file.text);
    if (done.has_value()) {
      written.push_back((folder / file.name).string());
      continue;
    }
    for (const std::string& path : written) fs::remove(path, error);
    return std::unexpected(done.error());
  }
  return written;
}

int RunInit(const InitOptions& options) {
  const Result<std::vector<std::string>> written = WriteAllNew(options.folder);
  if (!written.has_value()) {
    PrintError(written.error().message);
    return kUsage;
  }
  if (options.format == "json") {
    std::string files;
    for (const std::string& path : *written) {
      files += (files.empty() ? "" : ",") + diag::JsonQuote(path);
    }
    fmt::print("{{\"files\":[{}]}}\n", files);
    return kOk;
  }
  for (const std::string& path : *written) fmt::print("{}\n", OneLine(path));
  return kOk;
}

}  // namespace

void AddInit(CLI::App& app, int& status) {
  auto options = std::make_shared<InitOptions>();
  CLI::App* command = app.add_subcommand("init", "Write a small policy project to begin with");
  command->add_option("DIR", options->folder, "the folder; made if it is not there")
      ->capture_default_str();
  command->add_option("--format", options->format, "text: the files written; json: one object")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->footer(R"(
Examples:
  capc init refunds && cd refunds && capc test policy.capt
  capc init

Writes policy.cap, policy.capt, grant.json, request.json and README.md, which has the next commands.
If one of them is there, nothing is written.

Exit status: 0 done, 1 a file is there already or cannot be written.)");
  command->callback([options, &status] { status = RunInit(*options); });
}

}  // namespace cap::cli

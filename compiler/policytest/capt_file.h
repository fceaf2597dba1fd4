// The `.capt` format: a policy, calls, and what must come of them, in one file a person can read
// aloud. docs/testing.md describes it; this is its parser. A file is a list of cases; a case begins
// with `--- policy` and holds the tests and sequences that follow. Everything is kept verbatim, so
// that a failure points at the text and an update can rewrite machine sections and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace cap::policytest {

struct FactLine {  // fact order("o-7") by shop, 45s old = {…}
  std::string name;
  std::string keys;      // JSON: the value, or an object by the names of the key's arguments
  std::string attestor;  // empty: none is named
  int64_t age_us = 0;    // older than `now`; negative: from the future
  std::string value;     // JSON, verbatim
  uint32_t line = 0;
};

struct ApprovalLine {  // approved by manager [of "title of another test"]
  std::string approver;
  std::string of_test;  // empty: of this very call
  uint32_t line = 0;
};

struct Expectation {    // => verdict [code] [clause]
  std::string verdict;  // permit, deny, step-up
  std::string code;     // empty: any
  std::string clause;   // empty: any
  std::optional<std::string> observed, limit, reason, capability, at;
  struct Remains {  // remains maxPerDay: 3
    std::string limit;
    std::string value;
  };
  std::vector<Remains> remains;
  std::optional<int64_t> retry_after_us;  // retry after 12m; INT64_MAX: never
  uint32_t line = 0;
};

struct Test {  // --- test: title
  std::string title;
  uint32_t line = 0;
  std::string tool;          // call TOOL {…}
  std::string arguments;     // JSON, verbatim
  std::string raw_request;   // request {…}: the whole request, verbatim
  std::string request_file;  // request FILE
  std::string live;          // JSON, verbatim
  std::string resource;      // JSON string, verbatim
  std::string now;           // RFC 3339; empty: the case's
  std::vector<FactLine> facts;
  std::vector<ApprovalLine> approvals;
  Expectation expected;
};

/// One step of a sequence: a call with what must come of it, or what happens between calls.
struct Step {
  enum class Kind : uint8_t {
    kCall,     // [later 5m] [id a] [by child] [peek] [times 3] and the lines of a test
    kCommit,   // commit a [actual 30.00 USD] [=> already]
    kRelease,  // release a [=> already]
    kWait,     // wait 5m
    kGrant,    // grant NAME [of PARENT] {…}, and where it cannot be given: => refused [CODE]
    kRevoke,   // revoke [NAME]
  };
  Kind kind = Kind::kCall;
  uint32_t line = 0;
  std::string name;      // of the call, of the call that is settled, of the grant
  std::string by;        // kCall: the grant; kGrant: its parent, empty = it is minted
  bool peek = false;
  uint32_t times = 1;    // kCall: so often, one after the other
  int64_t later_us = 0;  // kCall, kWait: so much after the step before
  std::string actual;    // kCommit: "30.00 USD", "3"; empty: what was reserved
  std::string settled;   // kCommit, kRelease: "settled", "already"
  std::string json;      // kGrant, verbatim
  Test call;             // kCall, without a title; kGrant: its `expected` alone
};

struct Sequence {  // --- sequence: title
  std::string title;
  uint32_t line = 0;
  std::vector<Step> steps;
};

struct Mark {  // //~ CAP0301, on the line it stands on; //~^ on the line before
  std::string code;
  uint32_t line = 0;  // of the policy's text, from 1
};

struct MachineSection {  // --- !diagnostics, !ir, !trace
  std::string name;
  uint32_t begin = 0;  // lines of the body: [begin, end), from 1, of the .capt file
  uint32_t end = 0;
  std::string body;
};

struct Case {
  uint32_t line = 0;
  std::string policy_file;   // --- policy: FILE
  std::string source;        // --- policy, the text itself
  uint32_t source_line = 0;  // of the .capt file, where the text begins
  std::string grant;         // JSON, verbatim; empty: one is made up (docs/testing.md)
  std::string grant_file;
  std::string now;
  std::vector<Test> tests;
  std::vector<Sequence> sequences;
  std::vector<MachineSection> machine;
};

struct CaptFile {
  std::string path;
  std::string text;
  std::vector<Case> cases;
};

/// Reads `text`. Errors: "capt-syntax", with `path:line:` in front of what is wrong and how to
/// write it. Strict: an unknown section, an unknown line, a test without `=>`, a second machine
/// section of one name, a test before a policy. Cost: linear in the text.
Result<CaptFile> ParseCapt(std::string path, std::string text);

/// The marks of a policy's text.
std::vector<Mark> MarksOf(std::string_view source);

}  // namespace cap::policytest

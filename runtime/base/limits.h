// Every limit of the language and of the runtime, in one place. A limit that input can reach has a
// name here, a code where it is exceeded, and a test. Sizes are in bytes unless the name says else.
#pragma once

#include <cstdint>

namespace cap::limits {

// --- source text and syntax (compiler) ---
inline constexpr uint64_t kSourceBytes = 4u << 20;      // one file
inline constexpr uint32_t kSourceTokens = 400'000;      // one file
inline constexpr uint32_t kSourceFiles = 1'000;         // a compilation, with the standard library
inline constexpr uint64_t kProgramSourceBytes = 64u << 20;  // all files of a compilation
inline constexpr uint32_t kImportDepth = 64;            // modules that import each other in a row
inline constexpr uint32_t kSyntaxDepth = 200;           // nested brackets, types or operators
inline constexpr uint32_t kExpressionDepth = 500;       // operators below each other, lets put in
inline constexpr uint32_t kChoices = 12;                // `if`s that meet in one comparison
inline constexpr uint32_t kDefDepth = 64;               // functions that call each other in a row
inline constexpr uint32_t kDefNodes = 1u << 20;         // put in for all calls of functions
inline constexpr uint32_t kContextValues = 128;         // bound and live together
inline constexpr uint32_t kTypes = 65'536;              // one program: an instruction has 16 bits
inline constexpr uint32_t kDiagnostics = 200;           // printed in one run; the rest is counted
inline constexpr uint32_t kNameBytes = 128;             // one identifier

// --- regular expressions (compiler) ---
inline constexpr uint32_t kRegexBytes = 1024;           // the text of one
inline constexpr uint32_t kRegexDepth = 32;             // groups in groups
inline constexpr uint32_t kRegexRepeat = 1000;          // a count of a repetition
inline constexpr uint32_t kRegexSize = 65'536;          // parts of one, its counts written out
inline constexpr uint32_t kRegexStates = 10'000;        // of its automaton
inline constexpr uint64_t kRegexSteps = 1u << 24;       // to make one
inline constexpr uint64_t kProgramRegexSteps = 1u << 27;  // to make all of a compilation

// --- values ---
inline constexpr uint32_t kStringBytes = 4096;          // default bound of a string
inline constexpr uint32_t kStringBytesMax = 1u << 20;   // largest `max n` of a string
inline constexpr uint32_t kElements = 64;               // default bound of a list, set or map
inline constexpr uint32_t kElementsMax = 4096;          // largest `max n` of a list, set or map
inline constexpr uint32_t kEnumMembers = 64;            // a closed set is one 64-bit mask
inline constexpr uint32_t kEmailBytes = 254;            // RFC 5321 path without brackets
inline constexpr uint32_t kPathBytes = 4096;            // a path
inline constexpr uint32_t kUrlBytes = 4096;             // a url
inline constexpr uint32_t kDecimalDigits = 38;          // of a decimal; 10^38 fits 128 bits
inline constexpr uint32_t kDecimalScale = 18;           // largest n of `decimal(n)`
inline constexpr uint32_t kValueDepth = 16;             // nesting of a request's values
inline constexpr uint32_t kJsonBytes = 16'384;          // default bound of a json, canonical
inline constexpr uint32_t kJsonBytesMax = 1u << 20;     // largest `max n` of a json
inline constexpr uint32_t kJsonDepth = 16;              // nested arrays and objects of a json
inline constexpr uint32_t kJsonNodes = 4096;            // values of a json, or of a record's rest
inline constexpr int64_t kJsonExponent = 1000;          // of ten, of a number in a json

// --- program ---
inline constexpr uint32_t kFrameSlots = 128;            // present[2] × 64 bits
inline constexpr uint32_t kElementSlots = 64;           // leaves of one record in a list
inline constexpr uint32_t kClauses = 62;                // a capability; bit 63 of admit: `refused`
inline constexpr uint32_t kInstructions = 4096;         // one shape
inline constexpr uint32_t kQuantifierDepth = 4;         // nested any/all
inline constexpr uint64_t kShapeSteps = 1u << 22;       // worst case of one shape, instructions
inline constexpr uint32_t kToolActions = 64;            // one tool
inline constexpr uint32_t kPolicyParameters = 64;       // of one policy
inline constexpr uint32_t kIncludeDepth = 32;           // policies built on each other in a row
inline constexpr uint32_t kActions = 65'535;            // one program: 16 bits in a record
inline constexpr uint32_t kConstants = 1024;            // one capability
inline constexpr uint32_t kApprovers = 64;              // one program: approvals are a mask
inline constexpr uint32_t kSkeletons = 8;               // per policy and action
inline constexpr uint32_t kResourceHoles = 8;           // one resource template
inline constexpr uint32_t kShapes = 65'536;             // one program
inline constexpr uint32_t kCapabilities = 1u << 20;     // one program
inline constexpr uint32_t kPolicies = 65'536;           // one program
inline constexpr uint32_t kTableWords = 1u << 18;       // one table of a constant, 32-bit words
inline constexpr uint64_t kProgramTableWords = 1u << 22;  // all tables of one program, 32-bit words
inline constexpr uint32_t kZoneEntries = 1024;           // one time zone: changes of its clocks
inline constexpr uint32_t kScheduleWindows = 64;         // one schedule, as it is written
inline constexpr uint32_t kScheduleSpans = 1024;         // one schedule, spread over the week
inline constexpr uint64_t kBundleBytes = 256u << 20;    // one .capb

// --- grants ---
inline constexpr uint32_t kSubjectBytes = 256;         // who holds a grant
inline constexpr uint32_t kGrantRecords = 16'384;       // one grant, alternatives included
inline constexpr uint32_t kLiteralBytes = 65'535;       // one literal of a pattern: 16 bits
inline constexpr uint32_t kGrants = 1u << 26;           // one engine
inline constexpr uint32_t kGrantHandles = 4;            // revocation handles of one grant
inline constexpr uint32_t kRevocationHandles = 1u << 24;  // one engine, the revoked ones included
inline constexpr uint32_t kBatchCalls = 1024;           // one AuthorizeMany

// --- counters ---
inline constexpr uint32_t kCharges = 256;               // counters that one call is held against
inline constexpr uint32_t kAlternatives = 8;            // capabilities tried for one action
inline constexpr uint32_t kRecentTimes = 256;           // largest n of an exact "n in any hour"
inline constexpr uint32_t kHolds = 4'096;               // held of one gauge at one time
inline constexpr uint32_t kStamps = 64;                 // histories that one call is written into
inline constexpr int64_t kQuantity = 1'000'000'000'000'000'000;  // an amount, or what limits it
inline constexpr int64_t kTimeUs = 4'503'599'627'370'496;  // 2^52, in 2112; or a span
inline constexpr int64_t kStampKeepUs = 34'560'000'000'000;  // a history is known so long: 400 days
inline constexpr int64_t kSweepGraceUs = 3'600'000'000;  // a counter that says nothing is kept
inline constexpr uint64_t kCounters = 1u << 24;         // one store, where nothing else is asked
inline constexpr uint64_t kOperations = 1u << 20;       // one store, where nothing else is asked
inline constexpr int64_t kOperationKeepUs = 86'400'000'000;  // a settled operation is known so long
inline constexpr int64_t kReconnectFirstUs = 10'000;    // a store that is away is tried again, then
inline constexpr int64_t kReconnectUs = 2'000'000;      // less often, at last so often
inline constexpr uint32_t kTenantBytes = 64;            // the name of a tenant in a shared store
inline constexpr int64_t kRateIntervalUs = 1'000;       // least time between two units of a rate
inline constexpr uint32_t kLimitKeys = 4;               // keys of a counter, arguments of `after`
inline constexpr uint32_t kHistories = 4096;            // different `after` questions of a program
inline constexpr uint32_t kOperandInsts = 256;          // that compute what a limit counts
inline constexpr uint32_t kDelegationDepth = 16;        // grants delegated from grants in a row

// --- requests ---
inline constexpr uint64_t kRequestBytes = 1u << 20;     // one JSON request
inline constexpr uint32_t kRequestDepth = 24;           // nested brackets of a JSON request
inline constexpr uint32_t kWrapperDepth = 4;            // calls that carry a call, in a row
inline constexpr uint32_t kRequestIdBytes = 128;        // a request's own `id`
inline constexpr uint32_t kFacts = 256;                 // attested facts in one request
inline constexpr uint64_t kFrameBytes = 16u << 20;      // checked values of one call, laid out
inline constexpr uint32_t kApprovals = 64;              // approvals in one request
inline constexpr int64_t kFactSkewUs = 2'000'000;       // a fact may be this much younger than now

// --- importers (compiler) ---
inline constexpr uint32_t kImportTools = 4'096;         // tools of one module
inline constexpr uint32_t kImportSchemaDepth = 8;       // nested schemas, `$ref` followed
inline constexpr uint32_t kImportSchemaNodes = 4'096;   // schemas of one tool, `$ref` followed
inline constexpr uint32_t kImportCommentBytes = 400;    // of one description

}  // namespace cap::limits

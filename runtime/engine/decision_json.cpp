#include <string>

#include "cap/decision.h"

namespace cap {
namespace {

/// Writes one object; members without a value are left out.
class JsonObject {
 public:
  JsonObject& Add(std::string_view name, std::string_view value) {
    if (!value.empty()) Quote(value, Name(name));
    return *this;
  }
  JsonObject& Add(std::string_view name, bool value) {
    Name(name).append(value ? "true" : "false");
    return *this;
  }
  JsonObject& Add(std::string_view name, int64_t value) {
    if (value != 0) Name(name).append(std::to_string(value));
    return *this;
  }
  /// `json` is JSON already.
  JsonObject& AddRaw(std::string_view name, std::string_view json) {
    if (!json.empty()) Name(name).append(json);
    return *this;
  }
  JsonObject& Add(std::string_view name, const std::vector<std::string>& values) {
    if (values.empty()) return *this;
    std::string& out = Name(name);
    for (size_t i = 0; i < values.size(); ++i) Quote(values[i], out.append(i == 0 ? "[" : ","));
    out.push_back(']');
    return *this;
  }
  std::string Take() { return std::move(text_.append("}")); }

 private:
  std::string& Name(std::string_view name) {
    if (text_.size() > 1) text_.push_back(',');
    Quote(name, text_);
    return text_.append(":");
  }
  // Bytes over 0x7F pass: what reaches here is UTF-8, since requests and policies are.
  static void Quote(std::string_view value, std::string& out) {
    constexpr char kDigits[] = "0123456789abcdef";
    out.push_back('"');
    for (const char c : value) {
      const auto byte = static_cast<uint8_t>(c);
      if (c == '"' || c == '\\') {
        out.append({'\\', c});
      } else if (byte < 0x20 || byte == 0x7F) {
        out.append("\\u00").append({kDigits[byte >> 4], kDigits[byte & 15]});
      } else {
        out.push_back(c);
      }
    }
    out.push_back('"');
  }

  std::string text_ = "{";
};

std::string Json(const StepUpNeed& need);
std::string Json(const ClauseReport& clause);
std::string Json(const CandidateReport& candidate);
std::string Json(const LimitReport& limit);

template <typename T>
std::string Array(const std::vector<T>& items) {
  std::string text;
  for (const T& item : items) text.append(text.empty() ? "[" : ",").append(Json(item));
  return text.empty() ? text : text.append("]");
}

/// A number of microseconds, or "never"; nothing where no limit is spent.
std::string RetryAfter(int64_t retry_after_us) {
  if (retry_after_us == 0) return {};
  return retry_after_us == kNeverAgain ? "\"never\"" : std::to_string(retry_after_us);
}

std::string Json(const SourcePlace& place) {
  if (place.line == 0) return {};
  return JsonObject()
      .Add("file", place.file)
      .Add("line", int64_t{place.line})
      .Add("column", int64_t{place.column})
      .Add("length", int64_t{place.length})
      .Take();
}

std::string Json(const StepUpNeed& need) {
  return JsonObject()
      .Add("clause", need.clause)
      .Add("kind", need.kind)
      .Add("approvers", need.approvers)
      .AddRaw("place", Json(need.place))
      .Take();
}

std::string Json(const ClauseReport& clause) {
  return JsonObject()
      .Add("name", clause.name)
      .Add("outcome", NameOf(clause.outcome))
      .AddRaw("place", Json(clause.place))
      .Take();
}

std::string Json(const CandidateReport& candidate) {
  return JsonObject()
      .Add("capability", candidate.capability)
      .Add("stage", candidate.stage)
      .AddRaw("clauses", Array(candidate.clauses))
      .AddRaw("place", Json(candidate.place))
      .Take();
}

std::string Json(const LimitReport& limit) {
  return JsonObject()
      .Add("name", limit.name)
      .Add("remains", limit.remains)
      .Add("limit", limit.limit)
      .AddRaw("retry_after_us", RetryAfter(limit.retry_after_us))
      .Take();
}

}  // namespace

std::string ToJson(const DecisionReport& report) {
  return JsonObject()
      .Add("decision", report.id)
      .Add("verdict", NameOf(report.verdict))
      .Add("code", NameOf(report.code))
      .Add("escalate", report.escalate)
      .AddRaw("uncounted", report.uncounted ? "true" : "")
      .Add("complete", report.complete)
      .Add("message", report.message)
      .Add("clause", report.clause)
      .AddRaw("place", Json(report.place))
      .Add("observed", report.observed)
      .Add("limit", report.limit)
      .Add("text", report.text)
      .Add("fault", report.fault)
      .Add("fault_place", report.source)
      .Add("tool", report.tool)
      .Add("wrapped_in", report.wrapped_in)
      .Add("action", report.action)
      .Add("resource", report.resource)
      .Add("policy", report.policy)
      .Add("capability", report.capability)
      .Add("subject", report.subject)
      .AddRaw("step_ups", Array(report.step_ups))
      .Add("call_digest", report.call_digest)
      .AddRaw("candidates", Array(report.candidates))
      .Add("obligations", report.obligations)
      .AddRaw("limits", Array(report.limits))
      .AddRaw("retry_after_us", RetryAfter(report.retry_after_us))
      .Take();
}

std::string ToJson(const AgentDecisionReport& report) {
  return JsonObject()
      .Add("decision", report.id)
      .Add("verdict", NameOf(report.verdict))
      .Add("code", NameOf(report.code))
      .Add("escalate", report.escalate)
      .AddRaw("uncounted", report.uncounted ? "true" : "")
      .Add("message", report.message)
      .Add("clause", report.clause)
      .Add("observed", report.observed)
      .Add("limit", report.limit)
      .AddRaw("step_ups", Array(report.step_ups))
      .Add("call_digest", report.call_digest)
      .Add("obligations", report.obligations)
      .AddRaw("limits", Array(report.limits))
      .AddRaw("retry_after_us", RetryAfter(report.retry_after_us))
      .Take();
}

}  // namespace cap

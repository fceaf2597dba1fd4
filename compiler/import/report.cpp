#include <fmt/format.h>

#include "compiler/diag/json_text.h"
#include "compiler/import/spelling.h"
#include "compiler/import/tools.h"
#include "runtime/value/quote.h"

namespace cap::importer {

namespace {

using diag::JsonQuote;

struct Counts {
  size_t arguments = 0, typed = 0, scalars = 0, scalars_typed = 0;
};

Counts CountsOf(const ToolsImport& import) {
  Counts counts;
  for (const ToolReport& tool : import.tools) {
    for (const ArgumentReport& argument : tool.arguments) {
      const size_t typed = argument.opaque.empty() ? 1 : 0;
      ++counts.arguments;
      counts.typed += typed;
      counts.scalars += argument.scalar ? 1 : 0;
      counts.scalars_typed += argument.scalar ? typed : 0;
    }
  }
  return counts;
}

/// "96.7 %", in whole numbers; of nothing all is typed.
std::string Share(size_t part, size_t whole) {
  const size_t thousandths = whole == 0 ? 1000 : part * 1000 / whole;
  return fmt::format("{}.{} %", thousandths / 10, thousandths % 10);
}

std::string Array(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ",") + JsonQuote(text);
  return "[" + out + "]";
}

}  // namespace

std::string ToText(const ToolsImport& import) {
  std::string out;
  for (const ToolReport& tool : import.tools) {
    size_t opaque = 0;
    for (const ArgumentReport& argument : tool.arguments) opaque += argument.opaque.empty() ? 0 : 1;
    out += fmt::format("{}{}: {} typed", OneLine(tool.tool),
                       tool.action == tool.tool ? "" : " as " + tool.action,
                       tool.arguments.size() - opaque);
    out += opaque == 0 ? "\n" : fmt::format(", {} opaque\n", opaque);
    for (const ArgumentReport& argument : tool.arguments) {
      if (argument.opaque.empty()) continue;
      out += fmt::format("  {}: {}\n", OneLine(argument.name), OneLine(argument.opaque));
    }
  }
  for (const Refusal& refusal : import.refused) {
    out += fmt::format("refused {}{}: {}\n", OneLine(refusal.origin),
                       refusal.tool.empty() ? "" : " " + QuoteCut(refusal.tool),
                       OneLine(refusal.reason));
  }
  const Counts counts = CountsOf(import);
  out += fmt::format("{} tools imported, {} refused", import.tools.size(), import.refused.size());
  if (import.doubled > 0) out += fmt::format(", {} were there already", import.doubled);
  out += fmt::format("\n{} of {} arguments typed ({}), of scalars {} of {} ({})\n", counts.typed,
                     counts.arguments, Share(counts.typed, counts.arguments), counts.scalars_typed,
                     counts.scalars, Share(counts.scalars_typed, counts.scalars));
  return out;
}

std::string ToJson(const ToolsImport& import) {
  std::string tools;
  for (const ToolReport& tool : import.tools) {
    std::string arguments;
    for (const ArgumentReport& argument : tool.arguments) {
      arguments += fmt::format(
          R"({}{{"name":{},"type":{},"scalar":{},"opaque":{},"notes":{}}})",
          arguments.empty() ? "" : ",", JsonQuote(argument.name), JsonQuote(argument.type),
          argument.scalar, argument.opaque.empty() ? "null" : JsonQuote(argument.opaque),
          Array(argument.notes));
    }
    tools += fmt::format(R"({}{{"tool":{},"action":{},"origin":{},"arguments":[{}]}})",
                         tools.empty() ? "" : ",", JsonQuote(tool.tool), JsonQuote(tool.action),
                         JsonQuote(tool.origin), arguments);
  }
  std::string refused;
  for (const Refusal& refusal : import.refused) {
    refused += fmt::format(R"({}{{"origin":{},"tool":{},"reason":{}}})", refused.empty() ? "" : ",",
                           JsonQuote(refusal.origin),
                           refusal.tool.empty() ? "null" : JsonQuote(refusal.tool),
                           JsonQuote(refusal.reason));
  }
  const Counts counts = CountsOf(import);
  return fmt::format(
      R"({{"tools":[{}],"refused":[{}],"counts":{{"tools":{},"refused":{},"doubled":{},)"
      R"("arguments":{},"typed":{},"scalars":{},"scalars_typed":{}}}}})"
      "\n",
      tools, refused, import.tools.size(), import.refused.size(), import.doubled, counts.arguments,
      counts.typed, counts.scalars, counts.scalars_typed);
}

}  // namespace cap::importer

#include "compiler/check/time_tables.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/zones/schedule_text.h"
#include "compiler/zones/zone_files.h"
#include "runtime/value/quote.h"

namespace cap::check {

namespace {

uint32_t FindTable(const Program& program, TableKind kind, std::string_view name) {
  const auto at = std::ranges::find_if(program.tables, [&](const Table& table) {
    return table.kind == kind && table.name == name;
  });
  return at == program.tables.end() ? kNone : static_cast<uint32_t>(at - program.tables.begin());
}

uint32_t AddTable(Program& program, Table table) {
  program.tables.push_back(std::move(table));
  return static_cast<uint32_t>(program.tables.size() - 1);
}

void ReportZone(Context& context, std::string_view name, const Error& error,
                const SourceSpan& span) {
  Report report{.message = fmt::format("no time zone {}", QuoteCut(name)),
                .label = "not in the time zone database",
                .help = {},
                .notes = {}};
  if (error.code == "zone-unknown") {
    const std::vector<std::string> names = zones::ZoneNames();
    // No fix comes of it: the name stands in quotes, or in a file of data.
    report.help = DidYouMean(name, {names.begin(), names.end()}).text;
    if (report.help.empty()) {
      report.help = "zones have the names of the IANA database, such as \"Europe/Berlin\"";
    }
  } else {
    report.message = fmt::format("the time zone {} cannot be read: {}", QuoteCut(name),
                                 error.message);
    report.label = "its file is missing or broken";
    report.help = "install the time zone database: `apt-get install tzdata`";
  }
  context.Error(diag::Code::kNoSuchZone, span, std::move(report));
}

uint32_t BadSchedule(Context& context, std::string message, const SourceSpan& span) {
  context.Error(diag::Code::kBadSchedule, span,
                {.message = std::move(message),
                 .label = "no schedule",
                 .help = "write it like \"Mon-Fri 09:00-17:00, Sat 10:00-14:00 Europe/Berlin\" or "
                         "\"2026-12-24 18:00 - 2026-12-27 08:00 Europe/Berlin\"",
                 .notes = {}});
  return kNone;
}

}  // namespace

uint32_t ZoneTable(Context& context, std::string_view name, const SourceSpan& span) {
  const uint32_t known = FindTable(context.program, TableKind::kZone, name);
  if (known != kNone) return known;
  Result<std::vector<uint32_t>> words = zones::LoadZone(name);
  if (!words) {
    ReportZone(context, name, words.error(), span);
    return kNone;
  }
  context.program.zone_version = zones::DatabaseVersion();
  return AddTable(context.program, {.kind = TableKind::kZone,
                                    .name = std::string(name),
                                    .words = std::move(*words)});
}

uint32_t ScheduleTable(Context& context, const std::vector<std::string>& texts,
                       const SourceSpan& span) {
  std::string name;
  zones::Schedule schedule;
  for (const std::string& text : texts) {
    name += (name.empty() ? "" : "; ") + text;
    const Result<void> added = zones::AddSchedule(text, schedule);
    if (!added) return BadSchedule(context, added.error().message, span);
  }
  if (texts.empty()) return BadSchedule(context, "a schedule without windows", span);
  const uint32_t known = FindTable(context.program, TableKind::kSchedule, name);
  if (known != kNone) return known;
  const Result<std::vector<uint32_t>> zone = zones::LoadZone(schedule.zone);
  if (!zone) {
    ReportZone(context, schedule.zone, zone.error(), span);
    return kNone;
  }
  context.program.zone_version = zones::DatabaseVersion();
  return AddTable(context.program, {.kind = TableKind::kSchedule,
                                    .name = std::move(name),
                                    .words = zones::ScheduleWords(std::move(schedule), *zone)});
}

uint32_t DatumTable(Context& context, TypeKind kind, const JsonTree& json, const JsonNode& value,
                    const SourceSpan& span) {
  if (kind == TypeKind::kZone && value.kind == JsonNode::Kind::kString) {
    return ZoneTable(context, value.text, span);
  }
  std::vector<std::string> texts;
  bool good = kind == TypeKind::kSchedule;
  if (value.kind == JsonNode::Kind::kString) texts.emplace_back(value.text);
  if (value.kind == JsonNode::Kind::kArray) {
    for (const JsonNode* at = json.First(value); at != nullptr; at = json.Next(*at)) {
      good = good && at->kind == JsonNode::Kind::kString;
      texts.emplace_back(at->text);
    }
  }
  if (good && !texts.empty()) return ScheduleTable(context, texts, span);
  context.Error(diag::Code::kBadData, span,
                {.message = kind == TypeKind::kZone ? "a zone is a text: its name"
                                                    : "a schedule is a text, or a list of texts",
                 .label = "does not fit",
                 .help = {},
                 .notes = {}});
  return kNone;
}

}  // namespace cap::check

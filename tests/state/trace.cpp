#include "tests/state/trace.h"

#include <charconv>

namespace cap::state::test {
namespace {

constexpr std::pair<std::string_view, int64_t> kUnits[] = {
    {"us", 1},         {"ms", 1'000},        {"s", 1'000'000},
    {"m", 60'000'000}, {"h", 3'600'000'000}, {"d", 86'400'000'000},
};

std::vector<std::string_view> SplitWords(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const size_t end = std::min(line.find_first_of(" \t\r"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

Word WordOf(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {std::string(text), "", false};
  return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)), true};
}

/// `@2 at 5s VERB WORD… => WORD…`; the first two are optional. What is wrong, or nothing.
std::string ReadStep(const std::vector<std::string_view>& words, Step& step) {
  size_t i = 0;
  if (words[i] == "@1" || words[i] == "@2") step.handle = words[i++] == "@2" ? 2 : 1;
  if (i + 1 < words.size() && words[i] == "at") {
    const auto time = ReadTime(words[i + 1]);
    if (!time) return "this is no time: " + std::string(words[i + 1]);
    step.at_us = *time;
    i += 2;
  }
  if (i == words.size() || words[i] == "=>") return "a verb is missing";
  step.verb = words[i++];
  bool behind = false;
  for (; i < words.size(); ++i) {
    if (words[i] == "=>") {
      behind = true;
    } else {
      (behind ? step.expect : step.words).push_back(WordOf(words[i]));
    }
  }
  return "";
}

std::string ReadSizes(const std::vector<std::string_view>& words, StoreSizes& sizes) {
  for (size_t i = 1; i < words.size(); ++i) {
    const Word word = WordOf(words[i]);
    const auto value = ReadInteger(word.value);
    if (!value || *value < 1) return "a size is missing";
    if (word.key == "counters") {
      sizes.counters = static_cast<uint64_t>(*value);
    } else if (word.key == "operations") {
      sizes.operations = static_cast<uint64_t>(*value);
    } else {
      return "this is no size: " + word.key;
    }
  }
  return "";
}

}  // namespace

std::optional<int64_t> ReadInteger(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int64_t> ReadTime(std::string_view text) {
  const size_t digits = std::min(text.find_first_not_of("-0123456789"), text.size());
  const auto count = ReadInteger(text.substr(0, digits));
  if (!count) return std::nullopt;
  if (digits == text.size()) return count;
  for (const auto& [name, us] : kUnits) {
    int64_t product;
    if (text.substr(digits) != name || __builtin_mul_overflow(*count, us, &product)) continue;
    return product;
  }
  return std::nullopt;
}

std::optional<TraceError> ReadTrace(std::string_view text, std::vector<Case>& cases) {
  int number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    const std::vector<std::string_view> words = SplitWords(line);
    if (words.empty() || words[0].starts_with('#')) continue;
    if (words[0] == "case") {
      cases.push_back({.name = {}, .line = number, .sizes = {}, .steps = {}});
      const size_t name = line.find("case") + 4;
      cases.back().name = line.substr(std::min(line.find_first_not_of(' ', name), line.size()));
      continue;
    }
    if (cases.empty()) return TraceError{number, "a case has to begin first"};
    std::string wrong;
    if (words[0] == "sizes") {
      wrong = ReadSizes(words, cases.back().sizes);
    } else {
      Step step;
      step.line = number;
      wrong = ReadStep(words, step);
      cases.back().steps.push_back(std::move(step));
    }
    if (!wrong.empty()) return TraceError{number, wrong};
  }
  return std::nullopt;
}

}  // namespace cap::state::test

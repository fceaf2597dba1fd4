// A text as ANTLR reads it, one symbol a byte: token offsets are then byte offsets, nothing is
// copied, and nothing is decoded twice. The text has been checked to be UTF-8.
#pragma once

#include <string>
#include <string_view>

#include "antlr4-runtime.h"

namespace cap::parse {

class ByteStream : public antlr4::CharStream {
 public:
  /// Reads from `begin`; `text` must outlive the stream.
  ByteStream(std::string_view text, size_t begin) : text_(text), index_(begin) {}

  void consume() override { ++index_; }
  size_t LA(ssize_t i) override {
    const auto at = static_cast<size_t>(static_cast<ssize_t>(index_) + i - (i > 0 ? 1 : 0));
    if (i == 0 || at >= text_.size()) return antlr4::IntStream::EOF;
    return static_cast<unsigned char>(text_[at]);
  }
  ssize_t mark() override { return 0; }
  void release(ssize_t) override {}
  size_t index() override { return index_; }
  void seek(size_t index) override { index_ = index; }
  size_t size() override { return text_.size(); }
  std::string getSourceName() const override { return {}; }
  std::string getText(const antlr4::misc::Interval& interval) override {
    if (interval.a < 0 || interval.b < interval.a) return {};
    const auto begin = static_cast<size_t>(interval.a);
    return std::string(text_.substr(std::min(begin, text_.size()),
                                    static_cast<size_t>(interval.b - interval.a + 1)));
  }
  std::string toString() const override { return std::string(text_); }

 private:
  std::string_view text_;
  size_t index_;
};

}  // namespace cap::parse

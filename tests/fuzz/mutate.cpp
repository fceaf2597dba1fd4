#include "tests/fuzz/mutate.h"

#include <cstddef>
#include <random>

#include "runtime/program/codec.h"
#include "runtime/program/codec_fields.h"

namespace cap::fuzz {
namespace {

using Random = std::mt19937_64;

/// Walks all fields of a Program as the codec does; counts them, or changes the one with a number.
class Walker {
 public:
  template <typename T>
  using Ref = T&;

  Walker(Random& random, uint64_t target) : random_(random), target_(target) {}

  template <typename... Items>
  void operator()(Items&... items) {
    (Visit(items), ...);
  }
  uint64_t seen() const { return seen_; }

 private:
  bool Here() { return seen_++ == target_; }
  uint64_t Below(uint64_t bound) { return bound == 0 ? 0 : random_() % bound; }

  void Visit(bool& truth) {
    if (Here()) truth = !truth;
  }
  template <std::integral T>
  void Visit(T& number) {
    if (!Here()) return;
    switch (Below(6)) {
      case 0:
        number = static_cast<T>(number + 1);
        break;
      case 1:
        number = static_cast<T>(number - 1);
        break;
      case 2:
        number = static_cast<T>(Below(16));
        break;
      case 3:
        number = static_cast<T>(number ^ T{1} << Below(sizeof(T) * 8));
        break;
      case 4:
        number = static_cast<T>(~uint64_t{0});
        break;
      default:
        number = static_cast<T>(random_());
    }
  }
  template <typename T>
    requires std::is_enum_v<T>
  void Visit(T& item) {
    if (Here()) item = static_cast<T>(Below(codec::LastOf(T{}) + 1));
  }
  void Visit(std::string& text) {
    if (!Here()) return;
    switch (Below(4)) {
      case 0:
        text.clear();
        break;
      case 1:
        text += text;
        break;
      case 2:
        text.insert(Below(text.size() + 1), 1, "\0/*.{\xff"[Below(6)]);
        break;
      default:
        text.resize(text.size() / 2);
    }
  }
  template <typename T>
  void Visit(std::vector<T>& items) {
    if (Here()) ChangeList(items);
    for (T& item : items) Visit(item);
  }
  template <typename T, size_t N>
  void Visit(T (&items)[N]) {
    for (T& item : items) Visit(item);
  }
  void Visit(Value& value) {
    if (Here()) {
      switch (Below(5)) {
        case 0:
          value = {};
          break;
        case 1:
          value = {static_cast<int64_t>(random_())};
          break;
        case 2:
          value = {std::string("ann@company.com")};
          break;
        case 3:
          value = {Value::List{value, value}};
          break;
        default:
          value = {EnumMember{"a"}};
      }
    }
    std::visit(
        [this](auto& item) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(item)>, std::monostate>) {
            (*this)(item);
          }
        },
        value.v);
  }
  template <typename T>
    requires std::is_class_v<T>
  void Visit(T& item) {
    codec::Fields(*this, item);
  }

  template <typename T>
  void ChangeList(std::vector<T>& items) {
    if (items.empty()) {
      items.emplace_back();
      return;
    }
    const uint64_t at = Below(items.size());
    switch (Below(4)) {
      case 0:
        items.erase(items.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 1:
        items.insert(items.begin() + static_cast<std::ptrdiff_t>(at), T(items[at]));
        break;
      case 2:
        std::swap(items[at], items[Below(items.size())]);
        break;
      default:
        items[at] = T(items[Below(items.size())]);
    }
  }

  Random& random_;
  uint64_t target_;
  uint64_t seen_ = 0;
};

}  // namespace

void MutateProgram(Program& program, uint64_t seed) {
  Random random(seed);
  Walker count(random, ~uint64_t{0});
  codec::ForEachTable(program, [&](auto& table) { count(table); });
  Walker change(random, random() % count.seen());
  codec::ForEachTable(program, [&](auto& table) { change(table); });
}

}  // namespace cap::fuzz

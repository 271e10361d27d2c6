// SPDX-License-Identifier: Apache-2.0
// Values of TOML files, each with the words for when it is wrong.
#include "btrack/bench/toml_values.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace btrack::bench::values {

std::int64_t whole_number(const toml::node& node, std::string_view key, std::int64_t least) {
  const auto value = node.value_exact<std::int64_t>();
  if (!value || *value < least) {
    throw Wrong{node.source(),
                fmt::format("'{}' must be a whole number of at least {}", key, least)};
  }
  return *value;
}

double number(const toml::node& node, std::string_view key, double least, double most) {
  const auto value = node.value<double>();
  if (!value || !(*value >= least && *value <= most)) {
    throw Wrong{node.source(),
                fmt::format("'{}' must be a number from {} to {}", key, least, most)};
  }
  return *value;
}

std::string text(const toml::node& node, std::string_view key) {
  const auto value = node.value_exact<std::string>();
  if (!value) throw Wrong{node.source(), fmt::format("'{}' must be a string in quotes", key)};
  return *value;
}

std::string one_of(const toml::node& node, std::string_view key,
                   std::initializer_list<std::string_view> words) {
  std::string word = text(node, key);
  if (std::find(words.begin(), words.end(), word) == words.end()) {
    throw Wrong{node.source(), fmt::format("'{}' must be one of {}", key, fmt::join(words, ", "))};
  }
  return word;
}

Error wrong_file(const std::filesystem::path& file, const toml::source_region& where,
                 std::string_view what, std::string_view remedy) {
  return {ErrorKind::usage, fmt::format("{}:{}: {}", file.string(), where.begin.line, what),
          std::string(remedy)};
}

}  // namespace btrack::bench::values

// SPDX-License-Identifier: Apache-2.0
// Small text tools: trimming, splitting, strict numbers, and the nearest name to a mistyped one.
#pragma once

#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace btrack {

std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);

/// The whole of `text` as a number, or nothing: no leading blanks, no trailing letters.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The known name with the fewest edits to `name` (Levenshtein), if near enough to be a slip.
std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> known);
/// " (did you mean 'x'?)", or nothing where no name is near.
std::string did_you_mean(std::string_view name, std::span<const std::string> known);

/// `digits` significant digits without an exponent for everyday sizes: 0.0123, 4.56, 123000.
std::string significant(double value, int digits = 3);

}  // namespace btrack

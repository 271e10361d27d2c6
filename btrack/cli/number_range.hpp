// SPDX-License-Identifier: Apache-2.0
// A range check that "nan" does not pass: CLI::Range compares, and every comparison with it is
// false.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>

#include "btrack/core/text.hpp"

namespace btrack::cli {

inline CLI::Validator number_range(double least, double most) {
  const auto check = [least, most](const std::string& word) {
    const auto value = parse_number<double>(word);
    if (value && *value >= least && *value <= most) return std::string();
    return fmt::format("'{}' is no number from {} to {}", word, least, most);
  };
  return {check, fmt::format("{} to {}", least, most), "number_range"};
}

}  // namespace btrack::cli

// SPDX-License-Identifier: Apache-2.0
// The same entry from several random seeds: what differs between them is luck.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/results/record.hpp"

namespace btrack::bench {

/// "3": seeds 1 to 3; "1,4,9": those. Errors (usage) say what is wrong with `given`.
Result<std::vector<std::int64_t>> parse_seeds(std::string_view given);
/// 1 to `count`, which is at least 1. An error (usage) above 1,000.
Result<std::vector<std::int64_t>> first_seeds(std::int64_t count);
/// An error (usage) where the list is empty or names one twice or a negative one.
Result<std::vector<std::int64_t>> listed_seeds(std::vector<std::int64_t> seeds);

/// Each entry once for every seed, one behind the other; entries that differed in nothing but their
/// seed are one.
std::vector<results::Settings> with_seeds(const std::vector<results::Settings>& entries,
                                          const std::vector<std::int64_t>& seeds);

}  // namespace btrack::bench

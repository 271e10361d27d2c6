// SPDX-License-Identifier: Apache-2.0
// Lists of seeds, and entries multiplied by them.
#include "btrack/bench/seeds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "btrack/core/text.hpp"

namespace btrack::bench {
namespace {

constexpr std::int64_t kMost = 1000;

tl::unexpected<Error> wrong(std::string message) {
  return fail(ErrorKind::usage, std::move(message),
              "say how many (3), or list different ones (1,2,3)");
}

}  // namespace

Result<std::vector<std::int64_t>> first_seeds(std::int64_t count) {
  if (count < 1 || count > kMost) {
    return wrong(fmt::format("{} seeds are not between 1 and {}", count, kMost));
  }
  std::vector<std::int64_t> seeds(static_cast<std::size_t>(count));
  std::iota(seeds.begin(), seeds.end(), 1);
  return seeds;
}

Result<std::vector<std::int64_t>> listed_seeds(std::vector<std::int64_t> seeds) {
  if (seeds.empty()) return wrong("the list of seeds is empty");
  std::set<std::int64_t> known;
  for (const auto seed : seeds) {
    if (seed < 0) return wrong(fmt::format("seed {} is negative", seed));
    if (!known.insert(seed).second) return wrong(fmt::format("seed {} is there twice", seed));
  }
  return seeds;
}

Result<std::vector<std::int64_t>> parse_seeds(std::string_view given) {
  std::vector<std::int64_t> numbers;
  for (const auto part : split(given, ',')) {
    const auto number = parse_number<std::int64_t>(trim(part));
    if (!number) return wrong(fmt::format("'{}' is no seed", trim(part)));
    numbers.push_back(*number);
  }
  if (given.find(',') == std::string_view::npos) return first_seeds(numbers.front());
  return listed_seeds(std::move(numbers));
}

std::vector<results::Settings> with_seeds(const std::vector<results::Settings>& entries,
                                          const std::vector<std::int64_t>& seeds) {
  std::vector<results::Settings> all;
  for (results::Settings entry : entries) {
    for (const auto seed : seeds) {
      entry.seed = seed;
      if (std::ranges::find(all, entry) == all.end()) all.push_back(entry);
    }
  }
  return all;
}

}  // namespace btrack::bench

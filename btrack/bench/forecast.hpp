// SPDX-License-Identifier: Apache-2.0
// How long an entry will take: from earlier records of this host, else from its multiply-adds.
#pragma once

#include <span>
#include <vector>

#include "btrack/bench/catalogue.hpp"
#include "btrack/core/quantity.hpp"
#include "btrack/results/record.hpp"

namespace btrack::bench {

/// Time left of a campaign, learned while it runs. A forecast for the progress bar, never a result.
class Forecast {
 public:
  Forecast(std::span<const results::Settings> entries, std::span<const CatalogueRow> rows,
           std::span<const results::RunRecord> earlier);

  [[nodiscard]] Seconds expected(std::size_t entry) const { return expected_[entry]; }
  void finished(std::size_t entry, Seconds took);
  /// Share done, in [0, 1], and time left, when `entry` has been running for `elapsed`.
  struct State {
    double share = 0.0;
    Seconds left{};
  };
  [[nodiscard]] State at(std::size_t entry, Seconds elapsed) const;

 private:
  std::vector<Seconds> expected_;
  std::vector<bool> done_;
  Seconds took_{};           // of the finished entries
  Seconds took_expected_{};  // their forecast
};

}  // namespace btrack::bench

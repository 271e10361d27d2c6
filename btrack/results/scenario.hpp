// SPDX-License-Identifier: Apache-2.0
// What the queries of a load scenario came to: their rate, latencies and energy.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "btrack/results/record.hpp"
#include "btrack/stats/latency_histogram.hpp"

namespace btrack::results {

/// Percentiles over the queries of all windows of a phase.
struct Latency {
  Seconds mean{};
  stats::Percentile p50, p90, p99;
  Seconds max{};
  std::int64_t queries = 0;
};
/// Of any phase; nothing where its worker told no latencies.
std::optional<Latency> phase_latency(const RunRecord& record, std::string_view phase);

struct ScenarioFigures {
  std::int64_t queries = 0;  ///< that were done
  double items_per_second = 0.0;
  std::optional<double> rate;  ///< queries per second that were offered: server
  std::optional<Latency> latency;
  power::EnergyFigure energy_per_query;
  power::EnergyFigure net_energy_per_query;  ///< without the idle power, nothing loaded
  /// "latency-unknown", "few-queries-p99" (p90, p50): no order statistic bounds it; "overloaded":
  /// fewer than 9 in 10 queries were done in the time in which they came; "over-limit".
  std::vector<std::string> flags;
};
/// Of one of phase::scenarios; nothing where the record has no such window.
std::optional<ScenarioFigures> scenario_figures(const RunRecord& record, std::string_view phase);

/// One rate that was offered to the server: a probe of the search, or all repetitions.
struct RatePoint {
  double rate = 0.0;  ///< queries per second
  bool probe = false;
  stats::Percentile p99;
  power::EnergyFigure energy_per_query;
};
/// By rising rate.
std::vector<RatePoint> rate_points(const RunRecord& record);

}  // namespace btrack::results

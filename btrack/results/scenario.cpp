// SPDX-License-Identifier: Apache-2.0
// Figures of the load scenarios.
#include "btrack/results/scenario.hpp"

#include <algorithm>
#include <cmath>

namespace btrack::results {
namespace {

constexpr double kKeepsUp = 0.9;  // share of the offered rate

/// Beyond what so many Poisson arrivals leave open.
bool falls_behind(const ScenarioFigures& figures, Seconds time) {
  const auto queries = static_cast<double>(figures.queries);
  return figures.rate &&
         queries + 3.0 * std::sqrt(queries) < kKeepsUp * *figures.rate * time.count();
}

Latency latency_of(const stats::LatencyHistogram& all) {
  return {all.mean(),
          stats::percentile(all, 0.5),
          stats::percentile(all, 0.9),
          stats::percentile(all, 0.99),
          all.max(),
          all.count()};
}

std::vector<std::string> flags_of(const RunRecord& record, std::string_view phase,
                                  const ScenarioFigures& figures) {
  std::vector<std::string> flags;
  if (!figures.latency) {
    flags.emplace_back("latency-unknown");
  } else {
    if (figures.latency->p99.too_few) flags.emplace_back("few-queries-p99");
    if (figures.latency->p90.too_few) flags.emplace_back("few-queries-p90");
    if (figures.latency->p50.too_few) flags.emplace_back("few-queries-p50");
  }
  if (phase != phase::server) return flags;
  if (falls_behind(figures, phase_time(record, phase))) flags.emplace_back("overloaded");
  const auto limit = record.settings.latency_limit;
  if (limit && figures.latency && figures.latency->p99.estimate.value > *limit) {
    flags.emplace_back("over-limit");
  }
  return flags;
}

}  // namespace

std::optional<Latency> phase_latency(const RunRecord& record, std::string_view phase) {
  stats::LatencyHistogram all;
  for (const PhaseWindow& window : record.windows) {
    if (window.phase == phase && window.latencies) all.merge(*window.latencies);
  }
  return all.count() > 0 ? std::optional(latency_of(all)) : std::nullopt;
}

std::optional<ScenarioFigures> scenario_figures(const RunRecord& record, std::string_view phase) {
  const std::int64_t items = phase_items(record, phase);
  const Seconds time = phase_time(record, phase);
  if (items <= 0 || time.count() <= 0.0) return std::nullopt;
  ScenarioFigures out;
  out.latency = phase_latency(record, phase);
  out.queries = items / samples_per_query(phase);
  if (out.latency) out.queries = std::min(out.queries, out.latency->queries);
  out.items_per_second = static_cast<double>(items) / time.count();
  for (const PhaseWindow& window : record.windows) {
    if (window.phase == phase && window.rate) out.rate = window.rate;
  }
  const auto queries = static_cast<double>(out.queries);
  out.energy_per_query = phase_energy(record, phase) / queries;
  out.net_energy_per_query = phase_net_energy(record, phase, baseline::cold) / queries;
  out.flags = flags_of(record, phase, out);
  return out;
}

std::vector<RatePoint> rate_points(const RunRecord& record) {
  std::vector<RatePoint> points;
  for (const PhaseWindow& window : record.windows) {
    if (window.phase != phase::server_probe || !window.rate || !window.latencies) continue;
    const auto queries = static_cast<double>(window.latencies->count());
    points.push_back({*window.rate, true, stats::percentile(*window.latencies, 0.99),
                      window.energy.total / queries});
  }
  const auto best = scenario_figures(record, phase::server);
  if (best && best->rate && best->latency) {
    points.push_back({*best->rate, false, best->latency->p99, best->energy_per_query});
  }
  std::ranges::sort(points, {}, &RatePoint::rate);
  return points;
}

}  // namespace btrack::results

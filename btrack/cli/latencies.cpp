// SPDX-License-Identifier: Apache-2.0
// Latencies, scenarios and the rates that were tried.
#include "btrack/cli/latencies.hpp"

#include <fmt/format.h>

#include <cmath>

#include "btrack/cli/energy_kinds.hpp"
#include "btrack/core/text.hpp"
#include "btrack/results/scenario.hpp"

namespace btrack::cli {
namespace {

std::string percentile_text(std::string_view name, const stats::Percentile& percentile) {
  const auto& estimate = percentile.estimate;
  if (percentile.too_few) {
    return fmt::format("{} {} s (too few queries to say how far off)", name,
                       significant(estimate.value));
  }
  return fmt::format("{} {} s ({} s to {} s at 95 %)", name, significant(estimate.value),
                     significant(estimate.low), significant(estimate.high));
}

std::string scenario_text(const results::ScenarioFigures& figures) {
  std::string text = fmt::format("  {} items/s", significant(figures.items_per_second, 4));
  if (figures.rate) text += fmt::format(", {} queries/s offered", significant(*figures.rate, 4));
  text += fmt::format("\n  per query {}\n", figure_text(figures.energy_per_query));
  if (!figures.flags.empty()) text += fmt::format("  notes: {}\n", join(figures.flags, " "));
  return text;
}

}  // namespace

std::string latencies_text(const results::RunRecord& record) {
  std::string text;
  for (const auto phase : results::phase::asked) {
    const auto latency = results::phase_latency(record, phase);
    const auto figures = results::samples_per_query(phase) > 0
                             ? results::scenario_figures(record, phase)
                             : std::nullopt;
    if (!latency && !figures) continue;
    text += fmt::format("\n{}:", phase);
    if (latency) {
      text +=
          fmt::format(" {} latencies, mean {} s, longest {} s\n  {}\n  {}\n  {}", latency->queries,
                      significant(latency->mean.count()), significant(latency->max.count()),
                      percentile_text("p50", latency->p50), percentile_text("p90", latency->p90),
                      percentile_text("p99", latency->p99));
    }
    text += "\n";
    if (figures) text += scenario_text(*figures);
  }
  for (const auto& point : results::rate_points(record)) {
    if (!point.probe) continue;
    text += fmt::format("  tried {} queries/s: p99 {} s\n", significant(point.rate, 4),
                        significant(point.p99.estimate.value));
  }
  return text;
}

}  // namespace btrack::cli

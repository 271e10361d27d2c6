// SPDX-License-Identifier: Apache-2.0
// Series for the charts.
#include "btrack/report/series.hpp"
#include "btrack/power/relations.hpp"

#include <algorithm>
#include <cmath>

namespace btrack::report {
namespace {

using power::PowerPoint;

/// Joules and seconds that one channel put into each cell.
struct Filling {
  std::vector<double> joules;
  std::vector<double> seconds;
};

struct Grid {
  SteadyTime begin{};
  Seconds step{};
  std::size_t cells = 0;
};

/// Spreads `watts` over [from, to] (seconds after the grid's begin).
void spread(double watts, double from, double to, const Grid& grid, Filling& filling) {
  const double step = grid.step.count();
  auto cell = static_cast<std::size_t>(std::max(0.0, std::floor(from / step)));
  for (; cell < grid.cells && static_cast<double>(cell) * step < to; ++cell) {
    const double begin = std::max(from, static_cast<double>(cell) * step);
    const double end = std::min(to, static_cast<double>(cell + 1) * step);
    if (end <= begin) continue;
    filling.joules[cell] += watts * (end - begin);
    filling.seconds[cell] += end - begin;
  }
}

/// Each point is the mean power of a stretch around it: the stretches meet half-way between points.
std::vector<SteadyTime> edges_of(const std::vector<PowerPoint>& points) {
  std::vector<SteadyTime> edges;
  edges.push_back(points[0].time - (points[1].time - points[0].time) / 2);
  for (std::size_t i = 1; i < points.size(); ++i) {
    edges.push_back(points[i - 1].time + (points[i].time - points[i - 1].time) / 2);
  }
  edges.push_back(points.back().time + (points.back().time - edges.back()));
  return edges;
}

Filling fill(const std::vector<PowerPoint>& points, const Grid& grid) {
  Filling filling{std::vector<double>(grid.cells), std::vector<double>(grid.cells)};
  const auto edges = edges_of(points);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double from = std::max(0.0, Seconds(edges[i] - grid.begin).count());
    const double to = Seconds(edges[i + 1] - grid.begin).count();
    spread(points[i].power.value(), from, to, grid, filling);
  }
  return filling;
}

Grid grid_over(const std::vector<std::vector<PowerPoint>>& series, std::size_t cells) {
  SteadyTime begin = SteadyTime::max();
  SteadyTime end = SteadyTime::min();
  std::size_t points = 0;
  for (const auto& one : series) {
    const auto edges = edges_of(one);
    begin = std::min(begin, edges.front());
    end = std::max(end, edges.back());
    points = std::max(points, one.size());
  }
  Grid grid;
  grid.begin = begin;
  grid.cells = std::min(cells, points);
  grid.step = Seconds(end - begin) / static_cast<double>(grid.cells);
  return grid;
}

std::vector<std::optional<double>> added(const std::vector<Filling>& fillings, const Grid& grid) {
  std::vector<std::optional<double>> watts(grid.cells);
  for (std::size_t cell = 0; cell < grid.cells; ++cell) {
    double sum = 0.0;
    // A cell that a channel covers by less than half would show only a part of the machine.
    const bool whole = std::all_of(fillings.begin(), fillings.end(), [&](const Filling& filling) {
      return filling.seconds[cell] >= 0.5 * grid.step.count();
    });
    if (!whole) continue;
    for (const Filling& filling : fillings) sum += filling.joules[cell] / filling.seconds[cell];
    watts[cell] = sum;
  }
  return watts;
}

std::optional<double> accuracy_after(const results::RunRecord& record, std::int64_t epoch) {
  for (const auto& quality : record.qualities) {
    if (quality.metric == "accuracy" && quality.index == epoch) return quality.value;
  }
  return std::nullopt;
}

}  // namespace

SteadyTime recording_start(const results::RunRecord& record) {
  SteadyTime start = SteadyTime::max();
  for (const auto& reading : record.trace.readings) start = std::min(start, reading.time);
  for (const auto& window : record.windows) start = std::min(start, window.window.begin);
  return start == SteadyTime::max() ? SteadyTime{} : start;
}

std::optional<PowerCells> power_cells(const results::RunRecord& record, std::size_t cells) {
  PowerCells out;
  std::vector<std::vector<PowerPoint>> series;
  for (const std::uint32_t channel : power::total_channels(record.trace.channels)) {
    auto points = power::power_series(record.trace, channel);
    if (points.size() < 2) continue;
    const auto& description = record.trace.channels[channel];
    out.channels.push_back(description.id);
    out.labels.push_back(description.label);
    out.estimated |= description.evidence == power::Evidence::estimated;
    series.push_back(std::move(points));
  }
  if (series.empty() || cells == 0) return std::nullopt;
  const Grid grid = grid_over(series, cells);
  if (!(grid.step.count() > 0.0)) return std::nullopt;
  std::vector<Filling> fillings;
  fillings.reserve(series.size());
  for (const auto& points : series) fillings.push_back(fill(points, grid));
  out.begin = grid.begin - recording_start(record);
  out.step = grid.step;
  out.watts = added(fillings, grid);
  return out;
}

std::vector<Epoch> epochs(const results::RunRecord& record) {
  std::vector<Epoch> out;
  for (const auto& window : record.windows) {
    if (window.phase != results::phase::train) continue;
    Epoch epoch;
    epoch.index = window.index;
    epoch.accuracy = accuracy_after(record, window.index);
    epoch.energy = window.energy.total;
    epoch.cumulative = out.empty() ? epoch.energy : out.back().cumulative + epoch.energy;
    epoch.cumulative_time = window.window.length();
    if (!out.empty()) epoch.cumulative_time += out.back().cumulative_time;
    out.push_back(std::move(epoch));
  }
  return out;
}

}  // namespace btrack::report

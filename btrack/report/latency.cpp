// SPDX-License-Identifier: Apache-2.0
// Load scenarios as a table, and what has to be known before their figures.
#include <fmt/format.h>

#include <cmath>

#include "btrack/report/format.hpp"
#include "btrack/report/tables.hpp"

namespace btrack::report {
namespace {

constexpr double kMs = 1000.0;

/// In ms; where too few queries bound it, that is said beside it.
std::string percentile_cell(const stats::Percentile& percentile, bool interval, Language language) {
  const auto& estimate = percentile.estimate;
  std::string value = number(estimate.value * kMs);
  if (percentile.too_few) return fmt::format("{} ({})", value, text("latency.too_few", language));
  if (!interval) return value;
  return fmt::format("{} [{}, {}]", value, number(estimate.low * kMs), number(estimate.high * kMs));
}

std::vector<std::string> line_of(const Row& row, const ScenarioLine& line, Language language) {
  const auto& [phase, figures] = line;
  std::vector<std::string> cells = {row.label, text("phase." + phase, language),
                                    figures.rate ? number(*figures.rate) : "-",
                                    number(figures.items_per_second), count(figures.queries)};
  if (const auto& latency = figures.latency) {
    const bool p90 = phase == results::phase::singlestream;  // what the scenario is judged by
    cells.insert(cells.end(), {percentile_cell(latency->p50, false, language),
                               percentile_cell(latency->p90, p90, language),
                               percentile_cell(latency->p99, true, language),
                               number(latency->max.count() * kMs)});
  } else {
    cells.insert(cells.end(), 4, "-");
  }
  cells.push_back(energy_cell(figures.energy_per_query));
  const bool missing = figures.energy_per_query.source == power::EnergySource::missing;
  cells.push_back(missing ? text("missing", language)
                          : std::string(1, static_cast<char>(figures.energy_per_query.grade)));
  return cells;
}

}  // namespace

Table latency_table(const View& view, const Report& report) {
  const Language language = report.language;
  Table table;
  for (const auto* key : {"col.model", "latency.scenario", "latency.rate", "latency.throughput",
                          "latency.queries", "latency.p50", "latency.p90", "latency.p99",
                          "latency.max", "latency.energy", "col.grade"}) {
    table.header.push_back(text(key, language));
  }
  for (const Row& row : view.rows) {
    for (const auto& line : row.scenarios) table.rows.push_back(line_of(row, line, language));
  }
  return table;
}

std::vector<std::size_t> dispensable_latency_columns() { return {4, 5, 3, 8, 6}; }

std::vector<ScenarioLine> make_scenarios(const results::RunRecord& record) {
  std::vector<ScenarioLine> lines;
  for (const auto phase : results::phase::scenarios) {
    if (auto figures = results::scenario_figures(record, phase)) {
      lines.push_back({std::string(phase), std::move(*figures)});
    }
  }
  return lines;
}

std::vector<Sentence> scenario_notices(const std::vector<Row>& rows, const Report& report) {
  std::vector<Sentence> out;
  for (const Row& row : rows) {
    for (const ScenarioLine& line : row.scenarios) {
      const auto& figures = line.figures;
      const auto say = [&](const std::string& flag) {
        const auto& limit = report.records[row.record].settings.latency_limit;
        if (flag == "overloaded") {
          out.push_back({"notice.overloaded",
                         {{"model", row.label},
                          {"rate", number(figures.rate.value_or(0.0))},
                          {"done", number(figures.items_per_second)}}});
        } else if (flag == "over-limit") {
          out.push_back({"notice.over_limit",
                         {{"model", row.label},
                          {"rate", number(figures.rate.value_or(0.0))},
                          {"p99", duration(Seconds(figures.latency->p99.estimate.value))},
                          {"limit", duration(Seconds(limit.value_or(0.0)))}}});
        }
      };
      for (const auto& flag : figures.flags) say(flag);
    }
  }
  return out;
}

}  // namespace btrack::report

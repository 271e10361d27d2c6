// SPDX-License-Identifier: Apache-2.0
// Comparison and marginal steps as texts.
#include "btrack/report/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "btrack/report/format.hpp"

namespace btrack::report {
namespace {

using power::EnergyFigure;
using power::EnergySource;

std::string grade_cell(const EnergyFigure& energy, Language language) {
  if (energy.source == EnergySource::missing) return text("missing", language);
  std::string letter(1, static_cast<char>(energy.grade));
  if (energy.source != EnergySource::estimated) return letter;
  return fmt::format("{} ({})", letter, text("estimate", language));
}

std::string graded_cell(const EnergyFigure& energy) {
  if (energy.source == EnergySource::missing) return energy_cell(energy);
  return energy_cell(energy) + " " + static_cast<char>(energy.grade);
}

std::string seconds_cell(const std::optional<Seconds>& time) {
  return time ? number(time->count()) : "-";
}

/// Rows whose items differ say what theirs are.
bool mixed_units(const View& view, const Report& report) {
  return std::any_of(view.rows.begin(), view.rows.end(), [&](const Row& row) {
    return report.records[row.record].item_unit !=
           report.records[view.rows.front().record].item_unit;
  });
}

std::vector<std::string> cells_of(const Row& row, const Report& report, bool with_unit) {
  const Language language = report.language;
  const std::string& unit = report.records[row.record].item_unit;
  return {with_unit ? fmt::format("{} ({})", row.label, unit) : row.label,
          row.accuracy ? accuracy(*row.accuracy) : "-",
          energy_cell(row.energy_per_1000),
          grade_cell(row.energy_per_1000, language),
          seconds_cell(row.time_per_1000),
          seconds_cell(row.train_time),
          graded_cell(row.train_energy),
          count(report.records[row.record].parameters),
          row.on_front ? "*" : "",
          text("row." + std::string(row_verdict_name(row.verdict)), language)};
}

/// "3 .. 5", or the one of both.
std::string range_text(const std::string& least, const std::string& most) {
  return least == most ? least : fmt::format("{} .. {}", least, most);
}

/// In ms: "12.3 [11.9, 12.7]".
std::string latency_cell(const std::optional<stats::Estimate>& latency) {
  constexpr double kMs = 1000.0;
  if (!latency) return "-";
  std::string value = number(latency->value * kMs);
  if (!std::isfinite(latency->high)) return value;
  return fmt::format("{} [{}, {}]", value, number(latency->low * kMs), number(latency->high * kMs));
}

}  // namespace

Table generation_table(const View& view, const Report& report) {
  const Language language = report.language;
  Table table;
  for (const auto* key : {"col.model", "generation.phase", "generation.batch", "generation.lengths",
                          "generation.rate", "generation.latency", "generation.energy"}) {
    table.header.push_back(text(key, language));
  }
  for (const Row& row : view.rows) {
    const auto& settings = report.records[row.record].settings;
    const auto add = [&](const std::optional<results::TokenPhase>& phase, std::string_view name) {
      if (!phase) return;
      table.rows.push_back(
          {row.label, text("phase." + std::string(name), language), count(settings.infer_batch),
           fmt::format("{} + {}", count(settings.prompt), count(settings.generate)),
           number(phase->tokens_per_second()), latency_cell(phase->latency),
           graded_cell(phase->energy_per_token)});
    };
    add(row.prefill, results::phase::prefill);
    add(row.decode, results::phase::decode);
  }
  return table;
}

std::vector<std::size_t> dispensable_generation_columns() { return {2, 3}; }

Table comparison_table(const View& view, const Report& report) {
  const auto label = [&](std::string_view key) { return text(key, report.language); };
  Table table;
  table.header = {label("col.model"),
                  label("col.accuracy"),
                  label("col.energy_short"),
                  label("col.grade"),
                  label("col.time_short"),
                  label("col.train_time_short"),
                  label("col.train_energy_short"),
                  label("col.parameters"),
                  label("col.front"),
                  label("col.verdict")};
  const bool with_unit = mixed_units(view, report);
  for (const Row& row : view.rows) table.rows.push_back(cells_of(row, report, with_unit));
  return table;
}

std::vector<std::size_t> dispensable_columns() { return {7, 5, 6, 8, 4}; }

Table steps_table(const View& view, Language language) {
  Table table;
  for (const auto* key : {"steps.from", "steps.to", "steps.points", "steps.extra", "steps.marginal",
                          "steps.saving"}) {
    table.header.push_back(text(key, language));
  }
  for (const auto& step : view.steps) {
    table.rows.push_back(
        {view.rows[step.from].label, view.rows[step.to].label,
         text(Sentence{"points_gained", {{"value", points(step.accuracy_points)}}}, language),
         number(step.extra_energy_per_1000.value()), number(step.marginal_energy_per_point.value()),
         percent(step.saving_if_step_down)});
  }
  return table;
}

Table scaling_table(const View& view, Language language) {
  Table table;
  for (const auto* key :
       {"col.model", "scaling.devices", "scaling.batch", "scaling.energy", "scaling.rate"}) {
    table.header.push_back(text(key, language));
  }
  for (const auto& line : view.scaling) {
    table.rows.push_back({line.workload, count(line.devices), count(line.batch),
                          graded_cell(line.energy_per_item),
                          line.items_per_second ? number(*line.items_per_second) : "-"});
  }
  return table;
}

Table target_table(const View& view, Language language) {
  Table table;
  for (const auto* key : {"col.model", "target.accuracy", "target.reached", "target.epochs",
                          "target.time", "target.energy", "target.energy_range"}) {
    table.header.push_back(text(key, language));
  }
  for (const auto& line : view.targets) {
    std::vector<std::string> row{line.workload, required_accuracy(line.accuracy),
                                 fmt::format("{} / {}", line.epochs.size(), line.seeds)};
    row.push_back(line.epochs.empty()
                      ? "-"
                      : range_text(count(line.epochs.front()), count(line.epochs.back())));
    row.push_back(line.time ? fmt::format("{} ({})", number(line.time->median.count()),
                                          range_text(number(line.time->least.count()),
                                                     number(line.time->most.count())))
                            : "-");
    row.push_back(line.energy ? graded_cell(line.energy->median) : "-");
    row.push_back(line.energy ? range_text(number(line.energy->least.value()),
                                           number(line.energy->most.value()))
                              : "-");
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string grades_legend(const View& view, Language language) {
  std::set<char> grades;
  for (const Row& row : view.rows) {
    for (const auto* energy : shown_energies(row)) {
      if (energy->source != EnergySource::missing) grades.insert(static_cast<char>(energy->grade));
    }
  }
  std::vector<std::string> parts;
  parts.reserve(grades.size());
  for (const char grade : grades) {
    parts.push_back(fmt::format("{} {}", grade, text(std::string("grade.") + grade, language)));
  }
  return parts.empty() ? text("missing", language) : fmt::format("{}", fmt::join(parts, ", "));
}

std::string steps_note(const View& view, Language language) {
  const std::string estimates =
      view.any_estimate ? text("steps.note_estimates", language) : std::string{};
  return text(Sentence{"steps.note", {{"estimates", estimates}}}, language);
}

}  // namespace btrack::report

// SPDX-License-Identifier: Apache-2.0
// --pue, and the lines about modelled and facility energy and unmeasured parts.
#include "btrack/cli/energy_kinds.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "btrack/cli/number_range.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/relations.hpp"
#include "btrack/results/neighbours.hpp"

namespace btrack::cli {
namespace {

using power::EnergyFigure;
using power::EnergySource;
using results::RunRecord;

std::vector<std::string_view> phases_of(const RunRecord& record) {
  std::vector<std::string_view> phases;
  std::vector<std::string_view> measured(results::phase::asked.begin(),
                                         results::phase::asked.end());
  measured.push_back(results::phase::command);
  for (const auto phase : measured) {
    const bool there = std::ranges::any_of(
        record.windows, [&](const results::PhaseWindow& w) { return w.phase == phase; });
    if (there) phases.push_back(phase);
  }
  return phases;
}

std::string part_name(const std::string& id) {
  const auto part = power::unmeasured_part_from(id);
  return part ? std::string(power::unmeasured_part_name(*part)) : id;
}

}  // namespace

std::string figure_text(const EnergyFigure& energy) {
  if (energy.source == EnergySource::missing) return "missing: " + energy.note;
  return fmt::format("{} J ({} J to {} J at 95 %), grade {}{}",
                     significant(energy.value.value(), 4), significant(energy.low.value()),
                     significant(energy.high.value()), static_cast<char>(energy.grade),
                     energy.source == EnergySource::estimated ? " ESTIMATE" : "");
}

std::optional<results::Facility> FacilityChoice::facility() const {
  if (!pue) return std::nullopt;
  return results::Facility{*pue, u95};
}

void add_facility_options(CLI::App& sub, FacilityChoice& choice) {
  auto* pue = sub.add_option("--pue", choice.pue,
                             "Power usage effectiveness of the place: also states facility energy, "
                             "apart from IT energy (default: none)")
                  ->check(number_range(1.0, 10.0))
                  ->type_name("X");
  sub.add_option("--pue-u95", choice.u95, "How far that PUE may be off, at 95 %")
      ->check(number_range(0.0, 5.0))
      ->needs(pue)
      ->type_name("U");
}

std::string energy_kinds_text(const RunRecord& record) {
  std::string text;
  for (const auto phase : phases_of(record)) {
    const auto measured = results::phase_measured_energy(record, phase);
    const auto modelled = results::phase_modelled_energy(record, phase);
    if (measured.source == EnergySource::measured && modelled.source == EnergySource::estimated) {
      text +=
          fmt::format("  {} by the model, beside the counters: {}\n", phase, figure_text(modelled));
    }
  }
  if (record.facility) {
    const auto u95 = record.facility->pue_u95;
    const auto doubt = u95 ? fmt::format(" +- {}", *u95) : " of unknown doubt";
    for (const auto phase : phases_of(record)) {
      const auto it = results::phase_energy(record, phase);
      text += fmt::format("  {} facility energy, PUE {}{}: {}\n", phase, record.facility->pue,
                          doubt, figure_text(results::facility_energy(it, *record.facility)));
    }
  }
  if (record.unmeasured && !record.unmeasured->empty()) {
    std::vector<std::string> names;
    for (const auto& id : *record.unmeasured) names.push_back(part_name(id));
    text += fmt::format("  not measured: {}\n", join(names, "; "));
  }
  return text;
}

std::string neighbours_text(const RunRecord& record) {
  const double percent = results::neighbours_percent(record);
  if (percent <= results::kBusyPercent) return {};
  return fmt::format(
      "  the machine was not quiet: others had {} % of the processors meanwhile; time and energy "
      "include that\n",
      significant(percent));
}

}  // namespace btrack::cli

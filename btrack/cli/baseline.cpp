// SPDX-License-Identifier: Apache-2.0
// --baseline, and what it brought.
#include "btrack/cli/baseline.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "btrack/cli/number_range.hpp"
#include "btrack/core/text.hpp"
#include "btrack/report/report.hpp"

namespace btrack::cli {
namespace {

using power::EnergySource;
using results::Baseline;
using results::RunRecord;

std::string interval(double low, double high) {
  return fmt::format("{} .. {}", significant(low), significant(high));
}

std::vector<std::string> idle_row(const Baseline& baseline) {
  const power::IdleFigure& idle = baseline.power;
  if (idle.source == EnergySource::missing) {
    return {baseline.kind, "-", "-", "-", "-", "-", "-", idle.note};
  }
  return {baseline.kind,
          significant(idle.value.value()),
          interval(idle.low.value(), idle.high.value()),
          significant(idle.before.value()),
          significant(idle.after.value()),
          fmt::format("{:+.2f} %", 100.0 * idle.change()),
          std::string(1, static_cast<char>(idle.grade)),
          join(idle.flags, " ")};
}

std::vector<std::string> phases_of(const RunRecord& record) {
  std::vector<std::string> phases;
  for (const auto& window : record.windows) {
    const bool known = std::ranges::find(phases, window.phase) != phases.end();
    if (!known && !window.net.empty()) phases.push_back(window.phase);
  }
  return phases;
}

std::vector<std::string> net_row(const RunRecord& record, const std::string& phase,
                                 const std::string& kind) {
  const auto gross = results::phase_energy(record, phase);
  const auto net = results::phase_net_energy(record, phase, kind);
  const bool known = gross.source != EnergySource::missing;
  std::vector<std::string> row{phase, kind, known ? significant(gross.value.value()) : "-"};
  if (net.source == EnergySource::missing) {
    row.insert(row.end(), {"-", "-", "-", "-", net.note});
    return row;
  }
  row.insert(row.end(),
             {significant((gross.value - net.value).value()), significant(net.value.value()),
              interval(net.low.value(), net.high.value()),
              std::string(1, static_cast<char>(net.grade)), join(net.flags, " ")});
  return row;
}

bool asked_for(const RunRecord& record) {
  return std::ranges::any_of(record.windows, [](const results::PhaseWindow& window) {
    return window.phase == results::phase::idle || window.phase == results::phase::active_idle;
  });
}

}  // namespace

std::optional<Seconds> BaselineChoice::length() const {
  if (none || given.empty()) return std::nullopt;
  return Seconds(parse_number<double>(given).value_or(0.0));
}

void add_baseline_options(CLI::App& sub, BaselineChoice& choice) {
  sub.add_option("--baseline", choice.given,
                 "Measure idle power for so long before and after, and the net energy; "
                 "auto: 30 s, or 20 updates of the slowest sensor (default: off)")
      ->check(CLI::IsMember({"auto"}) | number_range(1.0, 3600.0))
      ->envname("BTRACK_BASELINE")
      ->type_name("S|auto");
  sub.add_flag("--no-baseline", choice.none, "No idle baseline, whatever BTRACK_BASELINE says");
}

std::string baseline_text(const RunRecord& record) {
  if (!asked_for(record)) return {};
  std::vector<std::vector<std::string>> idle;
  std::vector<std::vector<std::string>> energies;
  for (const Baseline& baseline : record.baselines) {
    idle.push_back(idle_row(baseline));
    for (const auto& phase : phases_of(record)) {
      energies.push_back(net_row(record, phase, baseline.kind));
    }
  }
  const std::vector<std::string> idle_header = {"idle",    "mean W", "95 % interval W", "before W",
                                                "after W", "change", "grade",           "notes"};
  const std::vector<std::string> header = {"phase", "above idle",      "gross J", "idle J",
                                           "net J", "95 % interval J", "grade",   "notes"};
  auto text =
      "\n" + report::text_table(idle_header, idle) + "\n" + report::text_table(header, energies);
  for (const Baseline& baseline : record.baselines) {
    if (baseline.power.source == EnergySource::missing || baseline.power.note.empty()) continue;
    text += fmt::format("{} idle: {}\n", baseline.kind, baseline.power.note);
  }
  return text;
}

}  // namespace btrack::cli

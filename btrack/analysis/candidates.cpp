// SPDX-License-Identifier: Apache-2.0
// Which records can be compared, and why the others cannot.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "btrack/analysis/trade_off.hpp"
#include "btrack/stats/stopping.hpp"

namespace btrack::analysis {
namespace {

using power::EnergySource;
using results::RunRecord;
namespace phase = results::phase;

std::vector<double> repetition_joules_per_1000(const RunRecord& record) {
  std::vector<double> joules;
  for (const results::PhaseWindow& window : record.windows) {
    const power::EnergyFigure& energy = window.energy.total;
    if (window.phase != phase::infer || window.items <= 0) continue;
    if (energy.source == EnergySource::missing) continue;
    joules.push_back(energy.value.value() * 1000.0 / static_cast<double>(window.items));
  }
  return joules;
}

/// Mean with the interval widened for the stopping rule's looks, as in the results' columns.
stats::Estimate repeated(const std::vector<double>& sample) {
  if (sample.empty()) return {};
  return stats::widened(stats::mean(sample), stats::kOptionalLooksFactor);
}

Candidate make_candidate(const RunRecord& record, double accuracy) {
  Candidate c;
  c.run = record.id;
  c.workload = record.settings.workload;
  c.accuracy = accuracy;
  const auto items = static_cast<double>(results::phase_items(record, phase::infer));
  c.energy_per_1000 = results::phase_energy(record, phase::infer) / (items / 1000.0);
  c.repeated_seconds = repeated(results::repetition_times_per_1000(record));
  c.repeated_joules = repeated(repetition_joules_per_1000(record));
  c.seconds_per_1000 = Seconds(c.repeated_seconds.value);
  c.train_energy = results::phase_energy(record, phase::train);
  c.train_time = results::phase_time(record, phase::train);
  c.parameters = record.parameters;
  return c;
}

/// Why the record is no candidate; empty where it is one.
std::string obstacle(const RunRecord& record, const std::optional<double>& accuracy) {
  if (record.status != results::Status::complete) {
    const std::string why = record.failure ? ": " + record.failure->message : std::string();
    return fmt::format("the run is {}{}", results::status_name(record.status), why);
  }
  if (!accuracy || !std::isfinite(*accuracy)) return "it has no accuracy";
  if (results::phase_items(record, phase::infer) <= 0) return "it did not infer";
  const power::EnergyFigure energy = results::phase_energy(record, phase::infer);
  if (energy.source == EnergySource::missing) {
    return "its inference energy is missing" +
           (energy.note.empty() ? std::string() : ": " + energy.note);
  }
  return {};
}

}  // namespace

Comparable comparable(std::span<const RunRecord> records) {
  Comparable result;
  std::set<std::string> seen;
  for (std::size_t i = records.size(); i-- > 0;) {
    const RunRecord& record = records[i];
    const auto accuracy = results::last_quality(record, "accuracy");
    std::string reason = obstacle(record, accuracy);
    if (reason.empty() && !seen.insert(results::settings_to_json(record.settings)).second) {
      reason = "a newer run has the same workload and settings";
    }
    if (reason.empty()) {
      result.candidates.push_back(make_candidate(record, *accuracy));
    } else {
      result.left_out.emplace_back(record.id, std::move(reason));
    }
  }
  std::reverse(result.candidates.begin(), result.candidates.end());
  std::reverse(result.left_out.begin(), result.left_out.end());
  return result;
}

}  // namespace btrack::analysis

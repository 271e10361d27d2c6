// SPDX-License-Identifier: Apache-2.0
// What the report does not know, and says: no report leaves without this list.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "btrack/power/relations.hpp"
#include "btrack/report/format.hpp"
#include "btrack/report/view.hpp"

namespace btrack::report {
namespace {

using power::EnergySource;
using Names = std::set<std::string>;

/// The channel of power::EstimateSensor: it has no part of a machine for its label, so it gets
/// words.
constexpr std::string_view kEstimate = "estimate/machine";

std::string listed(const Names& names) { return fmt::format("{}", fmt::join(names, ", ")); }

bool any_source(const std::vector<Row>& rows, EnergySource source) {
  return std::any_of(rows.begin(), rows.end(), [&](const Row& row) {
    const auto energies = shown_energies(row);
    return std::any_of(energies.begin(), energies.end(),
                       [&](const auto* energy) { return energy->source == source; });
  });
}

/// The channel as its sensor calls it for people; the id where the record came without its trace.
std::string label_of(const results::RunRecord& record, const std::string& id) {
  for (const auto& channel : record.trace.channels) {
    if (channel.id == id && !channel.label.empty()) return channel.label;
  }
  return id;
}

void add_coverage(const Report& report, const std::vector<Row>& rows, std::vector<Sentence>& out) {
  Names measured;
  Names modelled_parts;
  bool modelled = false;
  for (const Row& row : rows) {
    for (const auto* energy : shown_energies(row)) {
      if (energy->source == EnergySource::missing) continue;
      for (const auto& id : energy->coverage) {
        const bool machine = id == kEstimate;
        modelled |= machine;
        if (machine) continue;
        auto& names = energy->source == EnergySource::estimated ? modelled_parts : measured;
        names.insert(label_of(report.records[row.record], id));
      }
    }
  }
  if (!measured.empty()) out.push_back({"unknown.coverage", {{"channels", listed(measured)}}});
  if (!modelled_parts.empty()) {
    out.push_back({"unknown.coverage_estimated_with", {{"channels", listed(modelled_parts)}}});
  } else if (modelled) {
    out.push_back({"unknown.coverage_estimated", {}});
  }
}

/// Parts without a sensor in any row, and the PUE behind facility energies.
void add_kinds(const Report& report, const std::vector<Row>& rows, std::vector<Sentence>& out) {
  Names parts;
  Names pues;
  for (const Row& row : rows) {
    const auto& record = report.records[row.record];
    if (record.facility) pues.insert(fmt::format("{}", record.facility->pue));
    if (!record.unmeasured) continue;
    parts.insert(record.unmeasured->begin(), record.unmeasured->end());
  }
  for (const auto& id : parts) {
    if (power::unmeasured_part_from(id)) out.push_back({"unknown.unmeasured." + id, {}});
  }
  if (!pues.empty()) out.push_back({"unknown.facility", {{"pue", listed(pues)}}});
}

/// Whether the idle share was separated for every row, and what idle power was.
void add_idle(const Report& report, const std::vector<Row>& rows, std::vector<Sentence>& out) {
  double low = std::numeric_limits<double>::infinity();
  double high = 0.0;
  Names drifted;
  bool all = true;
  for (const Row& row : rows) {
    const auto* idle = results::find_baseline(report.records[row.record], results::baseline::cold);
    all &= idle != nullptr && idle->power.source != EnergySource::missing;
    if (idle == nullptr || idle->power.source == EnergySource::missing) continue;
    low = std::min(low, idle->power.value.value());
    high = std::max(high, idle->power.value.value());
    const auto& flags = idle->power.flags;
    if (std::ranges::find(flags, "baseline-drift") != flags.end()) drifted.insert(row.label);
  }
  if (!all) {
    out.push_back({"unknown.idle", {}});
    return;
  }
  const std::string from = number(low);
  const std::string to = number(high);
  const std::string watts =
      from == to ? fmt::format("{} W", from) : fmt::format("{} - {} W", from, to);
  out.push_back({"unknown.idle_measured", {{"idle", watts}}});
  if (!drifted.empty()) out.push_back({"unknown.idle_drift", {{"models", listed(drifted)}}});
}

void add_flags(const std::vector<Row>& rows, std::vector<Sentence>& out) {
  std::map<std::string, Names> models_of;  // the flags of a row, joined -> the rows with just those
  for (const Row& row : rows) {
    Names flags;
    for (const auto* energy : shown_energies(row)) {
      flags.insert(energy->flags.begin(), energy->flags.end());
    }
    if (!flags.empty()) models_of[listed(flags)].insert(row.label);
  }
  for (const auto& [flags, models] : models_of) {
    out.push_back({"unknown.flags", {{"models", listed(models)}, {"flags", flags}}});
  }
}

/// The difference of two shares near p, counted on n items each, that chance reaches 1 time in 20:
/// 1.96 sqrt(2 p (1 - p) / n), the normal approximation of two independent binomials.
double chance_points(double p, double n) {
  return 100.0 * 1.96 * std::sqrt(2.0 * p * (1.0 - p) / n);
}

void add_chance(const Report& report, const std::vector<Row>& rows, std::vector<Sentence>& out) {
  std::int64_t items = 0;
  double widest = 0.0;
  for (const Row& row : rows) {
    if (!row.accuracy) continue;
    for (const auto& window : report.records[row.record].windows) {
      if (window.phase != results::phase::evaluate || window.items <= 0) continue;
      items = items == 0 ? window.items : std::min(items, window.items);
      widest = std::max(widest, chance_points(*row.accuracy, static_cast<double>(window.items)));
    }
  }
  if (widest <= 0.0) return;
  out.push_back({"unknown.chance", {{"items", count(items)}, {"points", points(widest)}}});
}

bool trained_once_each(const Report& report, const std::vector<Row>& rows) {
  std::map<std::string, std::set<std::int64_t>> seeds;
  for (const Row& row : rows) {
    if (!row.train_time) continue;
    const auto& settings = report.records[row.record].settings;
    seeds[settings.workload].insert(settings.seed);
  }
  return std::any_of(seeds.begin(), seeds.end(), [](const auto& s) { return s.second.size() < 2; });
}

void add_losses(const Report& report, std::vector<Sentence>& out) {
  std::uint64_t lost = 0;
  std::uint64_t readings = 0;
  for (const auto& record : report.records) {
    lost += record.sampling.lost;
    readings += record.sampling.lost + record.sampling.rounds;
  }
  if (lost == 0) return;
  out.push_back({"unknown.lost",
                 {{"lost", count(static_cast<std::int64_t>(lost))},
                  {"readings", count(static_cast<std::int64_t>(readings))}}});
}

}  // namespace

std::vector<Sentence> make_unknowns(const Report& report, const std::vector<Row>& rows) {
  std::vector<Sentence> out;
  const bool estimated = any_source(rows, EnergySource::estimated);
  if (!estimated && !any_source(rows, EnergySource::measured)) {
    out.push_back({"unknown.no_energy", {}});
  } else {
    if (estimated) out.push_back({"unknown.estimated", {}});
    add_coverage(report, rows, out);
    add_kinds(report, rows, out);
    add_idle(report, rows, out);
  }
  add_chance(report, rows, out);
  if (trained_once_each(report, rows)) out.push_back({"unknown.seed", {}});
  if (report.comparable.candidates.size() > 1) out.push_back({"unknown.front", {}});
  add_flags(rows, out);
  add_losses(report, out);
  return out;
}

}  // namespace btrack::report

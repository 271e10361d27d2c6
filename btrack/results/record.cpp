// SPDX-License-Identifier: Apache-2.0
// Sums over a record's windows, names of states, fresh ids.
#include "btrack/results/record.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <span>

namespace btrack::results {
namespace {

/// Ids become file names and command line words: everything else in a workload's name is '_'.
std::string id_word(std::string_view text) {
  std::string word(text);
  for (char& c : word) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '.') c = '_';
  }
  return word;
}

}  // namespace

std::string_view status_name(Status status) {
  switch (status) {
    case Status::complete:
      return "complete";
    case Status::failed:
      return "failed";
    case Status::interrupted:
      return "interrupted";
  }
  return "failed";
}

std::optional<Status> status_from(std::string_view name) {
  for (const Status status : {Status::complete, Status::failed, Status::interrupted}) {
    if (status_name(status) == name) return status;
  }
  return std::nullopt;
}

power::EnergyFigure phase_energy(const RunRecord& record, std::string_view phase) {
  std::optional<power::EnergyFigure> sum;
  for (const PhaseWindow& window : record.windows) {
    if (window.phase != phase) continue;
    sum = sum ? *sum + window.energy.total : window.energy.total;
  }
  if (sum) return *sum;
  power::EnergyFigure missing;
  missing.note = fmt::format("the run has no {} window", phase);
  return missing;
}

power::EnergyFigure phase_net_energy(const RunRecord& record, std::string_view phase,
                                     std::string_view kind) {
  std::optional<power::EnergyFigure> sum;
  for (const PhaseWindow& window : record.windows) {
    if (window.phase != phase) continue;
    const auto net = std::ranges::find(window.net, kind, &NetEnergy::baseline);
    power::EnergyFigure energy;
    energy.note = fmt::format("no {} idle baseline was measured", kind);
    if (net != window.net.end()) energy = net->energy;
    sum = sum ? *sum + energy : energy;
  }
  if (sum) return *sum;
  power::EnergyFigure missing;
  missing.note = fmt::format("the run has no {} window", phase);
  return missing;
}

power::EnergyFigure phase_measured_energy(const RunRecord& record, std::string_view phase) {
  power::EnergyFigure energy = phase_energy(record, phase);
  if (energy.source != power::EnergySource::estimated) return energy;
  power::EnergyFigure missing;
  missing.note = "no energy counter was read";
  return missing;
}

namespace {

/// Whether a channel is a part of another: the estimate's parts carry its id and a slash before
/// their own names.
bool inside_another(const power::ChannelEnergy& part, std::span<const power::ChannelEnergy> all) {
  return std::ranges::any_of(
      all, [&](const power::ChannelEnergy& whole) { return part.id.starts_with(whole.id + '/'); });
}

}  // namespace

power::EnergyFigure phase_modelled_energy(const RunRecord& record, std::string_view phase) {
  std::optional<power::EnergyFigure> sum;
  for (const PhaseWindow& window : record.windows) {
    if (window.phase != phase) continue;
    for (const auto& channel : window.energy.channels) {
      if (channel.energy.source != power::EnergySource::estimated) continue;
      if (inside_another(channel, window.energy.channels)) continue;
      sum = sum ? *sum + channel.energy : channel.energy;
    }
  }
  if (sum) return *sum;
  power::EnergyFigure missing;
  missing.note = "no model was evaluated";
  return missing;
}

power::EnergyFigure facility_energy(const power::EnergyFigure& it, const Facility& facility) {
  power::EnergyFigure out = it;
  out.flags.emplace_back("facility-pue");
  if (!facility.pue_u95) out.flags.emplace_back("pue-doubt-unknown");
  const double u95 = facility.pue_u95.value_or(0.0);
  if (it.source == power::EnergySource::missing) {
    out.high = it.high * (facility.pue + u95);
    return out;
  }
  const auto side = [&](Joules from_it) {
    return Joules(std::hypot(from_it.value() * facility.pue, it.value.value() * u95));
  };
  out.value = it.value * facility.pue;
  out.low = std::max(it.low, out.value - side(it.value - it.low));  // a PUE is at least 1
  out.high = out.value + side(it.high - it.value);
  out.spread = it.spread * facility.pue;
  out.grade = std::max(it.grade, power::Grade::D);
  return out;
}

const Baseline* find_baseline(const RunRecord& record, std::string_view kind) {
  const auto found = std::ranges::find(record.baselines, kind, &Baseline::kind);
  return found == record.baselines.end() ? nullptr : &*found;
}

std::int64_t samples_per_query(std::string_view phase) {
  if (phase == phase::multistream) return 8;
  return phase == phase::singlestream || phase == phase::server ? 1 : 0;
}

Seconds phase_time(const RunRecord& record, std::string_view phase) {
  Seconds sum{};
  for (const PhaseWindow& window : record.windows) {
    if (window.phase == phase) sum += window.window.length();
  }
  return sum;
}

std::int64_t phase_items(const RunRecord& record, std::string_view phase) {
  std::int64_t sum = 0;
  for (const PhaseWindow& window : record.windows) {
    if (window.phase == phase) sum += window.items;
  }
  return sum;
}

std::vector<double> repetition_times_per_1000(const RunRecord& record) {
  std::vector<double> times;
  for (const PhaseWindow& window : record.windows) {
    if (window.phase != phase::infer || window.items <= 0) continue;
    times.push_back(window.window.length().count() * 1000.0 / static_cast<double>(window.items));
  }
  return times;
}

std::optional<double> last_quality(const RunRecord& record, std::string_view metric) {
  std::optional<double> last;
  for (const Quality& quality : record.qualities) {
    if (quality.metric == metric) last = quality.value;
  }
  return last;
}

std::string new_run_id(std::string_view workload, std::chrono::system_clock::time_point now) {
  std::random_device entropy;
  return fmt::format("{:%Y%m%dT%H%M%SZ}-{}-{:06x}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)), id_word(workload),
                     entropy() & 0xFFFFFFU);
}

}  // namespace btrack::results

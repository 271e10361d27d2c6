// SPDX-License-Identifier: Apache-2.0
// All channels of a trace over one window, and their total.
#include "btrack/power/energy.hpp"

#include <algorithm>

#include "btrack/power/assess.hpp"
#include "btrack/power/closure.hpp"
#include "btrack/power/curve.hpp"
#include "btrack/power/grade.hpp"
#include "btrack/power/mirror.hpp"
#include "btrack/power/relations.hpp"
#include "btrack/power/twin.hpp"

namespace btrack::power {
namespace {

Activity activity_of(const Channel& channel, const Track& track, Window window) {
  Activity activity;
  if (track.nodes.size() < 2) {
    activity.constant = track.readings >= 10 && track.last_read > window.begin;
    return activity;
  }
  const auto powers = Curve(channel, track).powers_in(window);
  if (powers.empty()) return activity;
  const auto [low, high] = std::ranges::minmax(powers);
  activity = {low, high, false};
  constexpr std::size_t kMany = 10;
  const bool gauge = channel.kind == ChannelKind::power_gauge;
  activity.constant = gauge && powers.size() >= kMany && high - low < 0.5 * channel.si_per_count;
  return activity;
}

/// No counter of a time in which the machine slept can be trusted.
void mark_suspended(EnergyFigure& figure) {
  add_flag(figure, "suspended");
  figure.grade = Grade::F;
  figure.note = "the machine was suspended in this window";
}

/// The sum over channels: coverage, flags and notes of all, the interval from the joint budget.
void add_up(const std::vector<Assessment>& all, const std::vector<std::uint32_t>& chosen,
            EnergyFigure& total) {
  std::vector<const EnergyFigure*> parts;
  EnergyBudget budget;
  for (const auto i : chosen) {
    parts.push_back(&all[i].figure);
    total = parts.size() == 1 ? all[i].figure : total + all[i].figure;
    budget.value += all[i].budget.value;
    budget.terms.insert(budget.terms.end(), all[i].budget.terms.begin(), all[i].budget.terms.end());
  }
  if (total.source == EnergySource::missing) return;
  set_interval(total, combine(budget.value, std::move(budget.terms)));
  total.grade = grade_of_sum(total, parts);
}

}  // namespace

EnergyMeter::EnergyMeter(const PowerTrace& trace)
    : channels_(trace.channels), suspensions_(suspensions(trace.clocks)) {
  for (const auto& [original, copy] : find_mirrors(trace)) {
    channels_[copy].duplicate_of = channels_[original].id;
    mirrored_ = true;
  }
  std::vector<TrackBuilder> builders(channels_.begin(), channels_.end());
  for (const Reading& reading : trace.readings) {
    if (reading.channel < builders.size()) builders[reading.channel].add(reading);
  }
  tracks_.reserve(builders.size());
  for (auto& builder : builders) tracks_.push_back(std::move(builder).finish());
  resolve_gaps(channels_, tracks_);
  const auto lost = static_cast<double>(trace.lost);
  if (trace.lost > 0) lost_share_ = lost / (lost + static_cast<double>(trace.readings.size()));
}

EnergyMeter::~EnergyMeter() = default;
EnergyMeter::EnergyMeter(EnergyMeter&&) noexcept = default;
EnergyMeter& EnergyMeter::operator=(EnergyMeter&&) noexcept = default;

std::vector<Assessment> EnergyMeter::assess_all(Window window) const {
  std::vector<Assessment> all;
  all.reserve(channels_.size());
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    all.push_back(assess(channels_[i], tracks_[i], window, lost_share_));
  }
  return all;
}

EnergyReport EnergyMeter::measure(Window window) const {
  const auto all = assess_all(window);
  EnergyReport report;
  std::vector<Activity> activities;
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    report.channels.push_back({channels_[i].id, all[i].figure});
    activities.push_back(activity_of(channels_[i], tracks_[i], window));
  }
  const auto chosen = total_channels(channels_);
  if (chosen.empty()) {
    report.total.note = "no sensor was read";
    return report;
  }
  add_up(all, chosen, report.total);
  mark_contradictions(find_contradictions(channels_, report, window, activities), report);
  if (mirrored_) add_flag(report.total, "mirrored");
  const bool slept = std::ranges::any_of(suspensions_, [&](const Window& asleep) {
    return asleep.begin < window.end && asleep.end > window.begin;
  });
  if (slept) {
    mark_suspended(report.total);
    for (auto& channel : report.channels) mark_suspended(channel.energy);
  }
  return report;
}

BudgetReport EnergyMeter::budget(Window window) const {
  auto all = assess_all(window);
  BudgetReport report;
  bool missing = false;
  for (const auto i : total_channels(channels_)) {
    missing |= all[i].figure.source == EnergySource::missing;
    report.total.value += all[i].budget.value;
    report.total.terms.insert(report.total.terms.end(), all[i].budget.terms.begin(),
                              all[i].budget.terms.end());
  }
  report.total =
      missing ? EnergyBudget{} : combine(report.total.value, std::move(report.total.terms));
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    report.channels.push_back({channels_[i].id, std::move(all[i].budget)});
  }
  return report;
}

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// Energy of a window: edges between counter updates, the 95 % interval, the grade, the total.
#include "btrack/power/energy.hpp"
#include "btrack/power/relations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "btrack/core/text.hpp"
#include "btrack/power/curve.hpp"

namespace btrack::power {
namespace {

constexpr double kSigmas95 = 1.96;

void add_flag(EnergyFigure& figure, std::string_view flag) {
  if (std::ranges::find(figure.flags, flag) == figure.flags.end()) figure.flags.emplace_back(flag);
}

EnergyFigure& missing(EnergyFigure& figure, std::string note) {
  figure.source = EnergySource::missing;
  figure.grade = Grade::F;
  figure.value = figure.low = Joules(0);
  figure.note = std::move(note);
  return figure;
}

EnergyFigure& unresolvable(EnergyFigure& figure, const Channel& channel, double at_most_j,
                           std::string_view why) {
  missing(figure,
          fmt::format("{}: not resolvable ({}), < {} J", channel.id, why, significant(at_most_j)));
  figure.high = Joules(at_most_j);
  add_flag(figure, "not-resolvable");
  return figure;
}

/// What faults inside the window do to the figure.
struct Damage {
  double low_j = 0.0;
  double high_j = 0.0;
  Seconds lost{};
  bool invalid = false;
};

std::string_view fault_flag(Fault fault) {
  switch (fault) {
    case Fault::wrapped:
      return "wrapped";
    case Fault::reset:
      return "reset";
    case Fault::gap:
      return "gap";
    case Fault::implausible:
      return "implausible";
    case Fault::failed:
      return "failed-readings";
    case Fault::interpolated:
      break;
  }
  return "interpolated";
}

Damage damage_in(const Track& track, Window window, EnergyFigure& figure) {
  Damage damage;
  for (const FaultSpan& span : track.faults) {
    if (span.begin > window.end || span.end < window.begin) continue;
    add_flag(figure, fault_flag(span.fault));
    damage.low_j += span.low_j;
    damage.high_j += span.high_j;
    damage.invalid |=
        span.fault == Fault::reset || span.fault == Fault::gap || span.fault == Fault::implausible;
    if (span.fault == Fault::interpolated) {
      damage.lost += std::min(span.end, window.end) - std::max(span.begin, window.begin);
    }
  }
  return damage;
}

Grade one_down(Grade grade) {
  return grade < Grade::E ? static_cast<Grade>(static_cast<char>(grade) + 1) : grade;
}

/// measurement.md 5 (e). A and B need a calibration or a characterised sensor; D ends at 25 %, and
/// a measured figure wider than that is no better than a model.
Grade grade_of(const EnergyFigure& figure, double doubtful_share, bool invalid) {
  if (invalid || doubtful_share > 0.10) return Grade::F;
  const double half_j =
      std::max((figure.high - figure.value).value(), (figure.value - figure.low).value());
  const double relative = half_j / figure.value.value();
  Grade grade = Grade::E;
  if (figure.source == EnergySource::measured) {
    grade = relative <= 0.10 ? Grade::C : relative <= 0.25 ? Grade::D : Grade::E;
  }
  return doubtful_share > 0.02 ? one_down(grade) : grade;
}

/// Parts of the window that no reading covers, one update period at each end apart.
struct Outside {
  Seconds length{};
  double low_j = 0.0;
  double high_j = 0.0;
};

Outside outside_of(const Channel& channel, const Track& track, Window window, double begin_w,
                   double end_w) {
  const Seconds period = channel.update_period;
  const Seconds before = std::max(Seconds(0), Seconds(track.first_read - window.begin) - period);
  const Seconds after = std::max(Seconds(0), Seconds(window.end - track.last_read) - period);
  const double limit = channel.power_limit.value();
  return {before + after, begin_w * before.count() + end_w * after.count(),
          std::max(0.0, limit - begin_w) * before.count() +
              std::max(0.0, limit - end_w) * after.count()};
}

/// How far an edge may be off: the instant of the update, and what power did since the nearest one.
/// Where the window shows fewer than two updates, power there may be anything up to twice the mean.
double edge_doubt(const Curve::Edge& edge, bool few_updates) {
  const double swing = few_updates ? std::max(edge.change_w, edge.power_w) : edge.change_w;
  return edge.tick_j + edge.distance_s * swing;
}

double quantisation(const Channel& channel, Seconds length) {
  if (channel.kind == ChannelKind::energy_counter) {
    return kSigmas95 * channel.si_per_count / std::sqrt(6.0);  // one count at both ends
  }
  return 0.95 * 0.5 * channel.si_per_count * length.count();  // the same half count throughout
}

EnergyFigure measure_channel(const Channel& channel, const Track& track, Window window) {
  EnergyFigure figure;
  figure.coverage = {channel.id};
  const Seconds length = window.length();
  if (length <= Seconds(0)) return missing(figure, "the window is empty");
  const Damage damage = damage_in(track, window, figure);
  if (track.readings == 0) {
    return missing(figure, fmt::format("{}: no reading succeeded", channel.id));
  }
  if (track.nodes.size() < 2) {
    return missing(figure,
                   fmt::format("{}: the counter never changed; it may be frozen", channel.id));
  }
  const Curve curve(channel, track);
  const Curve::Edge begin = curve.at(window.begin);
  const Curve::Edge end = curve.at(window.end);
  const Outside outside = outside_of(channel, track, window, begin.power_w, end.power_w);
  const double outside_share = outside.length / length;
  if (outside_share > 0.10) {
    return missing(figure, fmt::format("{}: {} s of the window are outside the trace", channel.id,
                                       significant(outside.length.count())));
  }
  const auto at_most = [&] {
    return curve.at_most(window, channel.power_limit) * channel.gain.high;
  };
  if (length < 2.0 * channel.update_period) {
    return unresolvable(
        figure, channel, at_most(),
        fmt::format("{} s, the counter is renewed every {} s", significant(length.count()),
                    significant(channel.update_period.count())));
  }
  const double value = curve.between(begin, end);
  const bool few = end.node < begin.node + 2;
  const double edges = edge_doubt(begin, few) + edge_doubt(end, few);
  if (!(value > edges)) {
    return unresolvable(figure, channel, at_most(), "too few updates in the window");
  }
  if (outside.length > Seconds(0)) add_flag(figure, "extrapolated");

  const double random =
      std::hypot(quantisation(channel, length), kSigmas95 * std::sqrt(curve.variance(begin, end)));
  const double below = std::hypot(value * (1.0 - channel.gain.low), random) + edges;
  const double above = std::hypot(value * (channel.gain.high - 1.0), random) + edges;
  figure.source =
      channel.evidence == Evidence::measured ? EnergySource::measured : EnergySource::estimated;
  figure.value = Joules(value);
  figure.low = Joules(std::max(0.0, value - below - damage.low_j - outside.low_j));
  figure.high = Joules(value + above + damage.high_j + outside.high_j);
  figure.grade = grade_of(figure, outside_share + damage.lost / length, damage.invalid);
  if (damage.invalid) {
    figure.note = fmt::format("{}: {}", channel.id, join(figure.flags, ", "));
  }
  return figure;
}

/// A sum takes the worst grade among the parts with more than 5 % of the energy (5 (e)); an invalid
/// part always counts.
Grade grade_of_sum(const EnergyFigure& sum, const std::vector<const EnergyFigure*>& parts) {
  Grade worst = Grade::A;
  for (const EnergyFigure* part : parts) {
    const bool counts = part->value.value() > 0.05 * sum.value.value() || part->grade == Grade::F;
    if (counts) worst = std::max(worst, part->grade);
  }
  return worst;
}

}  // namespace

EnergyMeter::EnergyMeter(const PowerTrace& trace) : channels_(trace.channels) {
  std::vector<TrackBuilder> builders(channels_.begin(), channels_.end());
  for (const Reading& reading : trace.readings) {
    if (reading.channel < builders.size()) builders[reading.channel].add(reading);
  }
  tracks_.reserve(builders.size());
  for (auto& builder : builders) tracks_.push_back(std::move(builder).finish());
}

EnergyMeter::~EnergyMeter() = default;
EnergyMeter::EnergyMeter(EnergyMeter&&) noexcept = default;
EnergyMeter& EnergyMeter::operator=(EnergyMeter&&) noexcept = default;

EnergyReport EnergyMeter::measure(Window window) const {
  EnergyReport report;
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    report.channels.push_back({channels_[i].id, measure_channel(channels_[i], tracks_[i], window)});
  }
  std::vector<const EnergyFigure*> parts;
  for (const auto i : total_channels(channels_)) parts.push_back(&report.channels[i].energy);
  if (parts.empty()) {
    report.total.note = "no sensor was read";
    return report;
  }
  report.total = *parts.front();
  for (std::size_t i = 1; i < parts.size(); ++i) report.total = report.total + *parts[i];
  if (report.total.source != EnergySource::missing) {
    report.total.grade = grade_of_sum(report.total, parts);
  }
  return report;
}

}  // namespace btrack::power

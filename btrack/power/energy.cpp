// SPDX-License-Identifier: Apache-2.0
// Energy of a window: edges between counter updates, the 95 % interval, the grade, the total.
#include "btrack/power/energy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "btrack/core/text.hpp"
#include "btrack/power/track.hpp"

namespace btrack::power {
namespace {

constexpr double kSigmas95 = 1.96;

double seconds(std::chrono::nanoseconds t) { return Seconds(t).count(); }

/// A track with the questions that a window asks it; at least two nodes.
class Curve {
 public:
  Curve(const Channel& channel, const Track& track)
      : nodes_(track.nodes),
        unit_(track.joules_per_count),
        period_(std::chrono::duration_cast<std::chrono::nanoseconds>(channel.update_period)),
        last_read_(track.last_read) {}

  /// Energy at an instant: a whole count and a rest, and how far the rest may be off.
  struct Edge {
    std::size_t node = 0;     ///< the last one before the instant
    double rest_j = 0.0;      ///< since that node
    double tick_j = 0.0;      ///< doubt: when within a period the counter was renewed
    double distance_s = 0.0;  ///< to the nearest update
    double power_w = 0.0;     ///< mean around the instant
    double change_w = 0.0;    ///< to the power before or after
  };

  [[nodiscard]] Edge at(SteadyTime t) const {
    const auto next = std::ranges::upper_bound(nodes_, t, {}, &Node::time);
    const auto after = static_cast<std::size_t>(next - nodes_.begin());
    const std::size_t left = std::clamp<std::size_t>(after, 1, nodes_.size() - 1) - 1;
    const Node& a = nodes_[left];
    const Node& b = nodes_[left + 1];
    Edge edge;
    edge.power_w = power_around(left);
    edge.change_w = change_around(left, edge.power_w);
    if (after == 0) {
      edge.rest_j = -edge.power_w * seconds(a.time - t);
      edge.distance_s = seconds(std::min(a.time - t, period_));
      edge.tick_j = seconds(a.half) * edge.power_w;
    } else if (after == nodes_.size()) {
      // Readings that go on and show no update bound what was added since the last one.
      edge.node = after - 1;
      const auto shown = std::min(t - b.time, period_);
      const auto unseen = std::max(t - std::max(last_read_, b.time + period_), {});
      edge.rest_j = edge.power_w * seconds(shown + unseen);
      edge.distance_s = seconds(shown);
      edge.tick_j = seconds(b.half) * edge.power_w;
    } else {
      const double share = seconds(t - a.time) / seconds(b.time - a.time);
      edge.node = left;
      edge.rest_j = share * joules(left, left + 1);
      edge.distance_s = seconds(std::min(t - a.time, b.time - t));
      edge.tick_j = ((1.0 - share) * seconds(a.half) + share * seconds(b.half)) * edge.power_w;
    }
    return edge;
  }

  [[nodiscard]] double joules(std::size_t from, std::size_t to) const {
    return static_cast<double>(nodes_[to].count - nodes_[from].count) * unit_;
  }

  [[nodiscard]] double between(const Edge& from, const Edge& to) const {
    const double whole =
        to.node >= from.node ? joules(from.node, to.node) : -joules(to.node, from.node);
    return whole + to.rest_j - from.rest_j;
  }

  /// What no doubt about updates can exceed: from the last update surely before to the first after.
  [[nodiscard]] double at_most(Window window, Watts limit) const {
    std::size_t from = 0;
    while (from + 1 < nodes_.size() &&
           nodes_[from + 1].time + nodes_[from + 1].half <= window.begin)
      ++from;
    std::size_t to = from;
    while (to + 1 < nodes_.size() && nodes_[to].time - nodes_[to].half < window.end) ++to;
    const Node& last = nodes_[to];
    const double unseen = std::max(0.0, seconds(window.end - (last.time - last.half)));
    const double before = std::max(0.0, seconds(nodes_[from].time - window.begin));
    return joules(from, to) + (unseen + before) * limit.value() + unit_;
  }

  [[nodiscard]] double variance(const Edge& from, const Edge& to) const {
    return std::max(0.0, nodes_[to.node].variance - nodes_[from.node].variance);
  }

 private:
  /// Mean power around the interval after node `i`, over four periods at least: two looks shortly
  /// after each other see one update more or less.
  [[nodiscard]] std::pair<std::size_t, std::size_t> span_around(std::size_t i) const {
    std::size_t lo = i;
    std::size_t hi = i + 1;
    while (nodes_[hi].time - nodes_[lo].time < 4 * period_) {
      const bool room = lo > 0 || hi + 1 < nodes_.size();
      if (!room) break;
      if (lo > 0) --lo;
      if (hi + 1 < nodes_.size()) ++hi;
    }
    return {lo, hi};
  }

  [[nodiscard]] double power_around(std::size_t i) const {
    const auto [lo, hi] = span_around(i);
    return joules(lo, hi) / seconds(nodes_[hi].time - nodes_[lo].time);
  }

  [[nodiscard]] double change_around(std::size_t i, double power_w) const {
    const auto [lo, hi] = span_around(i);
    double change = 0.0;
    if (lo > 0) change = std::abs(power_around(lo - 1) - power_w);
    if (hi + 1 < nodes_.size()) change = std::max(change, std::abs(power_around(hi) - power_w));
    return change;
  }

  const std::vector<Node>& nodes_;
  double unit_;
  std::chrono::nanoseconds period_;
  SteadyTime last_read_;
};

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
        figure, channel, at_most,
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

// SPDX-License-Identifier: Apache-2.0
// Edges between updates: the reconstructions of power that agree with both neighbours.
#include "btrack/power/curve.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace btrack::power {
namespace {

using std::chrono::nanoseconds;

double seconds(nanoseconds t) { return Seconds(t).count(); }

constexpr double kSqrt3 = 1.7320508075688772;
/// Power inside one update period may differ from its mean by this much, rectangular: a policy
/// value, since no counter shows it.
constexpr double kUnseenShare = 0.1;

}  // namespace

Curve::Curve(const Channel& channel, const Track& track)
    : nodes_(track.nodes),
      unit_(track.joules_per_count),
      period_(std::chrono::duration_cast<nanoseconds>(track.period)),
      last_read_(track.last_read),
      gauge_(channel.kind == ChannelKind::power_gauge) {}

double Curve::joules(std::size_t from, std::size_t to) const {
  return static_cast<double>(nodes_[to].count - nodes_[from].count) * unit_;
}

double Curve::watts(std::size_t lo, std::size_t hi) const {
  return joules(lo, hi) / seconds(nodes_[hi].time - nodes_[lo].time);
}

/// Whether the nodes are far enough apart, against the doubt of their instants, for a mean power:
/// two looks shortly after each other see one update more or less.
bool Curve::distinct(std::size_t lo, std::size_t hi) const {
  const nanoseconds apart = nodes_[hi].time - nodes_[lo].time;
  const nanoseconds doubt = nodes_[hi].half + nodes_[lo].half;
  return apart > nanoseconds(0) && (apart >= 4 * period_ || 20 * doubt <= apart);
}

std::optional<Curve::Span> Curve::span_before(std::size_t node) const {
  if (node == 0) return std::nullopt;
  std::size_t lo = node - 1;
  while (lo > 0 && !distinct(lo, node)) --lo;
  if (nodes_[node].time <= nodes_[lo].time) return std::nullopt;
  return Span{lo, node, watts(lo, node)};
}

std::optional<Curve::Span> Curve::span_after(std::size_t node) const {
  if (node + 1 >= nodes_.size()) return std::nullopt;
  std::size_t hi = node + 1;
  while (hi + 1 < nodes_.size() && !distinct(node, hi)) ++hi;
  if (nodes_[hi].time <= nodes_[node].time) return std::nullopt;
  return Span{node, hi, watts(node, hi)};
}

Curve::Span Curve::span_around(std::size_t left) const {
  std::size_t lo = left;
  std::size_t hi = left + 1;
  while (!distinct(lo, hi) && (lo > 0 || hi + 1 < nodes_.size())) {
    if (lo > 0) --lo;
    if (hi + 1 < nodes_.size()) ++hi;
  }
  return {lo, hi, watts(lo, hi)};
}

/// A counter's update at a wrong instant moves its whole power; a gauge's only the change.
double Curve::time_to_energy_w(double watts, std::size_t left) const {
  if (!gauge_) return watts;
  const auto [low, high] = range_around(nodes_[left].time, Seconds(2 * period_));
  return high - low;
}

Curve::Edge Curve::at(SteadyTime t) const {
  const auto next = std::ranges::upper_bound(nodes_, t, {}, &Node::time);
  const auto after = static_cast<std::size_t>(next - nodes_.begin());
  const std::size_t left = std::clamp<std::size_t>(after, 1, nodes_.size() - 1) - 1;
  Edge edge;
  edge.power_w = span_around(left).watts;
  if (after == 0 || after == nodes_.size()) {
    beyond(t, after, edge);
  } else {
    inside(t, left, edge);
  }
  edge.unseen_j =
      kUnseenShare / kSqrt3 * edge.power_w * std::min(edge.distance_s, seconds(period_));
  return edge;
}

/// Before the first update or after the last: the mean power goes on.
void Curve::beyond(SteadyTime t, std::size_t after, Edge& edge) const {
  const bool before = after == 0;
  const Node& node = before ? nodes_.front() : nodes_.back();
  const std::size_t left = before ? 0 : nodes_.size() - 2;
  edge.node = before ? 0 : after - 1;
  if (before) {
    edge.rest_j = -edge.power_w * seconds(node.time - t);
    edge.distance_s = seconds(std::min(node.time - t, period_));
  } else {
    // Readings that go on and show no update bound what was added since the last one.
    const auto shown = std::min(t - node.time, period_);
    const auto unseen = std::max(t - std::max(last_read_, node.time + period_), {});
    edge.rest_j = edge.power_w * seconds(shown + unseen);
    edge.distance_s = seconds(shown);
  }
  edge.tick_j = seconds(node.half) / kSqrt3 * time_to_energy_w(edge.power_w, left);
  const auto neighbour = before ? span_after(0) : span_before(after - 1);
  if (!neighbour) return;
  const auto further = before ? span_after(neighbour->hi) : span_before(neighbour->lo);
  const double change = std::abs(neighbour->watts - edge.power_w);
  const double earlier = further ? std::abs(further->watts - neighbour->watts) : 0.0;
  edge.swing_j = edge.distance_s * std::max(change, earlier);
}

/// Powers on either side of an edge, and what they say about a step between two updates.
struct Curve::Sides {
  std::optional<Span> before;
  std::optional<Span> after;
  double before_change_w = 0.0;  // how steady the power before was
  double after_change_w = 0.0;
};

Curve::Sides Curve::sides_of(std::size_t left) const {
  Sides sides{span_before(left), span_after(left + 1)};
  if (sides.before) {
    const auto further = span_before(sides.before->lo);
    if (further) sides.before_change_w = std::abs(sides.before->watts - further->watts);
  }
  if (sides.after) {
    const auto further = span_after(sides.after->hi);
    if (further) sides.after_change_w = std::abs(sides.after->watts - further->watts);
  }
  return sides;
}

/// Between two updates the energy in between is known and its course is not. Two courses agree with
/// the powers on either side: an even one, and one step from the power before to the power after.
/// Windows begin and end where load does; where the step falls on the edge, it is taken, and the
/// steadier side counts for more.
void Curve::inside(SteadyTime t, std::size_t left, Edge& edge) const {
  const Node& a = nodes_[left];
  const Node& b = nodes_[left + 1];
  const double length = seconds(b.time - a.time);
  const double share = seconds(t - a.time) / length;
  const double energy = joules(left, left + 1);
  edge.node = left;
  edge.distance_s = length * std::min(share, 1.0 - share);
  edge.rest_j = share * energy;
  double step_j = edge.rest_j;
  double change = 0.0;
  double highest_w = edge.power_w;
  const Sides sides = sides_of(left);
  if (sides.before && sides.after) {
    change = sides.after->watts - sides.before->watts;
    const double step =
        change != 0.0 ? (sides.after->watts * length - energy) / (change * length) : -1.0;
    const double from_before = sides.before->watts * share * length;
    const double from_after = energy - sides.after->watts * (1.0 - share) * length;
    constexpr double kAtTheEdge = 0.2;
    if (std::abs(step - share) < kAtTheEdge) {
      constexpr double kNoise = 0.01;  // of a power: keeps a steady side from dividing by nothing
      const double floor_w = kNoise * edge.power_w;
      const double d0 = share * (sides.before_change_w + floor_w);
      const double d1 = (1.0 - share) * (sides.after_change_w + floor_w);
      const double weight = d1 * d1 / (d0 * d0 + d1 * d1);
      edge.rest_j = weight * from_before + (1.0 - weight) * from_after;
    } else if (step >= 0.0 && step <= 1.0) {
      step_j = share < step ? from_before : from_after;
    }
  }
  for (const auto& side : {sides.before, sides.after}) {
    if (!side) continue;
    change = std::max(std::abs(change), std::abs(side->watts - edge.power_w));
    highest_w = std::max(highest_w, side->watts);
  }
  edge.swing_j = std::max(std::abs(edge.rest_j - step_j), 0.5 * edge.distance_s * std::abs(change));
  edge.tick_j = std::hypot((1.0 - share) * seconds(a.half), share * seconds(b.half)) / kSqrt3 *
                time_to_energy_w(highest_w, left);
}

double Curve::between(const Edge& from, const Edge& to) const {
  const double whole =
      to.node >= from.node ? joules(from.node, to.node) : -joules(to.node, from.node);
  return whole + to.rest_j - from.rest_j;
}

double Curve::at_most(Window window, Watts limit) const {
  std::size_t from = 0;
  while (from + 1 < nodes_.size() &&
         nodes_[from + 1].time + nodes_[from + 1].half <= window.begin) {
    ++from;
  }
  std::size_t to = from;
  while (to + 1 < nodes_.size() && nodes_[to].time - nodes_[to].half < window.end) {
    ++to;
  }
  const Node& last = nodes_[to];
  const double unseen = std::max(0.0, seconds(window.end - (last.time - last.half)));
  const double before = std::max(0.0, seconds(nodes_[from].time - window.begin));
  return joules(from, to) + (unseen + before) * limit.value() + unit_;
}

double Curve::variance(const Edge& from, const Edge& to) const {
  return std::max(0.0, nodes_[to.node].variance - nodes_[from.node].variance);
}

double Curve::covered_share(const Edge& from, const Edge& to) const {
  const Node& a = nodes_[from.node];
  const Node& b = nodes_[std::min(to.node + 1, nodes_.size() - 1)];
  if (!gauge_ || b.time <= a.time) return 1.0;
  return (b.covered - a.covered) / Seconds(b.time - a.time);
}

std::vector<double> Curve::powers_in(Window window) const {
  std::vector<double> powers;
  auto lo = static_cast<std::size_t>(
      std::ranges::lower_bound(nodes_, window.begin, {}, &Node::time) - nodes_.begin());
  for (std::size_t hi = lo + 1; hi < nodes_.size() && nodes_[hi].time <= window.end; ++hi) {
    if (gauge_) lo = hi - 1;
    const nanoseconds length = nodes_[hi].time - nodes_[lo].time;
    const bool value = Seconds(length) * 0.99 <= nodes_[hi].covered - nodes_[lo].covered;
    // Nine tenths: a period is known to some per cent.
    const bool whole = gauge_ ? value : length >= period_ * 9 / 10;
    if (length == nanoseconds(0) || !whole) continue;
    powers.push_back(watts(lo, hi));
    lo = hi;
  }
  return powers;
}

std::pair<double, double> Curve::range_around(SteadyTime t, Seconds around) const {
  const auto reach = std::chrono::duration_cast<nanoseconds>(around);
  std::pair<double, double> range{};
  bool first = true;
  for (const double power : powers_in({t - reach - period_, t + reach + period_})) {
    range.first = first ? power : std::min(range.first, power);
    range.second = first ? power : std::max(range.second, power);
    first = false;
  }
  return range;
}

}  // namespace btrack::power

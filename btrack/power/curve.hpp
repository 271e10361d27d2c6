// SPDX-License-Identifier: Apache-2.0
// Energy over time along one track: what stands at an instant, and how far that may be off.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "btrack/power/track.hpp"

namespace btrack::power {

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

  [[nodiscard]] double variance(const Edge& from, const Edge& to) const {
    return std::max(0.0, nodes_[to.node].variance - nodes_[from.node].variance);
  }

 private:
  static double seconds(std::chrono::nanoseconds t) { return Seconds(t).count(); }

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

}  // namespace btrack::power

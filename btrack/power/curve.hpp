// SPDX-License-Identifier: Apache-2.0
// Energy over time along one track: what stands at an instant, and how far that may be off.
#pragma once

#include <optional>
#include <vector>

#include "btrack/power/track.hpp"

namespace btrack::power {

/// A track with the questions that a window asks it; at least two nodes.
class Curve {
 public:
  Curve(const Channel& channel, const Track& track);

  /// Energy at an instant: a whole count and a rest, and how far the rest may be off.
  struct Edge {
    std::size_t node = 0;     ///< the last one before the instant
    double rest_j = 0.0;      ///< since that node
    double tick_j = 0.0;      ///< standard uncertainty: when the updates around it happened
    double unseen_j = 0.0;    ///< standard uncertainty: power within one period (policy)
    double swing_j = 0.0;     ///< bound: what power may have done between the updates around it
    double power_w = 0.0;     ///< mean around the instant
    double distance_s = 0.0;  ///< to the nearest update
  };
  [[nodiscard]] Edge at(SteadyTime t) const;

  [[nodiscard]] double joules(std::size_t from, std::size_t to) const;
  [[nodiscard]] double between(const Edge& from, const Edge& to) const;
  /// What no doubt about updates can exceed: from the last update surely before to the first after.
  [[nodiscard]] double at_most(Window window, Watts limit) const;
  /// J^2, of gauge values interpolated between two edges.
  [[nodiscard]] double variance(const Edge& from, const Edge& to) const;
  /// Share of the time between two edges that values really stand for; 1 for counters.
  [[nodiscard]] double covered_share(const Edge& from, const Edge& to) const;
  /// Mean powers within the window: a gauge's values, a counter's updates a period or more apart.
  [[nodiscard]] std::vector<double> powers_in(Window window) const;
  /// Lowest and highest mean power over a period or more, within `around` of an instant.
  [[nodiscard]] std::pair<double, double> range_around(SteadyTime t, Seconds around) const;

 private:
  /// Mean power over the nodes [lo, hi]; nothing where there is no room.
  struct Span {
    std::size_t lo = 0;
    std::size_t hi = 0;
    double watts = 0.0;
  };
  struct Sides;
  [[nodiscard]] Sides sides_of(std::size_t left) const;
  [[nodiscard]] bool distinct(std::size_t lo, std::size_t hi) const;
  [[nodiscard]] std::optional<Span> span_before(std::size_t node) const;
  [[nodiscard]] std::optional<Span> span_after(std::size_t node) const;
  [[nodiscard]] Span span_around(std::size_t left) const;
  [[nodiscard]] double watts(std::size_t lo, std::size_t hi) const;
  void inside(SteadyTime t, std::size_t left, Edge& edge) const;
  void beyond(SteadyTime t, std::size_t after, Edge& edge) const;
  [[nodiscard]] double time_to_energy_w(double watts, std::size_t left) const;

  const std::vector<Node>& nodes_;
  double unit_;
  std::chrono::nanoseconds period_;
  SteadyTime last_read_;
  bool gauge_;
};

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// One channel's readings as a growing energy: wraps undone, stale repeats dropped, faults listed.
#pragma once

#include <cstdint>
#include <vector>

#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// The counter was renewed at `time` +- `half`, and stood at `count` since the track's begin.
struct Node {
  SteadyTime time{};
  std::chrono::nanoseconds half{};
  std::uint64_t count = 0;
  double variance = 0.0;  ///< J^2, of gauge values interpolated up to here
};

enum class Fault {
  wrapped,       ///< undone; for information
  reset,         ///< went back in a way that no wrap explains
  gap,           ///< unread for so long that further wraps are possible
  implausible,   ///< grew by more than the power limit allows
  failed,        ///< readings failed
  interpolated,  ///< a gauge was unread for longer than usual
};

/// What happened between two readings, and by how much the energy may be off.
struct FaultSpan {
  Fault fault = Fault::failed;
  SteadyTime begin{};
  SteadyTime end{};
  double low_j = 0.0;   ///< the truth may be this much less
  double high_j = 0.0;  ///< the truth may be this much more
};

struct Track {
  std::vector<Node> nodes;
  std::vector<FaultSpan> faults;  ///< in time order
  double joules_per_count = 0.0;  ///< of Node::count: the channel's for counters, 1e-9 for gauges
  SteadyTime first_read{};
  SteadyTime last_read{};
  std::size_t readings = 0;  ///< good ones
};

/// Builds one track from readings in time order.
class TrackBuilder {
 public:
  explicit TrackBuilder(const Channel& channel);
  void add(const Reading& reading);
  [[nodiscard]] Track finish() &&;

 private:
  void add_counter(const Reading& reading);
  [[nodiscard]] std::uint64_t advance(const Reading& reading);
  void add_node(SteadyTime seen, std::uint64_t count, double variance = 0.0);
  void add_fault(Fault fault, SteadyTime end, double low_j, double high_j);
  void integrate_gauge();

  const Channel& channel_;
  Track track_;
  std::chrono::nanoseconds period_;
  std::uint64_t last_count_ = 0;
  SteadyTime last_change_{};
  std::vector<Reading> gauge_;
};

/// new - old on a counter that returns to 0 at `modulus` (0: at 2^64): the one place of a wrap.
std::uint64_t counter_difference(std::uint64_t old_count, std::uint64_t new_count,
                                 std::uint64_t modulus);

/// Read at least this often (measurement.md 5 (a) 4): a fifth of the time to wrap at the power
/// limit, and 10 s at most, which also keeps clear of perf's signed 32-bit update (rapl.c).
Seconds guard_interval(const Channel& channel);

}  // namespace btrack::power

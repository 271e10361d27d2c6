// SPDX-License-Identifier: Apache-2.0
// One channel's readings as a growing energy: wraps undone, stale repeats dropped, faults listed.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "btrack/power/lock.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// The counter was renewed at `time` +- `half`, and stood at `count` since the track's begin.
struct Node {
  SteadyTime time{};
  std::chrono::nanoseconds half{};
  std::uint64_t count = 0;
  double variance = 0.0;  ///< J^2, of gauge values interpolated up to here
  Seconds covered{};      ///< gauges: time since the begin that values really stand for
};

enum class Fault {
  wrapped,       ///< undone; its bounds say how far it is from what the power before it suggests
  reset,         ///< went back in a way that no wrap explains
  gap,           ///< unread for so long that further wraps are possible
  unread,        ///< unread for longer than the guard interval: a reset in it might not show
  implausible,   ///< grew by more than the power limit allows
  glitch,        ///< single values that contradict the ones before and after; left out
  frozen,        ///< stood still although it used to grow, and did not catch up
  failed,        ///< readings failed
  refused,       ///< readings that are no possible value: sentinels, impossible watts
  interpolated,  ///< a gauge was unread for longer than usual
};
/// "failed-readings": the machine-readable name in an energy's flags.
std::string_view fault_flag(Fault fault);

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
  Seconds period{};               ///< learned from the readings where they show it, else nominal
  bool locked = false;            ///< some updates were seen closely (lock.hpp)
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
  void add_gauge(const Reading& reading);
  [[nodiscard]] double most_j(SteadyTime from, SteadyTime to) const;
  [[nodiscard]] bool follows(const Reading& from, const Reading& to) const;
  void accept(const Reading& reading);
  void accept_jump(const Reading& reading);
  void undo_wrap(const Reading& reading, std::uint64_t delta);
  void grow(const Reading& reading, std::uint64_t delta);
  void add_fault(Fault fault, SteadyTime end, double low_j, double high_j);
  [[nodiscard]] double joules(std::uint64_t counts) const {
    return static_cast<double>(counts) * channel_.si_per_count;
  }
  [[nodiscard]] std::pair<double, double> recent_powers() const;

  const Channel& channel_;
  Track track_;
  std::chrono::nanoseconds period_;
  std::optional<Reading> last_;  // the last good one
  std::optional<Reading> held_;  // contradicts the last good one; the next reading decides
  std::vector<Update> updates_;
};

/// new - old on a counter that returns to 0 at `modulus` (0: at 2^64): the one place of a wrap.
std::uint64_t counter_difference(std::uint64_t old_count, std::uint64_t new_count,
                                 std::uint64_t modulus);

/// Read at least this often (measurement.md 5 (a) 4): a fifth of the time to wrap at the power
/// limit, and 10 s at most, which also keeps clear of perf's signed 32-bit update (rapl.c).
Seconds guard_interval(const Channel& channel);

}  // namespace btrack::power

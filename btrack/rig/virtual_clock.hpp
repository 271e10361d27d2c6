// SPDX-License-Identifier: Apache-2.0
// A clock that moves only when the rig says so: nothing sleeps, every run is the same.
#pragma once

#include <algorithm>
#include <cmath>

#include "btrack/core/clock.hpp"
#include "btrack/core/quantity.hpp"

namespace btrack::rig {

/// Virtual second 0, away from the epoch as on a machine that has been up for a while.
constexpr SteadyTime kOrigin = steady_from_ns(1'000'000'000'000);

inline SteadyTime at(double seconds) {
  return kOrigin + std::chrono::nanoseconds(std::llround(seconds * 1e9));
}
inline double seconds_of(SteadyTime t) { return Seconds(t - kOrigin).count(); }

class VirtualClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return at(now_s_); }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override {
    return std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(Seconds(now_s_)));
  }
  [[nodiscard]] double seconds() const { return now_s_; }
  void advance(double by_s) { now_s_ += by_s; }
  /// Never goes back.
  void advance_to(double t_s) { now_s_ = std::max(now_s_, t_s); }

 private:
  double now_s_ = 0.0;
};

}  // namespace btrack::rig

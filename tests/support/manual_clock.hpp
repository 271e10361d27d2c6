// SPDX-License-Identifier: Apache-2.0
// A clock that moves only when a test says so, or by a fixed step at each look.
#pragma once

#include "btrack/core/clock.hpp"

namespace btrack::test {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::chrono::nanoseconds start = std::chrono::seconds(1),
                       std::chrono::nanoseconds step_per_look = std::chrono::nanoseconds(0))
      : now_(start), step_(step_per_look) {}

  [[nodiscard]] SteadyTime now() const override {
    const SteadyTime time(now_);
    now_ += step_;
    return time;
  }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override {
    return std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(now_));
  }
  void advance(std::chrono::nanoseconds by) { now_ += by; }

 private:
  mutable std::chrono::nanoseconds now_;
  std::chrono::nanoseconds step_;
};

}  // namespace btrack::test

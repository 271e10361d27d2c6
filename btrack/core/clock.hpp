// SPDX-License-Identifier: Apache-2.0
// CLOCK_MONOTONIC time stamps, and the clock as something passed in (tests bring their own).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace btrack {

/// CLOCK_MONOTONIC in whole nanoseconds (libstdc++'s steady_clock reads that clock).
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

constexpr SteadyTime steady_from_ns(std::int64_t ns) {
  return SteadyTime(std::chrono::nanoseconds(ns));
}
constexpr std::int64_t to_ns(SteadyTime t) { return t.time_since_epoch().count(); }

/// A measured region, [begin, end].
struct Window {
  SteadyTime begin{};
  SteadyTime end{};
  [[nodiscard]] std::chrono::duration<double> length() const { return end - begin; }
};

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual SteadyTime now() const = 0;
  /// UTC, for labels only; never used to measure.
  [[nodiscard]] virtual std::chrono::system_clock::time_point wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override;
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override;
};

/// "2026-11-23T01:02:03Z".
std::string utc_text(std::chrono::system_clock::time_point time);

}  // namespace btrack

// SPDX-License-Identifier: Apache-2.0
// When to poll a source after a region's edge, so that its updates are seen where they happen: one
// policy for the real sampler and the virtual one. Pure functions, no clock, no state.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "btrack/core/clock.hpp"

namespace btrack::power {

/// measurement.md 5 (a) 6: dense only near predicted updates, and only around edges.
struct EdgePolicy {
  std::chrono::nanoseconds shortest_step = std::chrono::microseconds(20);
  std::chrono::nanoseconds longest_step = std::chrono::milliseconds(1);
  std::chrono::nanoseconds dense_up_to = std::chrono::milliseconds(5);  ///< polled throughout
  double margin = 0.03;  ///< of the period, on both sides of a predicted update; 1 step at least
  int ticks = 2;         ///< updates to see after each edge
  int apart_ticks = 4;   ///< the same of a source whose updates are polled for singly
};

/// A source after an edge. `safe_period` 0: any rate is harmless.
struct EdgeState {
  std::chrono::nanoseconds period{};
  std::chrono::nanoseconds safe_period{};
  SteadyTime edge{};
  std::optional<SteadyTime> tick;  ///< the last update that two polls close together enclosed
  int ticks_seen = 0;              ///< such updates since the edge
};

/// Distance of polls within a burst.
inline std::chrono::nanoseconds poll_step(const EdgePolicy& policy, const EdgeState& state) {
  return std::max(state.safe_period,
                  std::clamp(state.period / 50, policy.shortest_step, policy.longest_step));
}

/// Updates to see after an edge: a line through few of them does not reach far.
inline int ticks_wanted(const EdgePolicy& policy, const EdgeState& state) {
  return state.period <= policy.dense_up_to ? policy.ticks : policy.apart_ticks;
}

/// Whether a change between two reads fixes the instant of an update as well as a burst can.
inline bool encloses_tick(const EdgePolicy& policy, const EdgeState& state,
                          std::chrono::nanoseconds between_reads) {
  return between_reads <= 3 * poll_step(policy, state);
}

/// The next instant to poll, later than `now`; none once the updates were seen, or none came for
/// one period longer than they should have taken (a domain that rests).
inline std::optional<SteadyTime> next_poll(const EdgePolicy& policy, const EdgeState& state,
                                           SteadyTime now) {
  const auto step = poll_step(policy, state);
  const int wanted = ticks_wanted(policy, state);
  if (state.ticks_seen >= wanted) return std::nullopt;
  if (now > state.edge + (wanted + 1) * state.period + step) return std::nullopt;
  if (state.period <= policy.dense_up_to || !state.tick || *state.tick > now) return now + step;
  const auto margin =
      std::max(step, std::chrono::nanoseconds(static_cast<std::int64_t>(
                         policy.margin * static_cast<double>(state.period.count()))));
  // The first predicted update whose neighbourhood is not over at the edge; when it does not come
  // there, the period is another, and polls go on until it does.
  const auto passed = (std::max(state.edge, *state.tick) - *state.tick - margin) / state.period;
  const SteadyTime predicted = *state.tick + (std::max<std::int64_t>(passed, 0) + 1) * state.period;
  return std::max(now + step, predicted - margin);
}

}  // namespace btrack::power

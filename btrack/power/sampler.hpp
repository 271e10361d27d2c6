// SPDX-License-Identifier: Apache-2.0
// The threads that read the sensors at fixed instants into lock-free rings, without allocating.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/power/sensor.hpp"
#include "btrack/power/trace.hpp"

namespace btrack::power {

struct SamplerOptions {
  /// Of each sensor: see `reading_period`.
  Seconds period{0.1};
  std::size_t ring_readings = 1U << 16;  ///< rounded up to a power of two
};

/// How often a sensor is read, where `asked` is wanted: more often where a counter could wrap
/// (`guard_interval`) or a gauge's values would come and go unseen, a few times per renewal of a
/// slow one. A gauge that no counter stands beside is read at 100 Hz at most.
Seconds reading_period(std::span<const Channel> channels, Seconds asked);

/// What measuring itself cost: stated in every run record.
struct SamplerCost {
  Seconds cpu_time{};        ///< of the sampling threads, and of edge() in its callers
  Seconds wall_time{};       ///< from start to stop
  std::uint64_t rounds = 0;  ///< how often sensors were read, polls around edges apart
  std::uint64_t lost = 0;    ///< readings dropped because the ring was full
  Seconds worst_lateness{};  ///< longest delay of a wake-up after its planned instant
};

/// Fast sensors share one thread, and those that must be read faster than asked another; every
/// sensor with a channel renewed no more often than twice a second (a BMC, a battery) has a thread
/// of its own, since its read may take as long as it likes.
class Sampler {
 public:
  Sampler(std::vector<std::unique_ptr<Sensor>> sensors, SamplerOptions options = {});
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  /// Reads a first complete round and starts the thread; an Error where no reading succeeded.
  Result<void> start();
  /// A window begins or ends about now: one extra round, read by the calling thread (no switch of
  /// threads) and in the ring on return; then the sampling thread polls each fast sensor around its
  /// next updates (edge_plan.hpp). Any thread.
  void edge();
  /// Moves what is in the ring to the trace; call it at least every few seconds. One caller thread.
  void drain();
  /// Ends after the polls of the last edge: one last round, joins the threads, drains. The trace is
  /// whole after this.
  void stop();

  [[nodiscard]] const PowerTrace& trace() const;
  [[nodiscard]] SamplerCost cost() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// The thread that reads all sensors at fixed instants into a lock-free ring, without allocating.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/power/sensor.hpp"
#include "btrack/power/trace.hpp"

namespace btrack::power {

struct SamplerOptions {
  /// Shortened where a counter could wrap or lose energy in between (`guard_interval`).
  Seconds period{0.1};
  std::size_t ring_readings = 1U << 16;  ///< rounded up to a power of two
};

/// What measuring itself cost: stated in every run record.
struct SamplerCost {
  Seconds cpu_time{};        ///< of the sampling thread, and of sample_now() in its callers
  Seconds wall_time{};       ///< from start to stop
  std::uint64_t rounds = 0;  ///< how often all sensors were read
  std::uint64_t lost = 0;    ///< readings dropped because the ring was full
  Seconds worst_lateness{};  ///< longest delay of a wake-up after its planned instant
};

class Sampler {
 public:
  Sampler(std::vector<std::unique_ptr<Sensor>> sensors, SamplerOptions options = {});
  ~Sampler();
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;

  /// Reads a first complete round and starts the thread; an Error where no reading succeeded.
  Result<void> start();
  /// One extra round now, read by the calling thread (no switch of threads at a window's edge):
  /// returns when it is in the ring. Any thread.
  void sample_now();
  /// Moves what is in the ring to the trace; call it at least every few seconds. One caller thread.
  void drain();
  /// One last round, joins the thread, drains. The trace is whole after this.
  void stop();

  [[nodiscard]] const PowerTrace& trace() const;
  [[nodiscard]] SamplerCost cost() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace btrack::power

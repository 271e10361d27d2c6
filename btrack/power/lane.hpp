// SPDX-License-Identifier: Apache-2.0
// One sampling thread with its sensors, its rhythm, its polls around edges, and its ring.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "btrack/power/edge_plan.hpp"
#include "btrack/power/ring.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

class Lane {
 public:
  /// A sensor and the index of its first channel in the trace.
  struct Member {
    std::unique_ptr<Sensor> sensor;
    std::uint32_t first_channel = 0;
  };
  Lane(std::vector<Member> members, Seconds period, std::size_t ring_readings);

  /// Whether the channels are renewed so seldom, and the read may take so long, that their sensor
  /// needs a thread of its own.
  static bool is_slow(std::span<const Channel> channels);
  [[nodiscard]] bool slow() const { return slow_; }

  /// Reads one round in the calling thread; how many readings succeeded.
  std::size_t read_round();
  void start();
  /// See Sampler::edge().
  void edge();
  /// Whether polls around an edge are still to come.
  [[nodiscard]] bool polling();
  void stop();

  template <class Take>
  void pop_all(Take take) {
    ring_.pop_all(take);
  }
  [[nodiscard]] std::size_t readings_per_round() const { return buffer_.size(); }
  [[nodiscard]] std::size_t ring_capacity() const { return ring_.capacity(); }
  [[nodiscard]] std::uint64_t rounds() const { return rounds_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }
  [[nodiscard]] Seconds cpu_time();
  [[nodiscard]] Seconds worst_lateness();

 private:
  /// Reading one sensor, and what is known of its updates.
  struct Seat {
    std::unique_ptr<Sensor> sensor;
    std::uint32_t first_channel = 0;
    std::span<Reading> readings;
    std::vector<std::uint64_t> last_counts;
    SteadyTime last_read{};
    EdgeState state;
    std::optional<SteadyTime> next_poll;
  };

  void loop();
  std::size_t read(Seat& seat);
  void read_all(SteadyTime now);
  void look_for_tick(Seat& seat, SteadyTime now);
  void poll_due(SteadyTime now);
  [[nodiscard]] SteadyTime next_instant() const;

  std::vector<Reading> buffer_;
  std::vector<Seat> seats_;
  std::chrono::nanoseconds step_{};
  bool slow_ = false;
  EdgePolicy policy_;
  ReadingRing ring_;

  std::mutex round_;  // one producer at a time: the thread, or edge()
  std::condition_variable wake_;
  bool stopping_ = false;
  bool edged_ = false;  // an edge has come: plan anew
  SteadyTime next_round_{};
  std::chrono::nanoseconds worst_late_{};
  std::chrono::nanoseconds edge_cpu_{};  // spent in the callers of edge()
  std::chrono::nanoseconds finished_cpu_{};
  std::atomic<std::uint64_t> rounds_{0};
  std::atomic<std::uint64_t> lost_{0};
  std::thread thread_;
};

}  // namespace btrack::power

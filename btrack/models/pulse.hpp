// SPDX-License-Identifier: Apache-2.0
// The worker's voice: events from the work, and a sign of life while a long step computes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "btrack/bench/protocol.hpp"

namespace btrack::models {

/// Sends events over the socket from any thread. A thread of its own repeats the progress twice a
/// second, so that one slow batch does not look like a hang; it falls silent when nothing has
/// moved for ten minutes, so that a hang does.
class Pulse {
 public:
  explicit Pulse(bench::LineSocket& socket);
  ~Pulse();
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;

  void send(const bench::Event& event);
  void begin(std::string_view phase, std::int64_t total);
  void end();
  void advance(std::int64_t done) { done_.store(done, std::memory_order_relaxed); }
  /// The runner has closed its end: nobody is left to work for.
  [[nodiscard]] bool alone() const { return alone_.load(std::memory_order_relaxed); }
  /// True once after every beat: the time to look for commands.
  bool beat() { return beat_.load(std::memory_order_relaxed) && beat_.exchange(false); }

 private:
  void repeat();

  bench::LineSocket& socket_;
  std::mutex sending_;
  std::mutex state_;  // of phase_, total_, working_, stopping_
  std::condition_variable wake_;
  std::string phase_;
  std::int64_t total_ = 0;
  bool working_ = false;
  bool stopping_ = false;
  std::atomic<std::int64_t> done_{0};
  std::atomic<bool> alone_{false};
  std::atomic<bool> beat_{false};
  std::thread thread_;
};

}  // namespace btrack::models

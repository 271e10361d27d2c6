// SPDX-License-Identifier: Apache-2.0
// The sampling thread: wake-ups at fixed instants, one round of all sensors, a ring to the reader.
#include "btrack/power/sampler.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <thread>

#include "btrack/power/ring.hpp"
#include "btrack/power/track.hpp"

namespace btrack::power {
namespace {

using std::chrono::nanoseconds;

nanoseconds cpu_time(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

}  // namespace

struct Sampler::State {
  State(std::vector<std::unique_ptr<Sensor>> given, SamplerOptions chosen)
      : sensors(std::move(given)), ring(chosen.ring_readings) {
    Seconds period = chosen.period;
    for (const auto& sensor : sensors) {
      const auto channels = sensor->channels();
      offsets.push_back(static_cast<std::uint32_t>(trace.channels.size()));
      trace.channels.insert(trace.channels.end(), channels.begin(), channels.end());
      for (const Channel& channel : channels) period = std::min(period, guard_interval(channel));
    }
    buffer.resize(trace.channels.size());
    step = std::max(nanoseconds(1), std::chrono::duration_cast<nanoseconds>(period));
  }

  /// Reads every sensor once into the ring. The caller holds `round`, which makes it the producer.
  /// Returns how many readings succeeded.
  std::size_t read_round() {
    for (std::size_t i = 0; i < sensors.size(); ++i) {
      const std::size_t size = sensors[i]->channels().size();
      const std::span<Reading> part(buffer.data() + offsets[i], size);
      const bool answered = sensors[i]->read(part).has_value();
      const SteadyTime now = answered ? SteadyTime{} : std::chrono::steady_clock::now();
      for (std::uint32_t c = 0; c < size; ++c) {
        if (!answered) part[c] = {c, reading_flags::failed, now, 0};
        part[c].channel = offsets[i] + c;
      }
    }
    if (!ring.push(buffer)) lost.fetch_add(buffer.size(), std::memory_order_relaxed);
    rounds.fetch_add(1, std::memory_order_relaxed);
    return static_cast<std::size_t>(std::ranges::count(buffer, reading_flags::ok, &Reading::flags));
  }

  void loop() {
    ::prctl(PR_SET_TIMERSLACK, 1UL);  // wake at the instant, not up to 50 us after it
    SteadyTime next = began + step;
    std::unique_lock lock(round);
    for (;;) {
      if (wake.wait_until(lock, next, [this] { return stopping; })) break;
      const nanoseconds late = std::chrono::steady_clock::now() - next;
      worst_late = std::max(worst_late, late);
      read_round();
      // The next instant is fixed beforehand; what was slept over is skipped, not caught up.
      next += step * (1 + std::max(late, nanoseconds(0)) / step);
    }
    finished_cpu = cpu_time(CLOCK_THREAD_CPUTIME_ID);
  }

  std::vector<std::unique_ptr<Sensor>> sensors;
  std::vector<std::uint32_t> offsets;  // of each sensor's first channel
  std::vector<Reading> buffer;
  nanoseconds step{};
  ReadingRing ring;
  PowerTrace trace;

  std::mutex round;  // one producer at a time: the thread, or sample_now()
  std::condition_variable wake;
  bool stopping = false;
  nanoseconds worst_late{};
  nanoseconds edge_cpu{};  // of sample_now(), spent in its callers
  nanoseconds finished_cpu{};
  std::atomic<std::uint64_t> rounds{0};
  std::atomic<std::uint64_t> lost{0};
  SteadyTime began{};
  SteadyTime ended{};
  std::thread thread;
};

Sampler::Sampler(std::vector<std::unique_ptr<Sensor>> sensors, SamplerOptions options)
    : state_(std::make_unique<State>(std::move(sensors), options)) {}

Sampler::~Sampler() { stop(); }

Result<void> Sampler::start() {
  State& s = *state_;
  if (s.thread.joinable() || s.began != SteadyTime{}) {
    return fail(ErrorKind::usage, "the sampler was started before",
                "make a new sampler for each run");
  }
  if (s.buffer.empty()) {
    return fail(ErrorKind::not_found, "there is no sensor to sample",
                "see 'btrack sensors' for what this machine offers");
  }
  if (s.buffer.size() > s.ring.capacity()) {
    return fail(ErrorKind::usage,
                fmt::format("a ring of {} readings cannot hold one round of {}", s.ring.capacity(),
                            s.buffer.size()),
                "choose a larger ring");
  }
  s.began = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(s.round);
    if (s.read_round() == 0) {
      return fail(ErrorKind::io, "no sensor could be read, though all could be opened",
                  "see 'btrack sensors' for what this machine offers");
    }
  }
  s.thread = std::thread([&s] { s.loop(); });
  return {};
}

void Sampler::sample_now() {
  State& s = *state_;
  const nanoseconds before = cpu_time(CLOCK_THREAD_CPUTIME_ID);
  const std::lock_guard lock(s.round);
  s.read_round();
  s.edge_cpu += cpu_time(CLOCK_THREAD_CPUTIME_ID) - before;
}

void Sampler::drain() {
  State& s = *state_;
  s.ring.pop_all([&s](const Reading& reading) { s.trace.readings.push_back(reading); });
  s.trace.lost = s.lost.load(std::memory_order_relaxed);
}

void Sampler::stop() {
  State& s = *state_;
  if (!s.thread.joinable()) return;
  drain();  // room for the last round
  sample_now();
  {
    const std::lock_guard lock(s.round);
    s.stopping = true;
  }
  s.wake.notify_one();
  s.thread.join();
  s.ended = std::chrono::steady_clock::now();
  drain();
}

const PowerTrace& Sampler::trace() const { return state_->trace; }

SamplerCost Sampler::cost() const {
  State& s = *state_;
  const std::lock_guard lock(s.round);
  SamplerCost cost;
  nanoseconds cpu = s.finished_cpu;
  clockid_t clock{};
  if (s.thread.joinable() && ::pthread_getcpuclockid(s.thread.native_handle(), &clock) == 0) {
    cpu = cpu_time(clock);
  }
  cost.cpu_time = cpu + s.edge_cpu;
  const bool running = s.ended == SteadyTime{};
  if (s.began != SteadyTime{}) {
    cost.wall_time = (running ? std::chrono::steady_clock::now() : s.ended) - s.began;
  }
  cost.rounds = s.rounds.load(std::memory_order_relaxed);
  cost.lost = s.lost.load(std::memory_order_relaxed);
  cost.worst_lateness = s.worst_late;
  return cost;
}

}  // namespace btrack::power

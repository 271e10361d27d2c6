// SPDX-License-Identifier: Apache-2.0
// Wake-ups at fixed instants and around edges; reads into the ring.
#include "btrack/power/lane.hpp"

#include <pthread.h>
#include <sys/prctl.h>

#include <algorithm>
#include <ctime>

namespace btrack::power {
namespace {

using std::chrono::nanoseconds;

nanoseconds cpu_time_of(clockid_t clock) {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

nanoseconds to_nanoseconds(Seconds s) { return std::chrono::duration_cast<nanoseconds>(s); }

/// The period of the sensor's fastest channel, and what its most delicate channel allows.
EdgeState edge_state_of(const Sensor& sensor) {
  EdgeState state;
  state.period = nanoseconds::max();
  for (const Channel& c : sensor.channels()) {
    state.period = std::min(state.period, to_nanoseconds(c.update_period));
    state.safe_period = std::max(state.safe_period, to_nanoseconds(c.safe_period));
  }
  return state;
}

}  // namespace

bool Lane::is_slow(std::span<const Channel> channels) {
  return std::ranges::any_of(channels,
                             [](const Channel& c) { return c.update_period >= Seconds(0.5); });
}

Lane::Lane(std::vector<Member> members, Seconds period, std::size_t ring_readings)
    : step_(std::max(nanoseconds(1), to_nanoseconds(period))), ring_(ring_readings) {
  slow_ =
      std::ranges::any_of(members, [](const Member& m) { return is_slow(m.sensor->channels()); });
  std::size_t size = 0;
  for (const Member& member : members) size += member.sensor->channels().size();
  buffer_.resize(size);
  std::size_t first = 0;
  for (Member& member : members) {
    Seat seat;
    const std::size_t channels = member.sensor->channels().size();
    seat.readings = {buffer_.data() + first, channels};
    seat.last_counts.resize(channels);
    seat.state = edge_state_of(*member.sensor);
    seat.first_channel = member.first_channel;
    seat.sensor = std::move(member.sensor);
    seats_.push_back(std::move(seat));
    first += channels;
  }
}

/// The caller holds `round_`.
std::size_t Lane::read(Seat& seat) {
  const bool answered = seat.sensor->read(seat.readings).has_value();
  const SteadyTime now = std::chrono::steady_clock::now();
  std::size_t good = 0;
  for (std::uint32_t c = 0; c < seat.readings.size(); ++c) {
    Reading& reading = seat.readings[c];
    if (!answered) reading = {c, reading_flags::failed, now, 0};
    reading.channel = seat.first_channel + c;
    if ((reading.flags & reading_flags::failed) == 0) ++good;
  }
  look_for_tick(seat, now);
  if (!ring_.push(seat.readings)) {
    lost_.fetch_add(seat.readings.size(), std::memory_order_relaxed);
  }
  return good;
}

/// Two polls shortly after each other that differ enclose an update.
void Lane::look_for_tick(Seat& seat, SteadyTime now) {
  bool changed = false;
  for (std::size_t c = 0; c < seat.readings.size(); ++c) {
    changed |= seat.readings[c].count != seat.last_counts[c];
    seat.last_counts[c] = seat.readings[c].count;
  }
  if (changed && encloses_tick(policy_, seat.state, now - seat.last_read)) {
    seat.state.tick = now;
    ++seat.state.ticks_seen;
  }
  seat.last_read = now;
}

/// One round, sensors apart that must not be read again so soon.
void Lane::read_all(SteadyTime now) {
  for (Seat& seat : seats_) {
    if (now - seat.last_read >= seat.state.safe_period) read(seat);
  }
  rounds_.fetch_add(1, std::memory_order_relaxed);
}

std::size_t Lane::read_round() {
  const std::lock_guard lock(round_);
  std::size_t good = 0;
  for (Seat& seat : seats_) good += read(seat);
  rounds_.fetch_add(1, std::memory_order_relaxed);
  return good;
}

void Lane::start() {
  next_round_ = std::chrono::steady_clock::now();
  if (!slow_) next_round_ += step_;  // its first round has been read
  thread_ = std::thread([this] { loop(); });
}

void Lane::edge() {
  const nanoseconds before = cpu_time_of(CLOCK_THREAD_CPUTIME_ID);
  {
    const std::lock_guard lock(round_);
    const SteadyTime now = std::chrono::steady_clock::now();
    for (Seat& seat : seats_) {
      if (now - seat.last_read >= seat.state.safe_period) read(seat);
      seat.state.edge = now;
      seat.state.ticks_seen = 0;
      seat.next_poll = next_poll(policy_, seat.state, now);
    }
    edged_ = true;
    edge_cpu_ += cpu_time_of(CLOCK_THREAD_CPUTIME_ID) - before;
  }
  wake_.notify_all();
}

bool Lane::polling() {
  const std::lock_guard lock(round_);
  return std::ranges::any_of(seats_, [](const Seat& seat) { return seat.next_poll.has_value(); });
}

SteadyTime Lane::next_instant() const {
  SteadyTime next = next_round_;
  for (const Seat& seat : seats_) {
    if (seat.next_poll) next = std::min(next, *seat.next_poll);
  }
  return next;
}

void Lane::poll_due(SteadyTime now) {
  for (Seat& seat : seats_) {
    if (!seat.next_poll || *seat.next_poll > now) continue;
    read(seat);
    seat.next_poll = next_poll(policy_, seat.state, std::chrono::steady_clock::now());
  }
}

void Lane::loop() {
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // wake at the instant, not up to 50 us after it
  const sched_param lowest{.sched_priority = 1};
  // Where the system lets us, ahead of the load: what is measured must not decide when.
  ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &lowest);
  std::unique_lock lock(round_);
  for (;;) {
    wake_.wait_until(lock, next_instant(), [this] { return stopping_ || edged_; });
    if (stopping_) break;
    edged_ = false;
    const SteadyTime now = std::chrono::steady_clock::now();
    poll_due(now);
    if (now < next_round_) continue;
    const nanoseconds late = now - next_round_;
    worst_late_ = std::max(worst_late_, late);
    read_all(now);
    // The next instant is fixed beforehand; what was slept over is skipped, not caught up.
    next_round_ += step_ * (1 + late / step_);
  }
  finished_cpu_ = cpu_time_of(CLOCK_THREAD_CPUTIME_ID);
}

void Lane::stop() {
  {
    const std::lock_guard lock(round_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Seconds Lane::cpu_time() {
  const std::lock_guard lock(round_);
  nanoseconds cpu = finished_cpu_;
  clockid_t clock{};
  if (thread_.joinable() && ::pthread_getcpuclockid(thread_.native_handle(), &clock) == 0) {
    cpu = cpu_time_of(clock);
  }
  return cpu + edge_cpu_;
}

Seconds Lane::worst_lateness() {
  const std::lock_guard lock(round_);
  return worst_late_;
}

}  // namespace btrack::power

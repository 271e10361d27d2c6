// SPDX-License-Identifier: Apache-2.0
// Lanes of sensors, and the trace that their rings flow into.
#include "btrack/power/sampler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "btrack/power/lane.hpp"
#include "btrack/power/track.hpp"

namespace btrack::power {
namespace {

constexpr Seconds kClockMarks{10.0};

/// The shortest of the members'.
Seconds period_of(std::span<const Lane::Member> members, Seconds asked) {
  Seconds period = guard_interval({});
  for (const auto& member : members) {
    period = std::min(period, reading_period(member.sensor->channels(), asked));
  }
  return period;
}

}  // namespace

Seconds reading_period(std::span<const Channel> channels, Seconds asked) {
  constexpr double kLooksPerUpdate = 2.0;
  constexpr double kWithoutCounter = 0.8;  // of a renewal: none is missed
  constexpr Seconds kFastest{0.01};
  const bool counts = std::ranges::any_of(
      channels, [](const Channel& c) { return c.kind == ChannelKind::energy_counter; });
  Seconds period = asked;
  for (const Channel& c : channels) {
    if (Lane::is_slow(channels)) period = std::max(asked, c.update_period / kLooksPerUpdate);
  }
  for (const Channel& c : channels) {
    period = std::min(period, guard_interval(c));
    if (!counts) period = std::min(period, std::max(kFastest, kWithoutCounter * c.update_period));
  }
  return period;
}

struct Sampler::State {
  State(std::vector<std::unique_ptr<Sensor>> sensors, SamplerOptions options) {
    std::vector<Lane::Member> fast;
    std::vector<Lane::Member> faster;
    for (auto& sensor : sensors) {
      const auto channels = sensor->channels();
      const auto first = static_cast<std::uint32_t>(trace.channels.size());
      trace.channels.insert(trace.channels.end(), channels.begin(), channels.end());
      if (Lane::is_slow(channels)) {
        std::vector<Lane::Member> alone;
        alone.push_back({std::move(sensor), first});
        add_lane(std::move(alone), options);
      } else {
        auto& lane = reading_period(channels, options.period) < options.period ? faster : fast;
        lane.push_back({std::move(sensor), first});
      }
    }
    if (!fast.empty()) add_lane(std::move(fast), options);
    if (!faster.empty()) add_lane(std::move(faster), options);
  }

  void add_lane(std::vector<Lane::Member> members, const SamplerOptions& options) {
    const Seconds period = period_of(members, options.period);
    lanes.push_back(std::make_unique<Lane>(std::move(members), period, options.ring_readings));
  }

  void mark_clocks() {
    const ClockMark mark = clock_mark();
    if (trace.clocks.empty() || mark.monotonic - trace.clocks.back().monotonic >= kClockMarks) {
      trace.clocks.push_back(mark);
    }
  }

  void drain() {
    trace.lost = 0;
    for (const auto& lane : lanes) {
      lane->pop_all([this](const Reading& reading) { trace.readings.push_back(reading); });
      trace.lost += lane->lost();
    }
  }

  std::vector<std::unique_ptr<Lane>> lanes;
  PowerTrace trace;
  SteadyTime began{};
  SteadyTime ended{};
};

Sampler::Sampler(std::vector<std::unique_ptr<Sensor>> sensors, SamplerOptions options)
    : state_(std::make_unique<State>(std::move(sensors), options)) {}

Sampler::~Sampler() { stop(); }

Result<void> Sampler::start() {
  State& s = *state_;
  if (s.began != SteadyTime{}) {
    return fail(ErrorKind::usage, "the sampler was started before",
                "make a new sampler for each run");
  }
  if (s.trace.channels.empty()) {
    return fail(ErrorKind::not_found, "there is no sensor to sample",
                "see 'btrack sensors' for what this machine offers");
  }
  for (const auto& lane : s.lanes) {
    if (lane->readings_per_round() <= lane->ring_capacity()) continue;
    return fail(ErrorKind::usage,
                fmt::format("a ring of {} readings cannot hold one round of {}",
                            lane->ring_capacity(), lane->readings_per_round()),
                "choose a larger ring");
  }
  s.began = std::chrono::steady_clock::now();
  s.mark_clocks();
  // A slow sensor answers in its own thread; only where it is all there is do we wait for it.
  const bool only_slow =
      std::ranges::all_of(s.lanes, [](const auto& lane) { return lane->slow(); });
  std::size_t good = 0;
  for (const auto& lane : s.lanes) {
    if (only_slow || !lane->slow()) good += lane->read_round();
  }
  if (good == 0) {
    s.ended = s.began;
    return fail(ErrorKind::io, "no sensor could be read, though all could be opened",
                "see 'btrack sensors' for what this machine offers");
  }
  for (const auto& lane : s.lanes) lane->start();
  return {};
}

void Sampler::edge() {
  for (const auto& lane : state_->lanes) {
    if (!lane->slow()) lane->edge();
  }
}

void Sampler::drain() {
  state_->drain();
  state_->mark_clocks();
}

void Sampler::stop() {
  State& s = *state_;
  const bool running = s.began != SteadyTime{} && s.ended == SteadyTime{};
  if (!running) return;
  using namespace std::chrono_literals;
  while (std::ranges::any_of(s.lanes, [](const auto& lane) { return lane->polling(); })) {
    s.drain();
    std::this_thread::sleep_for(1ms);
  }
  s.drain();  // room for the last round
  for (const auto& lane : s.lanes) {
    lane->stop();
    lane->read_round();
  }
  s.ended = std::chrono::steady_clock::now();
  s.trace.clocks.push_back(clock_mark());
  s.drain();
  if (s.lanes.size() > 1) std::ranges::stable_sort(s.trace.readings, {}, &Reading::time);
}

const PowerTrace& Sampler::trace() const { return state_->trace; }

SamplerCost Sampler::cost() const {
  State& s = *state_;
  SamplerCost cost;
  for (const auto& lane : s.lanes) {
    cost.cpu_time += lane->cpu_time();
    cost.rounds += lane->rounds();
    cost.lost += lane->lost();
    cost.worst_lateness = std::max(cost.worst_lateness, lane->worst_lateness());
  }
  const bool running = s.ended == SteadyTime{};
  if (s.began != SteadyTime{}) {
    cost.wall_time = (running ? std::chrono::steady_clock::now() : s.ended) - s.began;
  }
  return cost;
}

}  // namespace btrack::power

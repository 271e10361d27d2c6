// SPDX-License-Identifier: Apache-2.0
// Tick lock: targets of the integration against closed forms, with bursts of readings at the edges.
#include "btrack/power/lock.hpp"

#include <gtest/gtest.h>

#include <random>

#include "btrack/power/edge_plan.hpp"
#include "tests/power/synthetic.hpp"

namespace btrack::power {
namespace {

using test::at;
using test::every;
using test::measure;
using test::Wave;

/// Idle, load from `begin` to `end`, idle: with a ripple on top while loaded.
struct Job {
  double idle_w = 60.0;
  double load_w = 300.0;
  double begin = 0.0;
  double end = 1.0;
  Wave ripple{0.0, 40.0, 0.37};

  [[nodiscard]] double joules(double t) const {
    const double inside = std::clamp(t, begin, end);
    return idle_w * t + (load_w - idle_w) * (inside - begin) + ripple.joules(begin, inside);
  }
};

struct Counter {
  double period_s = 0.001;
  double phase_s = 0.0;
  double jitter_s = 0.0;

  [[nodiscard]] double tick(long n) const {
    // A fixed irregularity of each tick, within +- jitter.
    const double noise =
        std::fmod(std::abs(std::sin(static_cast<double>(n) * 12.9898)) * 43758.5, 1);
    return phase_s + period_s * static_cast<double>(n) + jitter_s * (2 * noise - 1);
  }
  [[nodiscard]] double last_tick(double t) const {
    long n = static_cast<long>(std::floor((t - phase_s) / period_s)) + 1;
    while (tick(n) > t) --n;
    return tick(n);
  }
};

/// Readings at 10 Hz, and after both edges of the region those that the sampler's own policy asks
/// for: two updates seen closely after each edge, none before it.
std::vector<double> polls(const Counter& counter, double begin, double end, bool bursts) {
  auto times = every(0.1, begin - 2.0, end + 2.0);
  const EdgePolicy policy;
  EdgeState state;
  state.period = std::chrono::milliseconds(counter.period_s < 0.01 ? 1 : 100);
  for (const double edge : {begin, end}) {
    times.push_back(edge);
    state.edge = at(edge);
    state.ticks_seen = 0;
    SteadyTime now = at(edge);
    while (const auto next = bursts ? next_poll(policy, state, now) : std::nullopt) {
      const double before = Seconds(now - at(0)).count();
      const double t = Seconds(*next - at(0)).count();
      const bool changed = counter.last_tick(t) > counter.last_tick(before);
      if (changed && encloses_tick(policy, state, *next - now)) {
        state.tick = *next;
        ++state.ticks_seen;
      }
      times.push_back(t);
      now = *next;
    }
  }
  std::ranges::sort(times);
  return times;
}

PowerTrace trace_of(const Counter& counter, const Job& job, const std::vector<double>& times) {
  PowerTrace trace;
  Channel c = test::rapl();
  c.update_period = Seconds(counter.period_s < 0.01 ? 0.001 : 0.1);
  c.si_per_count = counter.period_s < 0.01 ? c.si_per_count : 0.001;
  c.gain = {};
  trace.channels = {c};
  for (const double t : times) {
    const double joules = job.joules(counter.last_tick(t)) + 1000.0;
    trace.readings.push_back(
        {0, reading_flags::ok, at(t), static_cast<std::uint64_t>(joules / c.si_per_count)});
  }
  return trace;
}

struct Errors {
  double rms = 0.0;
  double inside = 0.0;  // share of the cases
};

Errors errors_of(Counter counter, double length, bool bursts, double ripple_w = 0.0) {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  constexpr int kCases = 80;
  Errors errors;
  for (int i = 0; i < kCases; ++i) {
    counter.phase_s = counter.period_s * uniform(random);
    Job job;
    job.begin = 5.0 + uniform(random);
    job.end = job.begin + length;
    job.ripple.amplitude_w = ripple_w;
    job.ripple.period_s = 0.2 + uniform(random);
    const auto trace = trace_of(counter, job, polls(counter, job.begin, job.end, bursts));
    const auto figure = measure(trace, {at(job.begin), at(job.end)});
    EXPECT_EQ(figure.source, EnergySource::measured) << figure.note;
    const double truth = job.joules(job.end) - job.joules(job.begin);
    errors.rms += std::pow(figure.value.value() / truth - 1.0, 2) / kCases;
    const bool inside = figure.low.value() <= truth && truth <= figure.high.value();
    errors.inside += inside ? 1.0 / kCases : 0.0;
  }
  errors.rms = std::sqrt(errors.rms);
  return errors;
}

void expect_target(const char* name, const Errors& errors, double most) {
  ::testing::Test::RecordProperty(name, std::to_string(errors.rms));
  EXPECT_LE(errors.rms, most) << name;
  EXPECT_GE(errors.inside, 0.93) << name;
  std::cout << name << ": rms " << 100 * errors.rms << " %, inside " << 100 * errors.inside
            << " %\n";
}

TEST(TickLock, MillisecondCounter) {
  expect_target("1 s", errors_of({0.001}, 1.0, true, 40), 1e-4);
  expect_target("100 ms", errors_of({0.001}, 0.1, true, 40), 1e-3);
}

TEST(TickLock, MillisecondCounterWithAnotherPeriodAndJitter) {
  expect_target("976 us", errors_of({0.000976}, 1.0, true), 1e-4);
  expect_target("jitter 20 us", errors_of({0.001, 0, 20e-6}, 1.0, true), 1e-4);
}

TEST(TickLock, TenHertzCounter) {
  expect_target("1 s", errors_of({0.1}, 1.0, true), 1e-3);
  expect_target("1 s, 103 ms", errors_of({0.103}, 1.0, true), 1e-3);
  expect_target("0.25 s", errors_of({0.1}, 0.25, true), 5e-3);
}

TEST(TickLock, UnlockedIsHonest) {
  EXPECT_GE(errors_of({0.1}, 3.0, false, 40).inside, 0.93);  // no burst at all
  EXPECT_GE(errors_of({0.001}, 3.0, false, 40).inside, 0.93);
  EXPECT_GE(errors_of({0.1}, 1.0, true, 40).inside, 0.93);  // power that changes within a tick
  EXPECT_GE(errors_of({0.103}, 0.25, true, 40).inside, 0.93);
}

std::vector<Update> updates(const std::vector<double>& ticks, double spacing) {
  std::vector<Update> all;
  std::uint64_t count = 0;
  for (const double tick : ticks) {
    const double seen = std::ceil(tick / spacing) * spacing;
    count += 1000;
    all.push_back({at(seen - spacing), at(seen), at(seen), count, 1000});
    if (all.size() > 1) all[all.size() - 2].last = at(seen - spacing);
  }
  return all;
}

TEST(TickLock, LearnsPeriodAndPhase) {
  std::vector<double> ticks;
  for (int i = 0; i < 20; ++i) ticks.push_back(1.00037 + 0.000976 * i);
  const TickLock lock(updates(ticks, 23e-6), Seconds(0.001));
  EXPECT_NEAR(lock.period().count(), 0.000976, 10e-6);
  const auto tick = lock.last_before(at(1.0303));
  ASSERT_TRUE(tick);
  EXPECT_NEAR(Seconds(tick->time - at(1.00037 + 0.000976 * 30)).count(), 0.0, 10e-6);
  EXPECT_FALSE(lock.last_before(at(9.0)));  // too far to count ticks without a doubt
}

TEST(TickLock, ASecondHalfOfAnUpdateIsNoTick) {
  std::vector<double> ticks;
  for (int i = 0; i < 10; ++i) {
    ticks.push_back(1.0001 + 0.001 * i);
    ticks.push_back(1.0001 + 0.001 * i + 40e-6);
  }
  const TickLock lock(updates(ticks, 20e-6), Seconds(0.001));
  EXPECT_TRUE(lock.locked());
  EXPECT_NEAR(lock.period().count(), 0.001, 50e-6);
}

TEST(TickLock, UpdatesThatFollowNoClockLockNothing) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> gap(0.0004, 0.0024);
  std::vector<double> ticks{1.0};
  for (int i = 0; i < 40; ++i) ticks.push_back(ticks.back() + gap(random));
  const TickLock lock(updates(ticks, 20e-6), Seconds(0.001));
  EXPECT_FALSE(lock.last_before(at(ticks.back() + 0.03)));
}

}  // namespace
}  // namespace btrack::power

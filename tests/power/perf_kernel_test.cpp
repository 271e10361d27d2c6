// SPDX-License-Identifier: Apache-2.0
// The perf driver against the arithmetic of the kernel: signed 32-bit differences, a 200 W timer.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "btrack/power/drivers.hpp"
#include "btrack/power/perf_sensor.hpp"
#include "btrack/power/track.hpp"
#include "tests/power/fake_tree.hpp"
#include "tests/support/manual_clock.hpp"

namespace btrack::power {
namespace {

using test::FakeTree;

/// One package's energy event as rapl.c keeps it: its register, and the count that it makes of it.
class KernelEvent {
 public:
  KernelEvent(int esu, double watts) : esu_(esu), watts_(watts) {}

  int open() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return -errno;
    write_end_ = ends[1];
    return ends[0];
  }
  ~KernelEvent() { ::close(write_end_); }

  /// Lets time pass, with the timer that updates the count every 5 ms x 2^(31 - ESU).
  void pass_until(double t) {
    const double timer = 0.005 * std::ldexp(1.0, 31 - esu_);
    while (next_timer_ * timer <= t) update(next_timer_++ * timer);
    now_ = t;
  }
  /// What a read of the group returns now, put where the driver reads it.
  void answer() {
    update(now_);
    const std::array<std::uint64_t, 2> values{1, count_};
    ASSERT_EQ(::write(write_end_, values.data(), sizeof values), 16);
  }
  [[nodiscard]] double joules() const { return now_ * watts_; }

 private:
  void update(double t) {
    const auto raw =
        static_cast<std::uint32_t>(static_cast<std::uint64_t>(t * watts_ * std::ldexp(1.0, esu_)));
    const auto delta = static_cast<std::int32_t>(raw - last_);  // 2^31 and more come out negative
    last_ = raw;
    count_ += static_cast<std::uint64_t>(static_cast<std::int64_t>(delta)) << (32 - esu_);
  }

  int esu_;
  double watts_;
  int write_end_ = -1;
  std::uint32_t last_ = 0;
  std::uint64_t count_ = 0;
  double now_ = 0;
  int next_timer_ = 1;
};

struct Outcome {
  double joules = 0;
  double truth = 0;
  bool flagged = false;
  double may_be_more_j = 0;
};

/// Reads at the given instants, with powercap's unit known or not.
Outcome read_at(int esu, double watts, const std::vector<double>& instants,
                bool unit_known = true) {
  const FakeTree tree;
  tree.perf_pmu("0");
  const auto events = tree.sys() / "bus/event_source/devices/power/events";
  std::filesystem::remove(events / "energy-cores");
  std::filesystem::remove(events / "energy-ram");
  if (unit_known) {
    tree.zone("intel-rapl:0", "package-0");
    if (esu == 16)
      tree.write("sys/class/powercap/intel-rapl:0/max_energy_range_uj", "65532610987\n");
  }
  KernelEvent event(esu, watts);
  const btrack::test::ManualClock clock(std::chrono::seconds(1), std::chrono::nanoseconds(0));
  auto context = tree.context();
  context.clock = &clock;
  context.perf_open = [&](const PerfRequest&) { return event.open(); };
  auto probe = probe_perf(context);
  EXPECT_EQ(probe.sensors.size(), 1U);
  TrackBuilder builder(probe.sensors[0]->channels()[0]);
  Outcome outcome;
  for (const double t : instants) {
    event.pass_until(t);
    event.answer();
    Reading reading;
    EXPECT_TRUE(probe.sensors[0]->read({&reading, 1}));
    reading.time = steady_from_ns(1'000'000'000 + std::llround(t * 1e9));
    builder.add(reading);
  }
  const Track track = std::move(builder).finish();
  outcome.joules = static_cast<double>(track.nodes.back().count) * track.joules_per_count;
  outcome.truth = event.joules();
  for (const FaultSpan& fault : track.faults) {
    outcome.flagged = outcome.flagged || fault.fault != Fault::wrapped;
    outcome.may_be_more_j += fault.high_j;
  }
  return outcome;
}

TEST(PerfKernel, NothingIsLostAt500WattsWithOurReadInterval) {
  for (const int esu : {14, 16}) {
    for (const bool known : {true, false}) {
      std::vector<double> instants;
      for (int i = 0; i <= 400; ++i) instants.push_back(10.0 * i);
      const auto outcome = read_at(esu, 500, instants, known);  // 2 MJ: 7 or 30 wraps
      EXPECT_NEAR(outcome.joules, outcome.truth, 0.01) << esu;
      EXPECT_FALSE(outcome.flagged) << esu;
    }
  }
}

TEST(PerfKernel, ADifferenceThatTheKernelTookForNegativeIsMadeGood) {
  // 300 s at 500 W: 150 kJ, over the 131 kJ of 2^31 units and under the 262 kJ of the register.
  const auto outcome = read_at(14, 500, {0, 10, 310, 320});
  EXPECT_NEAR(outcome.joules, outcome.truth, 0.01);
}

TEST(PerfKernel, AGapThatMayHideARoundOfTheRegisterIsFlaggedAndBounded) {
  for (const double gap : {540.0, 700.0, 2000.0}) {  // through the timer, and twice around
    const auto outcome = read_at(14, 500, {0, 10, 10 + gap, 20 + gap});
    EXPECT_TRUE(outcome.flagged) << gap;
    EXPECT_LE(outcome.joules, outcome.truth + 0.01) << gap;
    EXPECT_GE(outcome.joules + outcome.may_be_more_j, outcome.truth - 0.01) << gap;
  }
  const auto unknown = read_at(14, 500, {0, 10, 150, 160}, false);
  EXPECT_TRUE(unknown.flagged);
  EXPECT_GE(unknown.joules + unknown.may_be_more_j, unknown.truth - 0.01);
}

TEST(PerfKernel, TheGuardIntervalIsFarFromTheTrap) {
  Channel channel;
  channel.si_per_count = std::ldexp(1.0, -32);
  for (const double unit : {std::ldexp(1.0, -14), std::ldexp(1.0, -16), 0.0}) {
    channel.modulus = perf_modulus(unit);
    const double half_range_j = std::ldexp(unit == 0.0 ? std::ldexp(1.0, -16) : unit, 31);
    EXPECT_LE(guard_interval(channel).count() * channel.power_limit.value(), half_range_j);
  }
  EXPECT_EQ(perf_modulus(1e-6 * 32), 1ULL << 48);  // an Atom's unit is no power of two
}

}  // namespace
}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// The sampler and its ring: order, loss, refusals, cost, and that sampling does not allocate.
#include "btrack/power/sampler.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <thread>

#include "btrack/power/drivers.hpp"
#include "btrack/power/ring.hpp"
#include "tests/power/fake_tree.hpp"
#include "tests/support/allocations.hpp"

namespace btrack::power {
namespace {

/// Counts up by one at each read; may refuse.
class CountingSensor final : public Sensor {
 public:
  enum class Mood { fine, flags_failed, error };
  explicit CountingSensor(std::size_t channels = 1, Mood mood = Mood::fine)
      : channels_(channels), mood_(mood) {
    for (auto& c : channels_) c.id = "counter";
  }
  [[nodiscard]] std::span<const Channel> channels() const override { return channels_; }
  Result<void> read(std::span<Reading> out) override {
    if (mood_ == Mood::error) return fail(ErrorKind::io, "gone");
    const auto flags = mood_ == Mood::fine ? reading_flags::ok : reading_flags::failed;
    ++count_;
    for (std::uint32_t i = 0; i < out.size(); ++i) {
      out[i] = {i, flags, std::chrono::steady_clock::now(), count_};
    }
    return {};
  }

 private:
  std::vector<Channel> channels_;
  Mood mood_;
  std::uint64_t count_ = 0;
};

template <class... Sensors>
std::vector<std::unique_ptr<Sensor>> list(Sensors... sensors) {
  std::vector<std::unique_ptr<Sensor>> all;
  (all.push_back(std::move(sensors)), ...);
  return all;
}

SamplerOptions slow() { return {.period = Seconds(3600)}; }  // only what the test asks for

TEST(Ring, KeepsOrderOverManyTurnsBetweenTwoThreads) {
  ReadingRing ring(64);
  constexpr std::uint64_t kCount = 200'000;
  std::thread producer([&ring] {
    for (std::uint64_t i = 0; i < kCount;) {
      const Reading reading{0, 0, {}, i};
      if (ring.push({&reading, 1})) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::uint64_t expected = 0;
  bool in_order = true;
  while (expected < kCount) {
    ring.pop_all([&](const Reading& r) { in_order &= r.count == expected++; });
    std::this_thread::yield();
  }
  producer.join();
  EXPECT_TRUE(in_order);
}

TEST(Ring, TakesAWholeRoundOrNothing) {
  ReadingRing ring(3);
  EXPECT_EQ(ring.capacity(), 4U);
  const std::vector<Reading> round(3);
  EXPECT_TRUE(ring.push(round));
  EXPECT_FALSE(ring.push(round));
  std::size_t taken = 0;
  ring.pop_all([&](const Reading&) { ++taken; });
  EXPECT_EQ(taken, 3U);
  EXPECT_TRUE(ring.push(round));
}

TEST(Sampler, FirstRoundEdgesAndLastRoundAreInTheTrace) {
  Sampler sampler(list(std::make_unique<CountingSensor>(2), std::make_unique<CountingSensor>()),
                  slow());
  ASSERT_TRUE(sampler.start());
  sampler.edge();
  sampler.edge();
  sampler.stop();
  const PowerTrace& trace = sampler.trace();
  ASSERT_EQ(trace.channels.size(), 3U);
  // The first round, two asked for, the last, and polls around the edges: none is lost.
  ASSERT_GE(trace.readings.size(), 12U);
  std::map<std::uint32_t, std::uint64_t> counts;
  for (const Reading& reading : trace.readings) {
    EXPECT_EQ(reading.count, ++counts[reading.channel]);
  }
  EXPECT_EQ(counts.size(), 3U);
  EXPECT_TRUE(std::ranges::is_sorted(trace.readings, {}, &Reading::time));
  EXPECT_EQ(sampler.cost().rounds, 2U);
  EXPECT_GT(sampler.cost().cpu_time.count(), 0.0);
  EXPECT_GT(sampler.cost().wall_time.count(), 0.0);
}

/// Renewed every 100 ms, as its channel says; counts its reads.
class SteppingSensor final : public Sensor {
 public:
  explicit SteppingSensor(Seconds period) : period_(period) {
    channel_.id = "test/stepping";
    channel_.update_period = period;
  }
  [[nodiscard]] std::span<const Channel> channels() const override { return {&channel_, 1}; }
  Result<void> read(std::span<Reading> out) override {
    const SteadyTime now = std::chrono::steady_clock::now();
    out[0] = {0, reading_flags::ok, now, static_cast<std::uint64_t>((now - kOrigin) / period_)};
    return {};
  }

 private:
  static constexpr SteadyTime kOrigin{};
  Seconds period_;
  Channel channel_;
};

TEST(Sampler, PollsEncloseTheUpdatesAfterAnEdge) {
  Sampler sampler(list(std::make_unique<SteppingSensor>(Seconds(0.02))), slow());
  ASSERT_TRUE(sampler.start());
  sampler.edge();
  sampler.stop();
  const auto& readings = sampler.trace().readings;
  std::size_t enclosed = 0;
  for (std::size_t i = 1; i < readings.size(); ++i) {
    const bool changed = readings[i].count != readings[i - 1].count;
    if (changed && readings[i].time - readings[i - 1].time < std::chrono::milliseconds(5)) {
      ++enclosed;
    }
  }
  EXPECT_GE(enclosed, 1U);
  EXPECT_LT(readings.size(), 400U);  // and the polls end
}

TEST(Sampler, SlowSensorsDoNotHoldUpTheOthers) {
  Sampler sampler(
      list(std::make_unique<SteppingSensor>(Seconds(1.0)), std::make_unique<CountingSensor>()),
      {.period = Seconds(0.002)});
  ASSERT_TRUE(sampler.start());
  while (sampler.cost().rounds < 20) {
    sampler.drain();
    std::this_thread::yield();
  }
  sampler.stop();
  std::array<std::size_t, 2> reads{};
  for (const Reading& reading : sampler.trace().readings) ++reads[reading.channel];
  EXPECT_LE(reads[0], 3U);  // its own rhythm: a fifth of its period
  EXPECT_GE(reads[1], 18U);
}

TEST(Sampler, ThreadSamplesOnItsOwnWhileOthersAskForEdges) {
  Sampler sampler(list(std::make_unique<CountingSensor>()), {.period = Seconds(0.0005)});
  ASSERT_TRUE(sampler.start());
  std::thread other([&sampler] {
    for (int i = 0; i < 20; ++i) sampler.edge();
  });
  while (sampler.cost().rounds < 40) {
    sampler.drain();
    std::this_thread::yield();
  }
  other.join();
  sampler.stop();
  EXPECT_GE(sampler.trace().readings.size(), sampler.cost().rounds);
  EXPECT_TRUE(std::ranges::is_sorted(sampler.trace().readings, {}, &Reading::time));
  EXPECT_EQ(sampler.cost().lost, 0U);
}

TEST(Sampler, FullRingCountsWhatIsLost) {
  Sampler sampler(list(std::make_unique<CountingSensor>()),
                  {.period = Seconds(3600), .ring_readings = 2});
  ASSERT_TRUE(sampler.start());
  for (int i = 0; i < 5; ++i) sampler.edge();
  sampler.stop();
  EXPECT_GE(sampler.cost().lost, 4U);
  EXPECT_EQ(sampler.trace().lost, sampler.cost().lost);
  EXPECT_EQ(sampler.trace().readings.back().count,
            sampler.trace().readings.size() + sampler.cost().lost);  // the last round found room
}

TEST(Sampler, OneFailingSensorDoesNotStopTheOthers) {
  Sampler sampler(list(std::make_unique<CountingSensor>(1, CountingSensor::Mood::error),
                       std::make_unique<CountingSensor>()),
                  slow());
  ASSERT_TRUE(sampler.start());
  sampler.stop();
  EXPECT_EQ(sampler.trace().readings[0].flags, reading_flags::failed);
  EXPECT_EQ(sampler.trace().readings[1].flags, reading_flags::ok);
  EXPECT_GT(to_ns(sampler.trace().readings[0].time), 0);
}

TEST(Sampler, RefusesNothingAtAllAndAllFailing) {
  EXPECT_FALSE(Sampler({}, slow()).start());
  for (const auto mood : {CountingSensor::Mood::error, CountingSensor::Mood::flags_failed}) {
    Sampler sampler(list(std::make_unique<CountingSensor>(1, mood)), slow());
    const auto started = sampler.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().kind, ErrorKind::io);
  }
  Sampler small(list(std::make_unique<CountingSensor>(3)),
                {.period = Seconds(1), .ring_readings = 2});
  EXPECT_FALSE(small.start());
  Sampler twice(list(std::make_unique<CountingSensor>()), slow());
  EXPECT_TRUE(twice.start());
  EXPECT_FALSE(twice.start());
}

TEST(Sampler, SamplingDoesNotAllocate) {
  const test::FakeTree tree;
  tree.zone("intel-rapl:0", "package-0");
  tree.zone("intel-rapl:0:0", "dram");
  auto probe = probe_powercap(tree.context());
  auto estimate = probe_estimate(tree.context());
  Sampler sampler(list(std::move(probe.sensors[0]), std::move(estimate.sensors[0])), slow());
  ASSERT_TRUE(sampler.start());
  sampler.edge();
  const std::size_t before = btrack::test::allocations();
  for (int i = 0; i < 100; ++i) sampler.edge();
  EXPECT_EQ(btrack::test::allocations(), before);
  sampler.stop();
  EXPECT_GT(btrack::test::allocations(),
            before);  // the trace grows in drain(), and the counting works
}

TEST(Sampler, ReadingNumberFilesDoesNotAllocate) {
  const test::FakeTree tree;
  tree.hwmon(0, "amdgpu", "0000:03:00.0", {{"power1_average", "1000000\n"}});
  tree.hwmon(1, "ina3221", "1-0040", {{"curr1_input", "100\n"}, {"in1_input", "5000\n"}});
  tree.hwmon(2, "power_meter", "ACPI000D:00", {{"power1_average", "1000000\n"}});
  tree.folder("cray/pm_counters",
              {{"energy", "1 J 1 us\n"}, {"freshness", "1\n"}, {"startup", "1\n"}});
  tree.folder("class/power_supply/BAT0",
              {{"type", "Battery\n"}, {"status", "Discharging\n"}, {"power_now", "1\n"}});
  for (const auto probe :
       {probe_hwmon, probe_ina3221, probe_acpi_meter, probe_cray, probe_battery}) {
    const auto found = probe(tree.context());
    ASSERT_EQ(found.sensors.size(), 1U);
    Reading reading;
    const std::size_t before = btrack::test::allocations();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(found.sensors[0]->read({&reading, 1}));
    EXPECT_EQ(btrack::test::allocations(), before);
    EXPECT_EQ(reading.flags, reading_flags::ok);
  }
}

TEST(RaplRead, PerfAndMsrAllocateNothing) {
  const test::FakeTree tree;
  tree.perf_pmu("0");
  tree.processor("GenuineIntel", 6, 0x55);
  tree.msr(0, 0x606, 0xA0E03);
  tree.msr(0, 0x611, 1);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const std::array<std::uint64_t, 4> group{3, 1, 2, 3};
  ASSERT_EQ(::write(ends[1], group.data(), sizeof group), 32);
  auto context = tree.context();
  context.perf_open = [&](const PerfRequest&) { return ::dup(ends[0]); };
  for (auto* probe : {probe_perf, probe_msr}) {
    auto found = probe(context);
    ASSERT_EQ(found.sensors.size(), 1U);
    std::vector<Reading> out(found.sensors[0]->channels().size());
    const auto before = btrack::test::allocations();
    const bool read = found.sensors[0]->read(out).has_value();
    EXPECT_EQ(btrack::test::allocations(), before);
    EXPECT_TRUE(read);
    EXPECT_EQ(out[0].flags, reading_flags::ok);
  }
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace btrack::power

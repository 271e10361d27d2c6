// SPDX-License-Identifier: Apache-2.0
// The sampler and its ring: order, loss, refusals, cost, and that sampling does not allocate.
#include "btrack/power/sampler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
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
  sampler.sample_now();
  sampler.sample_now();
  sampler.stop();
  const PowerTrace& trace = sampler.trace();
  ASSERT_EQ(trace.channels.size(), 3U);
  ASSERT_EQ(trace.readings.size(), 12U);  // first, two asked for, last
  for (std::size_t i = 0; i < trace.readings.size(); ++i) {
    EXPECT_EQ(trace.readings[i].channel, i % 3);
    EXPECT_EQ(trace.readings[i].count, i / 3 + 1);
    if (i > 0) {
      EXPECT_LE(trace.readings[i - 1].time, trace.readings[i].time);
    }
  }
  EXPECT_EQ(sampler.cost().rounds, 4U);
  EXPECT_GT(sampler.cost().cpu_time.count(), 0.0);
  EXPECT_GT(sampler.cost().wall_time.count(), 0.0);
}

TEST(Sampler, ThreadSamplesOnItsOwnWhileOthersAskForEdges) {
  Sampler sampler(list(std::make_unique<CountingSensor>()), {.period = Seconds(0.0005)});
  ASSERT_TRUE(sampler.start());
  std::thread other([&sampler] {
    for (int i = 0; i < 20; ++i) sampler.sample_now();
  });
  while (sampler.cost().rounds < 40) {
    sampler.drain();
    std::this_thread::yield();
  }
  other.join();
  sampler.stop();
  EXPECT_EQ(sampler.trace().readings.size(), sampler.cost().rounds);
  EXPECT_TRUE(std::ranges::is_sorted(sampler.trace().readings, {}, &Reading::time));
  EXPECT_EQ(sampler.cost().lost, 0U);
}

TEST(Sampler, FullRingCountsWhatIsLost) {
  Sampler sampler(list(std::make_unique<CountingSensor>()),
                  {.period = Seconds(3600), .ring_readings = 2});
  ASSERT_TRUE(sampler.start());
  for (int i = 0; i < 5; ++i) sampler.sample_now();
  sampler.stop();
  EXPECT_EQ(sampler.cost().lost, 4U);
  EXPECT_EQ(sampler.trace().lost, 4U);
  EXPECT_EQ(sampler.trace().readings.back().count, 7U);  // the last round found room
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
  const std::size_t before = btrack::test::allocations();
  for (int i = 0; i < 100; ++i) sampler.sample_now();
  EXPECT_EQ(btrack::test::allocations(), before);
  sampler.stop();
  EXPECT_GT(btrack::test::allocations(),
            before);  // the trace grows in drain(), and the counting works
}

}  // namespace
}  // namespace btrack::power

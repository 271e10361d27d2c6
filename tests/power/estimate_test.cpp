// SPDX-License-Identifier: Apache-2.0
// The estimate: the model's figures, its refusals, and its grade through the whole chain.
#include "btrack/power/estimate_sensor.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "btrack/power/embedded.hpp"
#include "btrack/power/energy.hpp"
#include "btrack/power/host.hpp"
#include "btrack/power/relations.hpp"
#include "tests/power/fake_tree.hpp"
#include "tests/support/manual_clock.hpp"

namespace btrack::power {
namespace {

using test::FakeTree;
using namespace std::chrono_literals;

constexpr std::string_view kFourCpus =
    "cpu0 1 0 0 0\ncpu1 1 0 0 0\ncpu2 1 0 0 0\ncpu3 1 0 0 0\nintr 5\n";

void stat(const FakeTree& tree, std::uint64_t user, std::uint64_t system, std::uint64_t idle) {
  tree.write("proc/stat", "cpu  " + std::to_string(user) + " 0 " + std::to_string(system) + " " +
                              std::to_string(idle) + " 7 0 0 99 0 0\n" + std::string(kFourCpus));
}

PowerModel guest_model() {
  CpuModel cpu;
  cpu.guest = true;
  return *power_model(embedded::power_model_csv(), cpu);
}

TEST(Estimate, IdleFloorPlusBusyTime) {
  const FakeTree tree;
  tree.write("proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 1 kB\n");
  stat(tree, 1000, 500, 1);
  btrack::test::ManualClock clock;
  auto sensor = EstimateSensor::open(tree.root() / "proc", &clock, guest_model());
  ASSERT_TRUE(sensor);
  const Channel& channel = (*sensor)->channels()[0];
  EXPECT_EQ(channel.evidence, Evidence::estimated);
  EXPECT_EQ(channel.id, "estimate/machine");
  EXPECT_DOUBLE_EQ(channel.gain.low, 0.5);
  EXPECT_DOUBLE_EQ(channel.gain.high, 3.125);

  clock.advance(10s);
  const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  stat(tree, 1000 + 3 * ticks, 500 + 2 * ticks, 123456);  // 5 s busy; idle and iowait do not count
  std::array<Reading, 3> readings;
  ASSERT_TRUE((*sensor)->read(readings));
  EXPECT_EQ(readings[0].flags, reading_flags::ok);
  const double floor = 4 * 0.68 + 16 * 0.392;
  const double swing = 4 * (4.11 - 0.68);
  const double joules = (floor + swing * load_curve(5.0 / 40.0)) * 10;
  EXPECT_NEAR(static_cast<double>(readings[0].count) * channel.si_per_count, joules, 1e-5);

  clock.advance(10s);
  stat(tree, 1000 + 43 * ticks, 500 + 2 * ticks, 123456);  // all four busy
  ASSERT_TRUE((*sensor)->read(readings));
  EXPECT_NEAR(static_cast<double>(readings[0].count) * channel.si_per_count,
              joules + (floor + swing) * 10, 1e-5);
}

TEST(Estimate, ProcessorsAndMemoryArePartsThatAddUpAndAreNotAddedAgain) {
  const FakeTree tree;
  tree.write("proc/meminfo", "MemTotal:       16777216 kB\n");
  stat(tree, 1000, 500, 1);
  btrack::test::ManualClock clock;
  auto sensor = EstimateSensor::open(tree.root() / "proc", &clock, guest_model());
  ASSERT_TRUE(sensor);
  const auto channels = (*sensor)->channels();
  ASSERT_EQ(channels.size(), 3U);
  EXPECT_EQ(channels[1].id, "estimate/machine/processors");
  EXPECT_EQ(channels[2].id, "estimate/machine/memory");
  EXPECT_EQ(channels[2].gain.high, 1.6);
  EXPECT_EQ(total_channels(channels), std::vector<std::uint32_t>{0});

  clock.advance(10s);
  std::array<Reading, 3> readings;
  ASSERT_TRUE((*sensor)->read(readings));
  EXPECT_EQ(readings[0].count, readings[1].count + readings[2].count);
  EXPECT_EQ(readings[2].count, 62'720'000U);  // 16 GB x 0.392 W/GB x 10 s
}

TEST(Estimate, WithoutMemoryBeyondTheModelsThereAreNoParts) {
  const FakeTree tree;
  tree.write("proc/meminfo", "MemTotal:       4194304 kB\n");
  stat(tree, 1000, 500, 1);
  PowerModel model;
  model.included_gb = 1.0;
  const auto sensor = EstimateSensor::open(tree.root() / "proc", nullptr, model);
  ASSERT_TRUE(sensor);
  EXPECT_EQ((*sensor)->channels().size(), 1U);
}

TEST(Estimate, SaysWhoseMachineItSees) {
  const FakeTree tree;
  stat(tree, 1000, 500, 1);
  tree.write("sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
  tree.write("sys/class/dmi/id/product_name", "m5.xlarge\n");
  tree.write("proc/self/cgroup", "0::/kubepods.slice/pod1\n");
  const auto host = host_of(tree.root() / "sys", tree.root() / "proc");
  EXPECT_EQ(host.platform, "Amazon EC2 m5.xlarge");
  EXPECT_TRUE(host.container);
  const auto sensor = EstimateSensor::open(tree.root() / "proc", nullptr, guest_model(), host);
  ASSERT_TRUE(sensor);
  const auto& label = (*sensor)->channels()[0].label;
  EXPECT_NE(label.find("on Amazon EC2 m5.xlarge"), std::string::npos) << label;
  EXPECT_NE(label.find("the whole host"), std::string::npos) << label;
}

TEST(Estimate, TellsAContainerByItsRootAndABareMachineByNothing) {
  const FakeTree tree;
  tree.write("proc/self/cgroup", "0::/\n");
  tree.write("proc/self/mountinfo",
             "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
             "30 22 0:26 / /srv rw - overlay overlay rw\n");
  EXPECT_FALSE(host_of(tree.root() / "sys", tree.root() / "proc").container);
  EXPECT_EQ(host_of(tree.root() / "sys", tree.root() / "proc").platform, "");
  tree.write("proc/self/mountinfo", "500 400 0:99 / / rw,relatime - overlay overlay rw\n");
  EXPECT_TRUE(host_of(tree.root() / "sys", tree.root() / "proc").container);
}

TEST(Estimate, OftenReadItFollowsTheSameCurveAndNeverFalls) {
  const FakeTree tree;
  stat(tree, 1000, 500, 1);
  btrack::test::ManualClock clock;
  auto sensor = EstimateSensor::open(tree.root() / "proc", &clock, guest_model());
  ASSERT_TRUE(sensor);
  std::uint64_t ticks = 0;
  std::uint64_t before = 0;
  Reading reading;
  std::uint64_t at_half = 0;
  for (int step = 0; step < 200; ++step) {  // 0.2 s, a read each ms, one of four CPUs busy
    clock.advance(1ms);
    if (step % 10 == 9) ++ticks;
    stat(tree, 1000 + ticks, 500, 1);
    ASSERT_TRUE((*sensor)->read({&reading, 1}));
    ASSERT_GE(reading.count, before);
    before = reading.count;
    if (step == 99) at_half = before;
  }
  const double joules = (4 * 0.68 + 4 * (4.11 - 0.68) * load_curve(0.25)) * 0.1;
  EXPECT_NEAR(static_cast<double>(reading.count - at_half) * 1e-6, joules, 0.01 * joules);
}

TEST(Estimate, TextOrCountersThatGoBackAreFailedReadings) {
  const FakeTree tree;
  stat(tree, 1000, 500, 1);
  auto sensor = EstimateSensor::open(tree.root() / "proc", nullptr, PowerModel{});
  ASSERT_TRUE(sensor);
  for (const auto* content : {"", "cpu  x\n", "cpu  1 2\n", "cpu  1 0 1 0 0 0 0 0 0 0\n"}) {
    tree.write("proc/stat", content);
    Reading reading;
    ASSERT_TRUE((*sensor)->read({&reading, 1}));
    EXPECT_EQ(reading.flags, reading_flags::failed) << content;
  }
}

TEST(Estimate, NoProcfsIsAnErrorThatNamesIt) {
  const FakeTree tree;
  EXPECT_EQ(EstimateSensor::open(tree.root() / "gone", nullptr, PowerModel{}).error().kind,
            ErrorKind::not_found);
  tree.write("proc/stat", "garbage\n");
  const auto refused = EstimateSensor::open(tree.root() / "proc", nullptr, PowerModel{});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("proc/stat"), std::string::npos);
}

TEST(Estimate, IsGradeEAndWide) {
  const FakeTree tree;
  stat(tree, 1000, 500, 1);
  btrack::test::ManualClock clock;
  auto sensor = EstimateSensor::open(tree.root() / "proc", &clock, guest_model());
  ASSERT_TRUE(sensor);
  PowerTrace trace;
  trace.channels.assign((*sensor)->channels().begin(), (*sensor)->channels().end());
  const SteadyTime origin = clock.now();
  for (int i = 0; i < 100; ++i) {
    clock.advance(100ms);
    Reading reading;
    ASSERT_TRUE((*sensor)->read({&reading, 1}));
    trace.readings.push_back(reading);
  }
  const auto total = EnergyMeter(trace).measure({origin + 1s, origin + 9s}).total;
  EXPECT_EQ(total.source, EnergySource::estimated);
  EXPECT_EQ(total.grade, Grade::E);
  EXPECT_NEAR(total.value.value(), 4 * 0.68 * 8, 0.01);
  EXPECT_NEAR(total.high.value() / total.value.value(), 3.125, 0.02);
}

}  // namespace
}  // namespace btrack::power

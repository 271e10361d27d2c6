// SPDX-License-Identifier: Apache-2.0
// Cray's node counters and batteries: scans, restarts, containment, and when a battery measures.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "btrack/power/drivers.hpp"
#include "btrack/power/energy.hpp"
#include "btrack/power/relations.hpp"
#include "btrack/power/trace.hpp"
#include "tests/power/fake_tree.hpp"
#include "tests/support/manual_clock.hpp"

namespace btrack::power {
namespace {

using test::FakeTree;

class CrayNode {
 public:
  CrayNode() {
    tree.folder("cray/pm_counters", {{"power", "400 W 1600000000000000 us\n"},
                                     {"energy", "1000 J 1600000000000000 us\n"},
                                     {"cpu_power", "150 W 1600000000000000 us\n"},
                                     {"cpu_energy", "300 J 1600000000000000 us\n"},
                                     {"memory_energy", "50 J 1600000000000000 us\n"},
                                     {"accel0_energy", "200 J 1600000000000000 us\n"},
                                     {"accel1_energy", "210 J 1600000000000000 us\n"},
                                     {"power_cap", "0 W 1600000000000000 us\n"},
                                     {"cpu_temp", "51 C 1600000000000000 us\n"},
                                     {"freshness", "7 1600000000000000 us\n"},
                                     {"generation", "3 1600000000000000 us\n"},
                                     {"startup", "1599999999 1600000000000000 us\n"},
                                     {"raw_scan_hz", "10\n"},
                                     {"version", "2\n"}});
  }
  void set(const std::string& file, const std::string& content) const {
    tree.write("sys/cray/pm_counters/" + file, content);
  }
  void open() {
    probe = probe_cray(tree.context());
    ASSERT_EQ(probe.sensors.size(), 1U);
    const auto span = probe.sensors[0]->channels();
    channels.assign(span.begin(), span.end());
  }
  Reading read(std::string_view id) {
    std::vector<Reading> readings(channels.size());
    EXPECT_TRUE(probe.sensors[0]->read(readings));
    return readings.at(
        static_cast<std::size_t>(std::ranges::find(channels, id, &Channel::id) - channels.begin()));
  }
  const Channel& operator[](std::string_view id) const {
    return channels.at(
        static_cast<std::size_t>(std::ranges::find(channels, id, &Channel::id) - channels.begin()));
  }
  FakeTree tree;
  DriverProbe probe;
  std::vector<Channel> channels;
};

TEST(Cray, TheNodeContainsAllOthersAndIsTheTotal) {
  CrayNode node;
  node.open();
  EXPECT_FALSE(node.probe.absent);
  EXPECT_EQ(node.channels.size(), 7U);  // no cap, no temperature
  const auto total = total_channels(node.channels);
  ASSERT_EQ(total.size(), 1U);
  const Channel& whole = node.channels[total[0]];
  EXPECT_EQ(whole.id, "cray/node");
  EXPECT_EQ(whole.domain, Domain::node);
  EXPECT_FALSE(whole.beside);
  EXPECT_EQ(whole.update_period, Seconds(0.1));
  EXPECT_EQ(node["cray/accel1"].part_of, "cray/node");
  EXPECT_EQ(node["cray/cpu/power"].duplicate_of, "cray/cpu");
  EXPECT_EQ(node.read("cray/node").count, 1000U);
  EXPECT_EQ(node.read("cray/node/power").count, 400U);
}

TEST(Cray, CountersOfOtherDriversAreInsideTheNode) {
  const CrayNode node;
  node.tree.zone("intel-rapl:0", "package-0");
  node.tree.zone("intel-rapl:0:0", "dram");
  node.tree.hwmon(0, "amdgpu", "0000:03:00.0", {{"power1_average", "1\n"}});
  const auto result = probe_sensors(node.tree.context());
  std::vector<Channel> channels;
  for (const auto& sensor : result.sensors) {
    channels.insert(channels.end(), sensor->channels().begin(), sensor->channels().end());
  }
  const auto total = total_channels(channels);
  ASSERT_EQ(total.size(), 1U);
  EXPECT_EQ(channels[total[0]].id, "cray/node");
}

TEST(Cray, SingleAcceleratorsAreInsideTheirSum) {
  CrayNode node;
  node.set("accel_energy", "410 J 1600000000000000 us\n");
  node.open();
  EXPECT_EQ(node["cray/accel"].part_of, "cray/node");
  EXPECT_EQ(node["cray/accel0"].part_of, "cray/accel");
}

TEST(Cray, WithoutAScanNumberNothingIsTrusted) {
  CrayNode node;
  node.open();
  node.set("freshness", "\n");
  EXPECT_NE(node.read("cray/node").flags & reading_flags::failed, 0U);
  node.set("freshness", "8 1600000000100000 us\n");
  EXPECT_EQ(node.read("cray/node").flags, reading_flags::ok);
}

/// Takes the time twice for each number, and lets the controller scan at chosen moments.
class ScanningClock final : public Clock {
 public:
  explicit ScanningClock(const CrayNode& node) : node_(node) {}
  [[nodiscard]] SteadyTime now() const override {
    ++calls_;
    if (calls_ <= scans) {
      const auto stamp = std::to_string(calls_);
      node_.set("freshness", stamp + " 1 us\n");
      node_.set("energy", "2" + stamp + " J 1 us\n");
    }
    return steady_from_ns(1'000'000'000 + calls_);
  }
  [[nodiscard]] std::chrono::system_clock::time_point wall() const override { return {}; }
  int scans = 0;

 private:
  const CrayNode& node_;
  mutable int calls_ = 0;
};

TEST(Cray, AScanInBetweenIsReadAgainAndEndlessScansAreFlagged) {
  for (const auto& [scans, flags] :
       {std::pair(3, reading_flags::ok), std::pair(1000, reading_flags::failed)}) {
    CrayNode node;
    ScanningClock clock(node);
    auto context = node.tree.context();
    context.clock = &clock;
    node.probe = probe_cray(context);
    const auto span = node.probe.sensors.at(0)->channels();
    node.channels.assign(span.begin(), span.end());
    clock.scans = scans;
    const auto reading = node.read("cray/node");
    EXPECT_EQ(reading.flags, flags);
    if (flags == reading_flags::ok) {
      EXPECT_EQ(reading.count, 23U);  // of the last scan
    }
  }
}

TEST(Cray, ARestartShowsInTheRecordAndInTheFigure) {
  CrayNode node;
  node.open();
  PowerTrace trace;
  trace.channels = {node["cray/node"]};
  const auto sample = [&](int tenths, const std::string& energy) {
    node.set("energy", energy + " J 1 us\n");
    auto reading = node.read("cray/node");
    reading.channel = 0;
    reading.time = steady_from_ns(1'000'000'000 + tenths * 100'000'000LL);
    trace.readings.push_back(reading);
  };
  for (int i = 0; i < 20; ++i) sample(i, std::to_string(1000 + 40 * i));
  node.set("startup", "1600000777 1 us\n");
  sample(20, "5");
  EXPECT_NE(trace.readings.back().flags & reading_flags::refused, 0U);
  for (int i = 21; i < 40; ++i) sample(i, std::to_string(5 + 40 * (i - 20)));
  EXPECT_EQ(trace.readings.back().flags, reading_flags::ok);
  const auto figure = EnergyMeter(trace)
                          .measure({steady_from_ns(1'300'000'000), steady_from_ns(4'500'000'000)})
                          .total;
  EXPECT_EQ(figure.grade, Grade::F);
  EXPECT_NE(std::ranges::find(figure.flags, "reset"), figure.flags.end());
}

TEST(Cray, AFileWithTheWrongUnitIsNamed) {
  CrayNode node;
  node.set("cpu_energy", "300 mJ 1 us\n");
  node.open();
  EXPECT_EQ(node.channels.size(), 6U);
  ASSERT_TRUE(node.probe.absent);
  EXPECT_NE(node.probe.absent->message.find("cpu_energy"), std::string::npos);
}

void battery(const FakeTree& tree, const char* status, FakeTree::Files files) {
  tree.folder("class/power_supply/BAT0", {{"type", "Battery\n"}, {"status", status}});
  tree.folder("class/power_supply/BAT0", files);
}

TEST(Battery, MeasuresTheMachineWhileItIsDischargedOnly) {
  const FakeTree tree;
  battery(tree, "Discharging\n", {{"power_now", "12500000\n"}, {"energy_now", "40000000\n"}});
  auto probe = probe_battery(tree.context());
  ASSERT_EQ(probe.sensors.size(), 1U);
  EXPECT_FALSE(probe.absent);
  const auto channels = probe.sensors[0]->channels();
  ASSERT_EQ(channels.size(), 2U);
  EXPECT_EQ(channels[0].domain, Domain::node);
  EXPECT_TRUE(channels[0].beside);
  EXPECT_DOUBLE_EQ(channels[0].gain.high, 1.095);
  EXPECT_EQ(channels[1].duplicate_of, channels[0].id);
  std::vector<Reading> first(2);
  ASSERT_TRUE(probe.sensors[0]->read(first));
  EXPECT_EQ(first[0].count, 12500000U);
  tree.write("sys/class/power_supply/BAT0/energy_now", "39990000\n");  // a step of 10 mWh is 36 J
  std::vector<Reading> second(2);
  ASSERT_TRUE(probe.sensors[0]->read(second));
  EXPECT_NEAR(static_cast<double>(second[1].count - first[1].count) * channels[1].si_per_count,
              36.0, 1e-9);
  tree.write("sys/class/power_supply/BAT0/status", "Charging\n");
  ASSERT_TRUE(probe.sensors[0]->read(second));
  EXPECT_EQ(second[0].flags, reading_flags::failed);
  EXPECT_EQ(second[1].flags, reading_flags::failed);
}

TEST(Battery, CurrentTimesVoltageAndNegativeWhileDischarging) {
  const FakeTree tree;
  battery(tree, "Discharging\n",
          {{"current_now", "-1000000\n"},
           {"voltage_now", "12000000\n"},
           {"capacity_error_margin", "25\n"}});
  const auto probe = probe_battery(tree.context());
  ASSERT_EQ(probe.sensors.size(), 1U);
  Reading reading;
  ASSERT_TRUE(probe.sensors[0]->read({&reading, 1}));
  EXPECT_EQ(reading.flags, reading_flags::ok);
  EXPECT_DOUBLE_EQ(
      static_cast<double>(reading.count) * probe.sensors[0]->channels()[0].si_per_count, 12.0);
}

TEST(Battery, OnMainsItSaysWhyThereIsNoFigure) {
  const FakeTree tree;
  battery(tree, "Not charging\n", {{"power_now", "0\n"}, {"energy_now", "40000000\n"}});
  tree.folder("class/power_supply/AC", {{"type", "Mains\n"}, {"online", "1\n"}});
  const auto probe = probe_battery(tree.context());
  EXPECT_TRUE(probe.sensors.empty());
  ASSERT_TRUE(probe.absent);
  EXPECT_EQ(probe.absent->kind, ErrorKind::unsupported);
  EXPECT_NE(probe.absent->message.find("Not charging"), std::string::npos);
  EXPECT_EQ(probe.absent->message.find("more"), std::string::npos);
  EXPECT_NE(probe.absent->remedy.find("unplug"), std::string::npos);
}

TEST(Battery, AMouseIsNotTheMachine) {
  const FakeTree tree;
  battery(tree, "Discharging\n", {{"power_now", "5000\n"}, {"scope", "Device\n"}});
  const auto probe = probe_battery(tree.context());
  ASSERT_TRUE(probe.absent);
  EXPECT_EQ(probe.absent->kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace btrack::power

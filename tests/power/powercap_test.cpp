// SPDX-License-Identifier: Apache-2.0
// The powercap driver: units, modulus, names, and every bad file it may meet.
#include "btrack/power/powercap.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "btrack/power/cpu_gain.hpp"
#include "btrack/power/drivers.hpp"
#include "btrack/power/file_sensor.hpp"
#include "btrack/power/rapl.hpp"
#include "tests/power/fake_tree.hpp"
#include "tests/support/manual_clock.hpp"

namespace btrack::power {
namespace {

using test::FakeTree;

TEST(PowercapScale, KnownUnitsAreMadeWholeAgain) {
  // Kernel: whole nJ units 61035, 15258, 15300; range = (2^32 - 1) units in uJ.
  EXPECT_EQ(powercap_scale(262143328850).modulus, 262143328911U);
  EXPECT_NEAR(powercap_scale(262143328850).joules_per_count / 1e-6, 61035.15625 / 61035, 1e-12);
  EXPECT_EQ(powercap_scale(65532610987).modulus, 65532611002U);
  EXPECT_NEAR(powercap_scale(65532610987).joules_per_count / 1e-6, 1 + 51.7e-6, 1e-7);
  const auto server_dram = powercap_scale(4294967295ULL * 15300 / 1000);
  EXPECT_NEAR(server_dram.joules_per_count / 1e-6, 15258.7890625 / 15300, 1e-12);
}

TEST(PowercapScale, OneJouleUnitOfSapphireRapidsPsys) {
  const auto scale = powercap_scale(4294967295ULL * 1'000'000);
  EXPECT_EQ(scale.modulus, 4294967296ULL * 1'000'000);
  EXPECT_DOUBLE_EQ(scale.joules_per_count, 1e-6);
}

TEST(PowercapScale, AtomUnitIsExactAndUnknownRangeIsTakenAsItStands) {
  EXPECT_DOUBLE_EQ(powercap_scale(4294967295ULL * 32).joules_per_count, 1e-6);
  EXPECT_EQ(powercap_scale(4294967295ULL * 32).modulus, 4294967296ULL * 32);
  EXPECT_EQ(powercap_scale(1000).modulus, 1001U);
  EXPECT_EQ(powercap_scale(UINT64_MAX - 5).modulus, UINT64_MAX - 4);
}

TEST(CpuGain, FollowsThePolicyTable) {
  EXPECT_DOUBLE_EQ(rapl_gain(CpuClass::intel_server, Domain::package).gain.high, 1 + 0.95 * 0.03);
  EXPECT_DOUBLE_EQ(rapl_gain(CpuClass::intel_client, Domain::package).gain.low, 1 - 0.95 * 0.05);
  EXPECT_DOUBLE_EQ(rapl_gain(CpuClass::intel_client, Domain::dram).gain.high, 1 + 0.95 * 0.30);
  EXPECT_DOUBLE_EQ(rapl_gain(CpuClass::amd, Domain::package).gain.high, 1 + 0.95 * 0.10);
}

TEST(Powercap, ReadsEveryZoneWithTheTimeInTheMiddle) {
  const FakeTree tree;
  tree.zone("intel-rapl:0", "package-0", "123456");
  tree.zone("intel-rapl:0:0", "dram", "789");
  const btrack::test::ManualClock clock(std::chrono::seconds(1), std::chrono::microseconds(10));
  auto context = tree.context();
  context.clock = &clock;
  auto probe = probe_powercap(context);
  ASSERT_EQ(probe.sensors.size(), 1U);
  EXPECT_FALSE(probe.absent);
  std::vector<Reading> readings(2);
  ASSERT_TRUE(probe.sensors[0]->read(readings));
  EXPECT_EQ(readings[0].count, 123456U);
  EXPECT_EQ(readings[1].count, 789U);
  EXPECT_EQ(readings[1].channel, 1U);
  EXPECT_EQ((readings[1].time - readings[0].time), std::chrono::microseconds(10));
  EXPECT_EQ(to_ns(readings[0].time) % 10'000, 5'000);
}

TEST(Powercap, BadContentFlagsThatReadingOnly) {
  const FakeTree tree;
  for (const auto* folder : {"intel-rapl:0", "intel-rapl:1", "intel-rapl:2", "intel-rapl:3"}) {
    tree.zone(folder, std::string("package-") + folder[11]);
  }
  auto probe = probe_powercap(tree.context());
  ASSERT_EQ(probe.sensors.size(), 1U);
  const auto set = [&](const char* folder, std::string_view content) {
    tree.write(std::filesystem::path("sys/class/powercap") / folder / "energy_uj", content);
  };
  set("intel-rapl:0", "");                        // empty, as a removed device may leave it
  set("intel-rapl:1", "12 apples\n");             // text
  set("intel-rapl:2", "18446744073709551615\n");  // an error code as a huge unsigned
  set("intel-rapl:3", "42\n");
  std::vector<Reading> readings(4);
  ASSERT_TRUE(probe.sensors[0]->read(readings));
  EXPECT_EQ(readings[0].flags, reading_flags::failed);
  EXPECT_EQ(readings[1].flags, reading_flags::failed);
  EXPECT_EQ(readings[2].flags, reading_flags::refused);
  EXPECT_EQ(readings[3].flags, reading_flags::ok);
  EXPECT_EQ(readings[3].count, 42U);
}

TEST(FileSensor, AReadErrorIsAFailedReading) {
  const FakeTree tree;  // a folder opens for reading, and read gives EISDIR as a device gives EIO
  Channel channel;
  auto sensor = FileSensor::open({{.channel = channel, .file = tree.sys()}}, nullptr);
  ASSERT_TRUE(sensor);
  Reading reading;
  ASSERT_TRUE((*sensor)->read({&reading, 1}));
  EXPECT_EQ(reading.flags, reading_flags::failed);
}

TEST(FileSensor, AFileThatIsGoneIsAnErrorWithItsName) {
  const FakeTree tree;
  const auto sensor = FileSensor::open({{.channel = {}, .file = tree.sys() / "gone"}}, nullptr);
  ASSERT_FALSE(sensor);
  EXPECT_EQ(sensor.error().kind, ErrorKind::not_found);
  EXPECT_NE(sensor.error().message.find("gone"), std::string::npos);
}

TEST(Powercap, UnusableZonesAreNamedAndTheRestIsRead) {
  const FakeTree tree;
  tree.zone("intel-rapl:0", "package-0");
  tree.zone("intel-rapl:1", "package-1", "not a number");
  tree.zone("intel-rapl:2", "package-2");
  tree.write("sys/class/powercap/intel-rapl:2/max_energy_range_uj", "0\n");
  tree.zone("intel-rapl:3", "package-3");
  tree.break_energy("intel-rapl:3");
  const auto probe = probe_powercap(tree.context());
  ASSERT_EQ(probe.sensors.size(), 1U);
  EXPECT_EQ(probe.sensors[0]->channels().size(), 1U);
  ASSERT_TRUE(probe.absent);
  EXPECT_EQ(probe.absent->kind, ErrorKind::malformed);
  EXPECT_NE(probe.absent->message.find("intel-rapl:1/energy_uj"), std::string::npos);
  EXPECT_NE(probe.absent->message.find("2 more zones"), std::string::npos);
}

/// The only zone of that name, with its own largest range.
Channel channel_of(const FakeTree& tree, std::string_view id) {
  const auto probe = probe_powercap(tree.context());
  for (const auto& sensor : probe.sensors) {
    for (const Channel& c : sensor->channels()) {
      if (c.id == id) return c;
    }
  }
  return {};
}

void range(const FakeTree& tree, const std::string& folder, std::string_view uj) {
  tree.write(std::filesystem::path("sys/class/powercap") / folder / "max_energy_range_uj", uj);
}

constexpr std::string_view kRange15300 = "65712999613\n";  // (2^32 - 1) x 15.3 uJ

TEST(Powercap, MemoryOfSapphireRapidsUnderAnOldKernelIsWrongByFour) {
  const FakeTree tree;
  tree.processor("GenuineIntel", 6, 0x8F);
  tree.zone("intel-rapl:0", "package-0");
  tree.zone("intel-rapl:0:0", "dram");
  range(tree, "intel-rapl:0:0", kRange15300);
  const Channel dram = channel_of(tree, "powercap/package-0/dram");
  EXPECT_NEAR(dram.si_per_count / 1e-6, 61.03515625 / 15.3, 1e-9);
  EXPECT_NE(dram.gain_source.find("corrected to 61.0352 uJ"), std::string::npos);
  EXPECT_EQ(channel_of(tree, "powercap/package-0").gain_source.find("corrected"),
            std::string::npos);
  tree.processor("GenuineIntel", 6, 0x6A);  // Ice Lake: there the unit is so
  EXPECT_NEAR(channel_of(tree, "powercap/package-0/dram").si_per_count / 1e-6, 15.2587890625 / 15.3,
              1e-9);
}

TEST(Powercap, UnitsThatAKernelDoesNotKnowAreCorrected) {
  const FakeTree tree;
  tree.zone("intel-rapl:0", "package-0");
  tree.zone("intel-rapl:0:0", "dram");
  tree.zone("intel-rapl:1", "psys");
  tree.processor("GenuineIntel", 6, 0xCF);  // Emerald Rapids: psys counts joules
  EXPECT_NEAR(channel_of(tree, "powercap/psys").si_per_count, 1.0 / 61.035, 1e-9);
  tree.processor("GenuineIntel", 6, 0x56);  // Broadwell-D: in perf's list only
  EXPECT_NEAR(channel_of(tree, "powercap/package-0/dram").si_per_count / 1e-6,
              15.2587890625 / 61.035, 1e-9);
  EXPECT_NEAR(channel_of(tree, "powercap/psys").si_per_count / 1e-6, 61035.15625 / 61035, 1e-12);
}

TEST(Powercap, TheRegisterOfUnitsHasTheLastWord) {
  const FakeTree tree;
  tree.processor("GenuineIntel", 6, 0x9E);
  tree.zone("intel-rapl:0", "package-0");
  tree.msr(0, msr_address::intel_unit, 0xA0E03);  // 2^-14 J, as the kernel says
  EXPECT_NEAR(channel_of(tree, "powercap/package-0").si_per_count / 1e-6, 61035.15625 / 61035,
              1e-12);
  tree.msr(0, msr_address::intel_unit, 0xA1003);  // 2^-16 J
  const Channel package = channel_of(tree, "powercap/package-0");
  EXPECT_NEAR(package.si_per_count / 1e-6, 15.2587890625 / 61.035, 1e-9);
  EXPECT_NE(package.gain_source.find("register of units"), std::string::npos);
}

TEST(Powercap, EnergyFilteringIsSaid) {
  const FakeTree tree;
  tree.zone("intel-rapl:0", "package-0");
  tree.zone("intel-rapl:1", "psys");
  tree.processor("GenuineIntel", 6, 0x6A, "fpu sgx vmx");
  EXPECT_TRUE(channel_of(tree, "powercap/package-0").filtered);
  EXPECT_FALSE(channel_of(tree, "powercap/psys").filtered);
  EXPECT_NE(channel_of(tree, "powercap/package-0").gain_source.find("SGX"), std::string::npos);
  tree.processor("GenuineIntel", 6, 0x6A, "fpu sgx_lc");
  EXPECT_FALSE(channel_of(tree, "powercap/package-0").filtered);
}

TEST(Powercap, DisabledLimitsChangeNothingAndAZoneWithoutACounterIsNoZone) {
  const FakeTree tree;
  tree.zone("intel-rapl:0", "package-0-die-1");
  tree.zone("intel-rapl:0:0", "uncore");
  tree.write("sys/class/powercap/intel-rapl:0/enabled", "0\n");
  tree.write("sys/class/powercap/intel-rapl:0:1/name",
             "dram\n");  // the kernel found it resting at 0
  const auto probe = probe_powercap(tree.context());
  ASSERT_EQ(probe.sensors.size(), 1U);
  EXPECT_FALSE(probe.absent);
  const auto channels = probe.sensors[0]->channels();
  ASSERT_EQ(channels.size(), 2U);
  EXPECT_EQ(channels[0].id, "powercap/package-0-die-1");
  EXPECT_EQ(channels[1].domain, Domain::uncore);
  EXPECT_EQ(channels[1].part_of, "powercap/package-0-die-1");
}

TEST(Powercap, NothingThereSaysWhatWouldHelp) {
  const FakeTree tree;
  const auto probe = probe_powercap(tree.context());
  EXPECT_TRUE(probe.sensors.empty());
  ASSERT_TRUE(probe.absent);
  EXPECT_EQ(probe.absent->kind, ErrorKind::not_found);
  EXPECT_NE(probe.absent->remedy.find("intel_rapl_msr"), std::string::npos);
}

TEST(Powercap, ARootWithGlobCharactersIsTakenLiterally) {
  const FakeTree tree;
  tree.write("[odd]*/class/powercap/intel-rapl:0/name", "package-0\n");
  tree.write("[odd]*/class/powercap/intel-rapl:0/energy_uj", "7\n");
  tree.write("[odd]*/class/powercap/intel-rapl:0/max_energy_range_uj", "262143328850\n");
  auto context = tree.context();
  context.sysfs_root = tree.root() / "[odd]*";
  EXPECT_EQ(probe_powercap(context).sensors.size(), 1U);
}

}  // namespace
}  // namespace btrack::power

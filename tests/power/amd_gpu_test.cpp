// SPDX-License-Identifier: Apache-2.0
// The amd_smi driver over fake AMD SMI and ROCm SMI libraries.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "btrack/power/drivers.hpp"
#include "btrack/power/relations.hpp"
#include "tests/power/fake_gpus.hpp"
#include "tests/support/allocations.hpp"

namespace btrack::power {
namespace {

using test::compare;
using test::FakeGpus;
using test::read;

DriverProbe probe(FakeGpus& gpus) {
  return probe_amd_smi(gpus.load("amd_smi", "fake_amd_smi").context());
}

std::set<std::string> total_of(const ProbeContext& context) {
  std::vector<Channel> channels;
  const auto result = probe_sensors(context);
  for (const auto& sensor : result.sensors) {
    channels.insert(channels.end(), sensor->channels().begin(), sensor->channels().end());
  }
  std::set<std::string> ids;
  for (const auto i : total_channels(channels)) ids.insert(channels[i].id);
  return ids;
}

TEST(AmdSmi, EachGpuIsAChannelWithTheRegistersOwnUnit) {
  FakeGpus gpus("devices=2");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U) << found.absent->message;
  EXPECT_FALSE(found.absent);
  const auto channels = found.sensors[0]->channels();
  ASSERT_EQ(channels.size(), 2U);
  EXPECT_EQ(channels[1].id, "amd_smi/0000:c2:00.0");
  EXPECT_EQ(channels[1].device, "0000:c2:00.0");
  EXPECT_EQ(channels[1].label, "AMD Instinct MI300X 0000:c2:00.0");
  EXPECT_EQ(channels[1].domain, Domain::gpu);
  EXPECT_EQ(channels[1].si_per_count, 1.0 / 65536);  // and not the library's 15.3 uJ
  EXPECT_EQ(channels[1].power_limit, Watts(1125.0));
  const auto energy = compare(*found.sensors[0], 1, {1});
  EXPECT_NEAR(energy.counted_j, energy.true_j, 0.001 * energy.true_j + 0.05);
}

TEST(AmdSmi, AnotherResolutionIsTakenAsTold) {
  FakeGpus gpus("resolution=30.0");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  EXPECT_NEAR(found.sensors[0]->channels()[0].si_per_count, 30e-6, 1e-12);
}

TEST(AmdSmi, Mi250IsOneChannelForBothDies) {
  FakeGpus gpus("devices=4 mi250=1");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U) << found.absent->message;
  EXPECT_FALSE(found.absent);
  const auto channels = found.sensors[0]->channels();
  ASSERT_EQ(channels.size(), 2U);  // the second dies' standing zeros are no channel
  EXPECT_EQ(channels[0].label, "AMD Instinct MI250X 0000:c1:00.0 with its second die 0000:c2:00.0");
  EXPECT_EQ(channels[1].device, "0000:c3:00.0");
  const auto energy = compare(*found.sensors[0], 1, {2, 3});
  EXPECT_NEAR(energy.counted_j, energy.true_j, 0.001 * energy.true_j + 0.05);
}

TEST(AmdSmi, Mi250CountsWhereOnlyItsSecondDieIsVisible) {
  FakeGpus gpus("devices=4 mi250=1");
  gpus.variable("ROCR_VISIBLE_DEVICES", "3");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  EXPECT_TRUE(found.sensors[0]->channels()[0].beside);
  EXPECT_FALSE(found.sensors[0]->channels()[1].beside);
}

TEST(AmdSmi, HiddenGpusStandBeside) {
  FakeGpus gpus("devices=3");
  gpus.variable("ROCR_VISIBLE_DEVICES", "2,0").variable("HIP_VISIBLE_DEVICES", "0");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  const auto channels = found.sensors[0]->channels();
  EXPECT_TRUE(channels[0].beside);
  EXPECT_TRUE(channels[1].beside);
  EXPECT_NE(channels[1].label.find("not visible"), std::string::npos);
  EXPECT_FALSE(channels[2].beside);
}

TEST(AmdSmi, Mi300aContainsTheProcessorPackages) {
  FakeGpus gpus("devices=2 mi300a=1");
  gpus.load("amd_smi", "fake_amd_smi");
  for (const char* package : {"0", "1"}) {
    gpus.tree.zone(std::string("intel-rapl:") + package, std::string("package-") + package);
  }
  EXPECT_EQ(total_of(gpus.context()),
            (std::set<std::string>{"amd_smi/0000:c1:00.0", "amd_smi/0000:c2:00.0"}));
  const auto result = probe_sensors(gpus.context());
  EXPECT_TRUE(result.sensors[0]->channels()[1].part_of);
}

TEST(AmdSmi, AFrozenCounterGivesWayToPowerAndSaysSo) {
  FakeGpus gpus("frozen=1");
  const auto found = probe(gpus);
  ASSERT_TRUE(found.absent);
  EXPECT_EQ(found.absent->kind, ErrorKind::incomplete);
  EXPECT_NE(found.absent->message.find("stands still"), std::string::npos);
  EXPECT_NE(found.absent->remedy.find("reboot"), std::string::npos);
  ASSERT_EQ(found.sensors.size(), 1U);
  const auto& channel = found.sensors[0]->channels()[0];
  EXPECT_EQ(channel.id, "amd_smi/0000:c1:00.0/power");
  EXPECT_EQ(channel.kind, ChannelKind::power_gauge);
  const double watts = static_cast<double>(read(*found.sensors[0])[0].count) * channel.si_per_count;
  EXPECT_GE(watts, 39.0);
  EXPECT_LE(watts, 160.0);
}

TEST(AmdSmi, PowerIsFoundInTheLayoutOfEachVersion) {
  for (const char* version : {"24", "25", "26"}) {
    FakeGpus gpus(std::string("no_energy=1 version=") + version);
    const auto found = probe(gpus);
    ASSERT_EQ(found.sensors.size(), 1U) << version;
    const auto reading = read(*found.sensors[0])[0];
    EXPECT_GE(reading.count, 39'000U) << version;
    EXPECT_LE(reading.count, 160'000U) << version;
  }
}

TEST(AmdSmi, AnImpossibleValueIsRefusedAndARestartFollowed) {
  FakeGpus gpus("");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  Sensor& sensor = *found.sensors[0];
  EXPECT_EQ(read(sensor)[0].flags, reading_flags::ok);
  FakeGpus::set("spike=7");
  EXPECT_EQ(read(sensor)[0].flags, reading_flags::refused);
  FakeGpus::set("");
  EXPECT_EQ(read(sensor)[0].flags, reading_flags::ok);
  FakeGpus::set("reset_s=" + std::to_string(btrack::test::fake_now_s()));
  EXPECT_EQ(read(sensor)[0].flags, reading_flags::refused);
  EXPECT_EQ(read(sensor)[0].flags, reading_flags::ok);
}

TEST(AmdSmi, AVanishedGpuFailsAloneAndComesBack) {
  FakeGpus gpus("devices=2");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  FakeGpus::set("devices=2 lost=1");
  auto readings = read(*found.sensors[0]);
  EXPECT_EQ(readings[0].flags, reading_flags::ok);
  EXPECT_EQ(readings[1].flags, reading_flags::failed);
  EXPECT_EQ(readings[1].count, 0U);
  FakeGpus::set("devices=2");
  EXPECT_EQ(read(*found.sensors[0])[1].flags, reading_flags::ok);
}

TEST(AmdSmi, ReadingAllocatesNothing) {
  FakeGpus gpus("devices=2");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  std::vector<Reading> readings(2);
  const auto before = btrack::test::allocations();
  ASSERT_TRUE(found.sensors[0]->read(readings));
  EXPECT_EQ(btrack::test::allocations(), before);
}

TEST(AmdSmi, RefusedStartNamesTheGroups) {
  FakeGpus gpus("denied=1");
  const auto found = probe(gpus);
  ASSERT_TRUE(found.absent);
  EXPECT_TRUE(found.sensors.empty());
  EXPECT_EQ(found.absent->kind, ErrorKind::denied);
  EXPECT_NE(found.absent->remedy.find("render,video"), std::string::npos);
}

TEST(AmdSmi, AbsentLibrariesAreNamed) {
  const FakeGpus gpus("");
  const auto found = probe_amd_smi(gpus.context());
  ASSERT_TRUE(found.absent);
  EXPECT_EQ(found.absent->kind, ErrorKind::not_found);
  EXPECT_FALSE(found.absent->remedy.empty());
}

TEST(AmdSmi, AMissingCallIsNamedOrRocmSmiStandsIn) {
  FakeGpus gpus("");
  gpus.load("amd_smi", "fake_amd_smi_old");
  const auto alone = probe_amd_smi(gpus.context());
  ASSERT_TRUE(alone.absent);
  EXPECT_EQ(alone.absent->kind, ErrorKind::unsupported);
  EXPECT_NE(alone.absent->message.find("lacks amdsmi_get_energy_count"), std::string::npos);

  const auto both = probe_amd_smi(gpus.load("rocm_smi", "fake_rocm_smi").context());
  ASSERT_EQ(both.sensors.size(), 1U);
  EXPECT_EQ(both.sensors[0]->channels()[0].id, "rocm_smi/0000:c1:00.0");
}

TEST(RocmSmi, EnergyAndTheAveragePowerOfOldVersions) {
  FakeGpus gpus("devices=2");
  gpus.load("rocm_smi", "fake_rocm_smi");
  auto found = probe_amd_smi(gpus.context());
  ASSERT_EQ(found.sensors.size(), 1U) << found.absent->message;
  EXPECT_EQ(found.sensors[0]->channels()[1].si_per_count, 1.0 / 65536);
  const auto energy = compare(*found.sensors[0], 1, {1});
  EXPECT_NEAR(energy.counted_j, energy.true_j, 0.001 * energy.true_j + 0.05);

  FakeGpus::set("no_energy=1");  // and no rsmi_dev_power_get
  found = probe_amd_smi(gpus.context());
  ASSERT_EQ(found.sensors.size(), 1U);
  EXPECT_EQ(found.sensors[0]->channels()[0].kind, ChannelKind::power_gauge);
  EXPECT_GE(read(*found.sensors[0])[0].count, 39'000U);
}

}  // namespace
}  // namespace btrack::power

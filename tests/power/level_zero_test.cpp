// SPDX-License-Identifier: Apache-2.0
// The level_zero driver over a fake loader with nested power domains.
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
  return probe_level_zero(gpus.load("level_zero", "fake_level_zero").context());
}

std::set<std::string> total_of(const DriverProbe& found) {
  std::set<std::string> ids;
  const auto channels = found.sensors.at(0)->channels();
  for (const auto i : total_channels(channels)) ids.insert(channels[i].id);
  return ids;
}

TEST(LevelZero, DomainsNestAndOnlyTheCardIsSummed) {
  FakeGpus gpus("devices=2");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U) << found.absent->message;
  const auto channels = found.sensors[0]->channels();
  ASSERT_EQ(channels.size(), 10U);
  const std::string card = "level_zero/0000:4d:00.0/card";
  const std::string package = "level_zero/0000:4d:00.0/package";
  EXPECT_EQ(channels[0].id, card);
  EXPECT_EQ(channels[0].domain, Domain::gpu_card);
  EXPECT_EQ(channels[0].label, "Data Center GPU Max 1550 0000:4d:00.0 card");
  EXPECT_EQ(channels[0].power_limit, Watts(900.0));
  EXPECT_EQ(channels[1].id, package);
  EXPECT_EQ(channels[1].domain, Domain::gpu);
  EXPECT_EQ(channels[1].part_of, card);
  EXPECT_EQ(channels[3].id, "level_zero/0000:4d:00.0/stack-1");
  EXPECT_EQ(channels[3].domain, Domain::gpu_tile);
  EXPECT_EQ(channels[3].part_of, package);
  EXPECT_EQ(channels[4].domain, Domain::gpu_memory);
  EXPECT_EQ(channels[4].part_of, package);
  EXPECT_EQ(total_of(found), (std::set<std::string>{card, "level_zero/0000:4e:00.0/card"}));
}

TEST(LevelZero, EnergyIsTheTruth) {
  FakeGpus gpus("devices=2");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  const auto energy = compare(*found.sensors[0], 6, {6});  // the second device's package
  EXPECT_NEAR(energy.counted_j, energy.true_j, 0.001 * energy.true_j + 0.05);
}

TEST(LevelZero, AffinityMaskSetsOthersBeside) {
  FakeGpus gpus("devices=2");
  gpus.variable("ZE_AFFINITY_MASK", "3");  // the second tile of the second card
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  EXPECT_TRUE(found.sensors[0]->channels()[0].beside);
  EXPECT_FALSE(found.sensors[0]->channels()[5].beside);
}

TEST(LevelZero, IntegratedGpuStandsBesideItsPackage) {
  FakeGpus gpus("integrated=1");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  EXPECT_TRUE(found.sensors[0]->channels()[0].beside);
}

TEST(LevelZero, WithoutTheExtensionTilesAreInsideTheDevice) {
  FakeGpus gpus("no_ext=1");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  EXPECT_EQ(total_of(found), std::set<std::string>{"level_zero/0000:4d:00.0/device"});
}

TEST(LevelZero, WithoutEnergyPowerIsRead) {
  FakeGpus gpus("no_energy=1 no_limit=1");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  const auto& channel = found.sensors[0]->channels()[0];
  EXPECT_EQ(channel.kind, ChannelKind::power_gauge);
  EXPECT_EQ(channel.id, "level_zero/0000:4d:00.0/card/power");
  const auto reading = read(*found.sensors[0])[0];
  EXPECT_EQ(reading.flags, reading_flags::ok);
  EXPECT_GE(reading.count, 40'000U);
  EXPECT_LE(reading.count, 160'000U);
}

TEST(LevelZero, LostDeviceImpossibleValueAndRestart) {
  FakeGpus gpus("devices=2");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  Sensor& sensor = *found.sensors[0];
  read(sensor);
  FakeGpus::set("devices=2 lost=0");
  auto readings = read(sensor);
  EXPECT_EQ(readings[0].flags, reading_flags::failed);
  EXPECT_EQ(readings[5].flags, reading_flags::ok);
  FakeGpus::set("devices=2 spike=9");
  EXPECT_EQ(read(sensor)[5].flags, reading_flags::refused);
  FakeGpus::set("devices=2");
  EXPECT_EQ(read(sensor)[5].flags, reading_flags::ok);
}

TEST(LevelZero, ReadingAllocatesNothing) {
  FakeGpus gpus("devices=2");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  std::vector<Reading> readings(10);
  const auto before = btrack::test::allocations();
  ASSERT_TRUE(found.sensors[0]->read(readings));
  EXPECT_EQ(btrack::test::allocations(), before);
}

TEST(LevelZero, RefusalsGiveReasonAndRemedy) {
  FakeGpus gpus("denied=1");
  const auto denied = probe(gpus);
  ASSERT_TRUE(denied.absent);
  EXPECT_EQ(denied.absent->kind, ErrorKind::denied);
  EXPECT_NE(denied.absent->remedy.find("render,video"), std::string::npos);

  FakeGpus::set("devices=0");
  EXPECT_EQ(probe(gpus).absent->kind, ErrorKind::not_found);

  const FakeGpus none("");
  const auto absent = probe_level_zero(none.context());
  ASSERT_TRUE(absent.absent);
  EXPECT_EQ(absent.absent->kind, ErrorKind::not_found);
  EXPECT_FALSE(absent.absent->remedy.empty());
}

TEST(LevelZero, AnOldLoaderNeedsItsVariableAndHidesDevicesItself) {
  FakeGpus gpus("devices=2");
  gpus.load("level_zero", "fake_level_zero_old");
  const auto refused = probe_level_zero(gpus.context());
  ASSERT_TRUE(refused.absent);
  EXPECT_EQ(refused.absent->kind, ErrorKind::unsupported);
  EXPECT_NE(refused.absent->remedy.find("ZES_ENABLE_SYSMAN=1"), std::string::npos);

  gpus.variable("ZES_ENABLE_SYSMAN", "1").variable("ZE_AFFINITY_MASK", "0");
  const auto found = probe_level_zero(gpus.context());
  ASSERT_EQ(found.sensors.size(), 1U);
  EXPECT_FALSE(found.sensors[0]->channels()[5].beside);  // what it lists is what is visible
}

}  // namespace
}  // namespace btrack::power

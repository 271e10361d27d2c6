// SPDX-License-Identifier: Apache-2.0
// Relations that only all drivers together show: duplicates by device, wholes around parts.
#include "btrack/power/relations.hpp"

#include <gtest/gtest.h>

#include <set>

namespace btrack::power {
namespace {

Channel made(std::string id, Domain domain, std::string device = {}) {
  Channel c;
  c.id = std::move(id);
  c.domain = domain;
  c.device = std::move(device);
  return c;
}

Channel gauge(Channel c) {
  c.kind = ChannelKind::power_gauge;
  return c;
}

Channel beside(Channel c) {
  c.beside = true;
  return c;
}

std::set<std::string> total(std::vector<Channel>& channels) {
  relate(channels);
  std::set<std::string> ids;
  for (const auto i : total_channels(channels)) ids.insert(channels[i].id);
  return ids;
}

using Ids = std::set<std::string>;

TEST(Relations, OneBoardThroughTwoDriversCountsOnceByItsCounter) {
  std::vector<Channel> channels{gauge(made("hwmon/amdgpu-1", Domain::gpu, "0000:c1:00.0")),
                                made("amd_smi/gpu-0", Domain::gpu, "0000:c1:00.0"),
                                made("amd_smi/gpu-1", Domain::gpu, "0000:c5:00.0")};
  EXPECT_EQ(total(channels), (Ids{"amd_smi/gpu-0", "amd_smi/gpu-1"}));
  EXPECT_EQ(channels[0].duplicate_of, "amd_smi/gpu-0");
}

TEST(Relations, SlowNodeMetersStandBeside) {
  std::vector<Channel> channels{made("powercap/package-0", Domain::package),
                                made("nvml/gpu-0", Domain::gpu, "0000:3b:00.0"),
                                gauge(beside(made("ipmi/node", Domain::node))),
                                gauge(beside(made("redfish/node", Domain::node)))};
  EXPECT_EQ(total(channels), (Ids{"powercap/package-0", "nvml/gpu-0"}));
  EXPECT_EQ(standings(channels)[2].standing, Standing::beside);
}

TEST(Relations, SlowNodeMeterIsTheTotalWhereThereIsNothingElse) {
  std::vector<Channel> channels{gauge(beside(made("ipmi/node", Domain::node))),
                                gauge(beside(made("redfish/chassis", Domain::node)))};
  EXPECT_EQ(total(channels), Ids{"ipmi/node"});
}

TEST(Relations, CrayNodeContainsItsAccelerators) {
  std::vector<Channel> channels{
      made("powercap/package-0", Domain::package), made("nvml/gpu-0", Domain::gpu, "0000:3b:00.0"),
      made("cray/node", Domain::node), made("cray/accel-0", Domain::gpu_card)};
  EXPECT_EQ(total(channels), Ids{"cray/node"});
  EXPECT_TRUE(unmeasured_parts(channels).empty());
}

TEST(Relations, ModuleContainsItsProcessorAndGpu) {
  std::vector<Channel> channels{gauge(made("hwmon/module-0", Domain::module)),
                                gauge(made("hwmon/grace-0", Domain::cpu)),
                                made("nvml/gpu-0", Domain::gpu, "0009:01:00.0")};
  EXPECT_EQ(total(channels), Ids{"hwmon/module-0"});
}

TEST(Relations, ADiscreteGpuIsNotInsideTheModuleOfAnother) {
  std::vector<Channel> channels{made("amd_smi/0000:c1:00.0", Domain::module, "0000:c1:00.0"),
                                made("amd_smi/0000:41:00.0", Domain::gpu, "0000:41:00.0"),
                                made("powercap/package-0", Domain::package)};
  EXPECT_EQ(total(channels), (Ids{"amd_smi/0000:c1:00.0", "amd_smi/0000:41:00.0"}));
}

TEST(Relations, CardContainsGpuContainsTiles) {
  std::vector<Channel> channels{made("level_zero/0/card", Domain::gpu_card, "0000:3a:00.0"),
                                made("level_zero/0/gpu", Domain::gpu, "0000:3a:00.0"),
                                made("level_zero/0/tile-0", Domain::gpu_tile, "0000:3a:00.0"),
                                made("level_zero/1/gpu", Domain::gpu, "0000:9a:00.0")};
  EXPECT_EQ(total(channels), (Ids{"level_zero/0/card", "level_zero/1/gpu"}));
  EXPECT_EQ(channels[2].part_of, "level_zero/0/gpu");
}

TEST(Relations, PackageTenIsNotInsidePackageOne) {
  std::vector<Channel> channels{made("msr/package-1", Domain::package),
                                made("perf/package-10/core", Domain::core)};
  EXPECT_EQ(total(channels), (Ids{"msr/package-1", "perf/package-10/core"}));
}

TEST(Relations, WhatNothingMeasuresIsNamed) {
  std::vector<Channel> channels{made("powercap/package-0", Domain::package)};
  relate(channels);
  EXPECT_EQ(unmeasured_parts(channels),
            (std::vector{UnmeasuredPart::memory, UnmeasuredPart::accelerators,
                         UnmeasuredPart::rest_of_node}));
  for (const auto part : unmeasured_parts({})) {
    EXPECT_EQ(unmeasured_part_from(unmeasured_part_id(part)), part);
    EXPECT_FALSE(unmeasured_part_name(part).empty());
  }
  EXPECT_EQ(unmeasured_parts({}).size(), 4U);
  EXPECT_FALSE(unmeasured_part_from("soul"));
}

}  // namespace
}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// GPUs that tell their utilisation and no power: the estimate, its place in the total, its
// refusals.
#include <gtest/gtest.h>

#include <set>

#include "btrack/power/drivers.hpp"
#include "btrack/power/relations.hpp"
#include "tests/power/fake_gpus.hpp"

namespace btrack::power {
namespace {

using test::channel;
using test::channels_of;
using test::FakeGpus;
using test::gpu;
using test::read;
using test::reading;

constexpr const char* kFirst = "nvml/0000:3b:00.0";

DriverProbe probe(FakeGpus& gpus) { return probe_nvml(gpus.load("nvml", "fake_nvml").context()); }

TEST(GpuEstimate, WithoutASensorUtilisationIsAMarkedEstimate) {
  FakeGpus gpus("vgpu=1 limit=400 utilisation=50");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  ASSERT_TRUE(found.absent);
  EXPECT_EQ(found.absent->kind, ErrorKind::incomplete);
  EXPECT_NE(found.absent->message.find("estimated from its utilisation"), std::string::npos);
  const auto id = gpu(kFirst, "utilisation");
  const Channel c = channel(found, id);
  EXPECT_EQ(c.evidence, Evidence::estimated);
  EXPECT_EQ(c.domain, Domain::gpu);
  EXPECT_EQ(c.gain.low, 0.2);
  EXPECT_EQ(c.gain.high, 2.0);
  EXPECT_NE(c.gain_source.find("Davy 2021"), std::string::npos);
  for (const auto& [percent, watts] :
       {std::pair{0, 46.45}, {10, 127.3}, {50, 300.9}, {100, 407.4}}) {
    FakeGpus::set("vgpu=1 limit=400 utilisation=" + std::to_string(percent));
    const Reading got = reading(found, id);
    EXPECT_EQ(got.flags, reading_flags::ok);
    EXPECT_NEAR(static_cast<double>(got.count) * c.si_per_count, watts, 0.05) << percent;
  }
}

TEST(GpuEstimate, AnEstimatedGpuJoinsTheEstimatedMachineAndNeverACounter) {
  FakeGpus gpus("vgpu=1 limit=400 utilisation=50");
  gpus.load("nvml", "fake_nvml");
  const auto ids = [&gpus] {
    const auto probed = probe_sensors(gpus.context());
    std::vector<Channel> all;
    for (const auto& sensor : probed.sensors) {
      all.insert(all.end(), sensor->channels().begin(), sensor->channels().end());
    }
    std::set<std::string> total;
    for (const auto i : total_channels(all)) total.insert(all[i].id);
    return total;
  };
  EXPECT_EQ(ids(), (std::set<std::string>{"estimate/machine", gpu(kFirst, "utilisation")}));
  gpus.tree.zone("intel-rapl:0", "package-0");
  EXPECT_EQ(ids(), std::set<std::string>{"powercap/package-0"});
}

TEST(GpuEstimate, WithoutALimitThereIsNothingToEstimateFrom) {
  FakeGpus gpus("vgpu=1 limit=0 utilisation=50");
  EXPECT_TRUE(probe(gpus).sensors.empty());
}

TEST(GpuEstimate, AGpuThatTheProgramDoesNotSeeIsNotEstimated) {
  FakeGpus gpus("devices=2 vgpu=1 limit=400 utilisation=50");
  gpus.variable("CUDA_VISIBLE_DEVICES", "0").variable("CUDA_DEVICE_ORDER", "PCI_BUS_ID");
  const auto found = probe(gpus);
  ASSERT_EQ(found.sensors.size(), 1U);
  EXPECT_EQ(found.sensors[0]->channels()[0].id, gpu(kFirst, "utilisation"));
}

TEST(GpuEstimate, AMigGpuIsNotEstimatedBecauseItsInstancesShareOneUtilisation) {
  FakeGpus gpus("vgpu=1 mig=1 limit=400 utilisation=50");
  EXPECT_TRUE(probe(gpus).sensors.empty());
}

TEST(GpuEstimate, AMeasuredGpuHasNoEstimateBesideIt) {
  FakeGpus gpus("utilisation=50");
  const auto found = probe(gpus);
  for (const Channel& c : channels_of(found)) EXPECT_EQ(c.evidence, Evidence::measured) << c.id;
}

}  // namespace
}  // namespace btrack::power

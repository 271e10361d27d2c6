// SPDX-License-Identifier: Apache-2.0
// What is known beforehand of NVIDIA's sensors.
#include "btrack/power/nvml_models.hpp"

#include <gtest/gtest.h>

namespace btrack::power {
namespace {

NvmlGpu gpu(unsigned architecture, int major, int minor) {
  NvmlGpu gpu;
  gpu.architecture = architecture;
  gpu.compute_major = major;
  gpu.compute_minor = minor;
  return gpu;
}

const NvmlGpu kV100 = gpu(5, 7, 0);
const NvmlGpu kT4 = gpu(6, 7, 5);
const NvmlGpu kA100 = gpu(7, 8, 0);
const NvmlGpu kRtx3090 = gpu(7, 8, 6);
const NvmlGpu kH100 = gpu(9, 9, 0);

TEST(NvmlModels, PowerUsageIsAMeanOfOneSecondOnAmpereAndNewerButGa100) {
  for (const int branch : {470, 525, 535, 580, 0}) {
    EXPECT_EQ(nvml_power_usage(kV100, branch), PowerUsage::instant) << branch;
    EXPECT_EQ(nvml_power_usage(kT4, branch), PowerUsage::instant) << branch;
    EXPECT_EQ(nvml_power_usage(kA100, branch), PowerUsage::instant) << branch;
    EXPECT_EQ(nvml_power_usage(kRtx3090, branch), PowerUsage::average) << branch;
    EXPECT_EQ(nvml_power_usage(kH100, branch), PowerUsage::average) << branch;
  }
}

TEST(NvmlModels, DriversOfBranch530GaveTheInstantValue) {
  EXPECT_EQ(nvml_power_usage(kRtx3090, 529), PowerUsage::average);
  EXPECT_EQ(nvml_power_usage(kRtx3090, 530), PowerUsage::instant);
  EXPECT_EQ(nvml_power_usage(kRtx3090, 531), PowerUsage::average);
}

TEST(NvmlModels, SensorsLookAtAPartOfTheirPeriod) {
  EXPECT_EQ(nvml_sensor_model(kA100).window, Seconds(0.025));
  EXPECT_EQ(nvml_sensor_model(kRtx3090).window, Seconds(0.1));
  EXPECT_EQ(nvml_sensor_model(kH100).window, Seconds(0.0224));
  EXPECT_EQ(nvml_sensor_model(kV100).period, Seconds(0.02));
  EXPECT_TRUE(nvml_sensor_model(gpu(8, 8, 9)).counter_lossy);
  EXPECT_FALSE(nvml_sensor_model(kH100).counter_lossy);
  // Newer than this table, and before it.
  EXPECT_EQ(nvml_sensor_model(gpu(10, 10, 0)).window, Seconds(0.0224));
  EXPECT_EQ(nvml_sensor_model(gpu(2, 3, 5)).family, "before Pascal");
}

}  // namespace
}  // namespace btrack::power

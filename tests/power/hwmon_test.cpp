// SPDX-License-Identifier: Apache-2.0
// The drivers over /sys/class/hwmon on fake machines: GPUs, power supplies, Jetson, Grace, servers.
#include "btrack/power/hwmon.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "btrack/power/drivers.hpp"
#include "btrack/power/relations.hpp"
#include "tests/power/fake_tree.hpp"

namespace btrack::power {
namespace {

using test::FakeTree;
using Ids = std::set<std::string>;

/// The one sensor of a probe, and its channels by id.
struct Opened {
  explicit Opened(DriverProbe given) : probe(std::move(given)) {
    if (probe.sensors.size() != 1) throw std::runtime_error("no sensor");
    const auto span = probe.sensors[0]->channels();
    all.assign(span.begin(), span.end());
    for (const Channel& c : all) by_id[c.id] = c;
    readings.resize(all.size());
    EXPECT_TRUE(probe.sensors[0]->read(readings));
  }
  const Channel& operator[](const std::string& id) const { return by_id.at(id); }
  [[nodiscard]] Ids ids() const {
    Ids result;
    for (const Channel& c : all) result.insert(c.id);
    return result;
  }
  [[nodiscard]] Ids total() const {
    Ids result;
    for (const auto i : total_channels(all)) result.insert(all[i].id);
    return result;
  }
  DriverProbe probe;
  std::vector<Channel> all;
  std::map<std::string, Channel> by_id;
  std::vector<Reading> readings;
};

TEST(Hwmon, AmdGpuAverageStandsForTheSpotValueAndKnowsItsDevice) {
  const FakeTree tree;
  tree.hwmon(3, "amdgpu", "0000:03:00.0",
             {{"power1_average", "120000000\n"},
              {"power1_input", "130000000\n"},
              {"power1_label", "PPT\n"}});
  const Opened gpu(probe_hwmon(tree.context()));
  EXPECT_FALSE(gpu.probe.absent);
  EXPECT_EQ(gpu.ids(), (Ids{"hwmon/amdgpu-0000:03:00.0/power1_average",
                            "hwmon/amdgpu-0000:03:00.0/power1_input"}));
  const auto& average = gpu["hwmon/amdgpu-0000:03:00.0/power1_average"];
  EXPECT_EQ(average.device, "0000:03:00.0");
  EXPECT_EQ(average.domain, Domain::gpu);
  EXPECT_EQ(average.kind, ChannelKind::power_gauge);
  EXPECT_DOUBLE_EQ(average.gain.high, 1 + 0.95 * 0.05);
  EXPECT_FALSE(average.beside);
  EXPECT_EQ(gpu["hwmon/amdgpu-0000:03:00.0/power1_input"].duplicate_of, average.id);
  EXPECT_EQ(gpu.readings[0].count, 120000000U);
  EXPECT_EQ(gpu.total(), Ids{average.id});
}

TEST(Hwmon, AmdGpuErrorCodeAsHugeUnsignedIsRefused) {
  const FakeTree tree;
  tree.hwmon(0, "amdgpu", "0000:03:00.0", {{"power1_average", "18446744073709551521\n"}});
  const Opened gpu(probe_hwmon(tree.context()));
  EXPECT_EQ(gpu.readings[0].flags, reading_flags::refused);
}

TEST(Hwmon, GraphicsInAProcessorAreThePackageAndBesideIt) {
  const FakeTree tree;
  tree.hwmon(0, "amdgpu", "0000:c4:00.0",
             {{"power1_input", "9000000\n"}, {"in1_label", "vddnb\n"}});
  const auto channel = Opened(probe_hwmon(tree.context())).all.front();
  EXPECT_EQ(channel.domain, Domain::package);
  EXPECT_TRUE(channel.beside);
}

TEST(Hwmon, XeCardContainsPackage) {
  const FakeTree tree;
  tree.hwmon(1, "xe", "0000:00:02.0",
             {{"energy1_input", "900\n"},
              {"energy1_label", "card\n"},
              {"energy2_input", "800\n"},
              {"energy2_label", "pkg\n"}});
  const Opened xe(probe_hwmon(tree.context()));
  EXPECT_EQ(xe["hwmon/xe-0000:00:02.0/energy2"].part_of, "hwmon/xe-0000:00:02.0/energy1");
  EXPECT_EQ(xe["hwmon/xe-0000:00:02.0/energy1"].domain, Domain::gpu_card);
  EXPECT_EQ(xe.total(), Ids{"hwmon/xe-0000:00:02.0/energy1"});
}

TEST(Hwmon, I915DeviceContainsItsTilesOnly) {
  const FakeTree tree;
  tree.hwmon(1, "i915", "0000:4d:00.0", {{"energy1_input", "900\n"}});
  tree.hwmon(2, "i915_gt0", "0000:4d:00.0", {{"energy1_input", "400\n"}});
  tree.hwmon(3, "i915_gt1", "0000:4d:00.0", {{"energy1_input", "400\n"}});
  tree.hwmon(4, "i915_gt0", "0000:9a:00.0", {{"energy1_input", "400\n"}});
  const Opened gpus(probe_hwmon(tree.context()));
  EXPECT_EQ(gpus["hwmon/i915_gt1-0000:4d:00.0/energy1"].part_of, "hwmon/i915-0000:4d:00.0/energy1");
  EXPECT_EQ(gpus.total(),
            (Ids{"hwmon/i915-0000:4d:00.0/energy1", "hwmon/i915_gt0-0000:9a:00.0/energy1"}));
}

TEST(Hwmon, TwoEqualCardsAreTwoAndTwoChipsOfOneDeviceAreToldApart) {
  const FakeTree tree;
  tree.hwmon(0, "amdgpu", "0000:03:00.0", {{"power1_average", "1\n"}});
  tree.hwmon(1, "amdgpu", "0000:43:00.0", {{"power1_average", "1\n"}});
  tree.hwmon(2, "max", "1-0010", {{"power1_input", "1\n"}});
  tree.hwmon(3, "max", "1-0010", {{"power1_input", "1\n"}});
  EXPECT_EQ(
      Opened(probe_hwmon(tree.context())).ids(),
      (Ids{"hwmon/amdgpu-0000:03:00.0/power1_average", "hwmon/amdgpu-0000:43:00.0/power1_average",
           "hwmon/max-1-0010/power1_input", "hwmon/max-1-0010/power1_input@hwmon3"}));
}

TEST(Hwmon, PowerSuppliesAndUnknownChipsStandBeside) {
  const FakeTree tree;
  tree.hwmon(0, "corsairpsu", "0003:1B1C:1C08.0001",
             {{"power1_input", "200000000\n"},
              {"power1_label", "power total\n"},
              {"power2_input", "150000000\n"},
              {"power2_label", "power +12v\n"}});
  tree.hwmon(1, "fancontroller", "1-002e",
             {{"power1_input", "2000000\n"}, {"update_interval", "250\n"}});
  const Opened all(probe_hwmon(tree.context()));
  const auto& supply = all["hwmon/corsairpsu-0003:1B1C:1C08.0001/power1_input"];
  EXPECT_EQ(supply.domain, Domain::node);
  EXPECT_TRUE(supply.beside);
  EXPECT_EQ(all["hwmon/corsairpsu-0003:1B1C:1C08.0001/power2_input"].part_of, supply.id);
  const auto& fans = all["hwmon/fancontroller-1-002e/power1_input"];
  EXPECT_EQ(fans.domain, Domain::other);
  EXPECT_TRUE(fans.beside);
  EXPECT_EQ(fans.update_period, Seconds(0.25));
}

TEST(Hwmon, SwitchedOffNumbersAreLeftOutAndBadOnesAreNamed) {
  const FakeTree tree;
  tree.hwmon(0, "chip", "1-0040",
             {{"power1_input", "1\n"},
              {"power2_input", "x\n"},
              {"power2_enable", "0\n"},
              {"power3_input", "x\n"}});
  const Opened chip(probe_hwmon(tree.context()));
  EXPECT_EQ(chip.ids(), Ids{"hwmon/chip-1-0040/power1_input"});
  ASSERT_TRUE(chip.probe.absent);
  EXPECT_EQ(chip.probe.absent->kind, ErrorKind::malformed);
  EXPECT_NE(chip.probe.absent->message.find("power3_input"), std::string::npos);
}

TEST(Hwmon, AbsenceSaysWhatWouldHelp) {
  const FakeTree tree;
  for (const auto probe :
       {probe_hwmon, probe_ina3221, probe_acpi_meter, probe_cray, probe_battery}) {
    const auto found = probe(tree.context());
    EXPECT_TRUE(found.sensors.empty());
    ASSERT_TRUE(found.absent);
    EXPECT_EQ(found.absent->kind, ErrorKind::not_found);
    EXPECT_FALSE(found.absent->remedy.empty());
  }
}

TEST(MeterGain, AccuracyIsReadBothWaysAndPerfectionIsNotBelieved) {
  EXPECT_DOUBLE_EQ(meter_gain("95.0%").gain.high, 1 + 0.95 * 0.05);
  EXPECT_DOUBLE_EQ(meter_gain("2").gain.low, 1 - 0.95 * 0.02);
  for (const auto* odd : {"", "100.0%", "0", "-3", "good", "nan", "250"}) {
    EXPECT_DOUBLE_EQ(meter_gain(odd).gain.high, 1 + 0.95 * 0.05) << odd;
  }
}

TEST(Ina3221, VddInIsTheModuleAndContainsTheRails) {
  const FakeTree tree;
  tree.hwmon(1, "ina3221", "1-0040",
             {{"in1_label", "VDD_IN\n"},
              {"in1_input", "5000\n"},
              {"curr1_input", "1000\n"},
              {"shunt1_resistor", "5000\n"},
              {"update_interval", "18\n"},
              {"in2_label", "VDD_CPU_GPU_CV\n"},
              {"in2_input", "4900\n"},
              {"curr2_input", "300\n"},
              {"in3_label", "VDD_SOC\n"},
              {"in3_input", "4950\n"},
              {"curr3_input", "-8\n"},
              {"curr4_input", "1292\n"},
              {"in4_input", "1\n"}});
  const Opened jetson(probe_ina3221(tree.context()));
  EXPECT_EQ(jetson.total(), Ids{"ina3221/1-0040/VDD_IN"});
  EXPECT_EQ(jetson.all.size(), 3U);
  const auto& module = jetson["ina3221/1-0040/VDD_IN"];
  EXPECT_EQ(module.domain, Domain::module);
  EXPECT_EQ(module.update_period, Seconds(0.018));
  EXPECT_NEAR(module.offset.value(), 0.95 * 0.5 * 0.008 * 5.0, 1e-12);  // steps of 8 mA at 5 V
  EXPECT_EQ(jetson["ina3221/1-0040/VDD_SOC"].part_of, module.id);
  EXPECT_EQ(jetson.readings[0].count, 5'000'000U);  // 5 V x 1 A in microwatts
  EXPECT_EQ(jetson.readings[2].flags, reading_flags::refused);
  EXPECT_TRUE(probe_hwmon(tree.context()).sensors.empty());  // no second reader
}

TEST(Ina3221, OrinWithoutVddInSumsItsRailsOnce) {
  const FakeTree tree;
  tree.hwmon(3, "ina3221", "1-0040",
             {{"in1_label", "VDD_GPU_SOC\n"},
              {"in1_input", "843\n"},
              {"curr1_input", "6170\n"},
              {"in2_label", "VDD_CPU_CV\n"},
              {"in2_input", "780\n"},
              {"curr2_input", "3437\n"},
              {"in3_label", "VIN_SYS_5V0\n"},
              {"in3_input", "4968\n"},
              {"curr3_input", "953\n"}});
  tree.hwmon(4, "ina3221", "1-0041",
             {{"in1_label", "NC\n"},
              {"in1_input", "0\n"},
              {"curr1_input", "0\n"},
              {"in2_label", "VDDQ_VDD2_1V8AO\n"},
              {"in2_input", "4968\n"},
              {"curr2_input", "80\n"},
              {"in3_enable", "0\n"},
              {"in3_input", "\n"},
              {"curr3_input", "\n"}});
  const Opened orin(probe_ina3221(tree.context()));
  EXPECT_FALSE(orin.probe.absent);
  EXPECT_EQ(orin.total(), (Ids{"ina3221/1-0040/VDD_GPU_SOC", "ina3221/1-0040/VDD_CPU_CV",
                               "ina3221/1-0040/VIN_SYS_5V0"}));
}

TEST(AcpiMeter, GraceHopperSocketsAreNestedAndTheModuleStandsBeside) {
  const FakeTree tree;
  int number = 0;
  for (const auto* socket : {"0", "1"}) {
    for (const auto* rail : {"Module", "Grace", "CPU", "SysIO"}) {
      const auto info = std::string(rail) + " Power Socket " + socket + "\n";
      tree.hwmon(number, "power_meter", "ACPI000D:0" + std::to_string(number), {});
      const auto device = "sys/devices/ACPI000D:0" + std::to_string(number);
      tree.write(device + "/power1_average", "50000000\n");  // on the device, as Linux 6.5 has it
      tree.write(device + "/power1_average_interval", "50\n");
      tree.write(device + "/power1_accuracy", "100.0%\n");
      tree.write(device + "/power1_oem_info", info);
      ++number;
    }
  }
  const Opened grace(probe_acpi_meter(tree.context()));
  EXPECT_EQ(grace.all.size(), 8U);
  const auto& module = grace["acpi_meter/socket-1/Module"];
  EXPECT_EQ(module.domain, Domain::module);
  EXPECT_TRUE(module.beside);
  EXPECT_EQ(module.update_period, Seconds(0.05));
  EXPECT_DOUBLE_EQ(module.gain.high, 1 + 0.95 * 0.05);  // 100 % is not believed
  EXPECT_EQ(grace["acpi_meter/socket-1/Grace"].part_of, module.id);
  EXPECT_EQ(grace["acpi_meter/socket-1/CPU"].part_of, "acpi_meter/socket-1/Grace");
  EXPECT_EQ(grace["acpi_meter/socket-0/SysIO"].part_of, "acpi_meter/socket-0/Grace");
}

TEST(AcpiMeter, AServersMeterIsTheNodeUnlessItMeasuresAPart) {
  const FakeTree tree;
  tree.hwmon(0, "power_meter", "ACPI000D:00",
             {{"power1_average", "350000000\n"},
              {"power1_average_interval", "300\n"},
              {"power1_accuracy", "95.0%\n"},
              {"power1_is_battery", "0\n"}});
  tree.hwmon(1, "power_meter", "ACPI000D:01", {{"power1_average", "1000000\n"}});
  tree.write("sys/devices/ACPI000D:01/measures/PNP0C14:00", "");
  tree.hwmon(2, "power_meter", "ACPI000D:02",
             {{"power1_average", "1000000\n"}, {"power1_is_battery", "1\n"}});
  const Opened meters(probe_acpi_meter(tree.context()));
  const auto& node = meters["acpi_meter/ACPI000D:00"];
  EXPECT_EQ(node.domain, Domain::node);
  EXPECT_TRUE(node.beside);
  EXPECT_EQ(node.update_period, Seconds(0.3));
  EXPECT_NE(node.gain_source.find("95.0 %"), std::string::npos);
  EXPECT_EQ(meters["acpi_meter/ACPI000D:01"].domain, Domain::other);
  EXPECT_NE(meters["acpi_meter/ACPI000D:01"].label.find("PNP0C14:00"), std::string::npos);
  EXPECT_EQ(meters["acpi_meter/ACPI000D:02"].domain, Domain::other);
}

}  // namespace
}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// What is inside what, on eight fake machines: the total is an antichain and misses nothing.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "btrack/power/drivers.hpp"
#include "btrack/power/probe.hpp"
#include "btrack/power/relations.hpp"
#include "btrack/power/trace.hpp"
#include "tests/power/fake_tree.hpp"

namespace btrack::power {
namespace {

using test::FakeTree;
using Ids = std::set<std::string>;

std::vector<Channel> all_channels(const ProbeResult& result) {
  std::vector<Channel> channels;
  for (const auto& sensor : result.sensors) {
    channels.insert(channels.end(), sensor->channels().begin(), sensor->channels().end());
  }
  return channels;
}

Ids total_of(const FakeTree& tree) {
  const auto channels = all_channels(probe_sensors(tree.context()));
  Ids ids;
  for (const auto i : total_channels(channels)) ids.insert(channels[i].id);
  return ids;
}

const Channel& channel(const std::vector<Channel>& channels, std::string_view id) {
  const auto it = std::ranges::find(channels, id, &Channel::id);
  if (it == channels.end()) throw std::out_of_range(std::string(id));
  return *it;
}

void socket(const FakeTree& tree, int number, const std::string& name) {
  const std::string zone = "intel-rapl:" + std::to_string(number);
  tree.zone(zone, name);
  tree.zone(zone + ":0", "core");
  tree.zone(zone + ":1", "dram");
}

TEST(Topology, OneSocketWithoutPsys) {
  const FakeTree tree;
  socket(tree, 0, "package-0");
  tree.zone("intel-rapl:0:2", "uncore");
  EXPECT_EQ(total_of(tree), (Ids{"powercap/package-0", "powercap/package-0/dram"}));
  const auto channels = all_channels(probe_sensors(tree.context()));
  EXPECT_EQ(channel(channels, "powercap/package-0/core").part_of, "powercap/package-0");
  EXPECT_EQ(channel(channels, "powercap/package-0/uncore").part_of, "powercap/package-0");
  EXPECT_FALSE(channel(channels, "powercap/package-0/dram").part_of);
  EXPECT_EQ(channel(channels, "powercap/package-0/dram").label, "CPU package 0 DRAM");
}

TEST(Topology, TwoSocketsPsysDramAndMmio) {
  const FakeTree tree;
  socket(tree, 0, "package-0");
  socket(tree, 1, "package-1");
  tree.zone("intel-rapl:2", "psys");
  tree.zone("intel-rapl-mmio:0", "package-0");
  tree.zone("intel-rapl-mmio:0:0", "dram");
  EXPECT_EQ(total_of(tree), Ids{"powercap/psys"});
  const auto channels = all_channels(probe_sensors(tree.context()));
  EXPECT_EQ(channel(channels, "powercap/package-1").part_of, "powercap/psys");
  EXPECT_EQ(channel(channels, "powercap/package-1/dram").part_of, "powercap/psys");
  EXPECT_EQ(channel(channels, "powercap/intel-rapl-mmio/package-0").duplicate_of,
            "powercap/package-0");
  EXPECT_EQ(channel(channels, "powercap/intel-rapl-mmio/package-0/dram").duplicate_of,
            "powercap/package-0/dram");
}

TEST(Topology, TwoSocketsWithoutPsys) {
  const FakeTree tree;
  socket(tree, 0, "package-0");
  socket(tree, 1, "package-1");
  tree.zone("intel-rapl-mmio:0", "package-0");
  EXPECT_EQ(total_of(tree), (Ids{"powercap/package-0", "powercap/package-0/dram",
                                 "powercap/package-1", "powercap/package-1/dram"}));
}

TEST(Topology, PlatformZoneNamedAfterItsMasterPackage) {
  const FakeTree tree;
  socket(tree, 0, "package-0");
  socket(tree, 1, "package-1");
  tree.zone("intel-rapl:2", "psys-1");
  EXPECT_EQ(total_of(tree), Ids{"powercap/psys-1"});
}

TEST(Topology, DiesOfOnePackage) {
  const FakeTree tree;
  socket(tree, 0, "package-0-die-0");
  socket(tree, 1, "package-0-die-1");
  EXPECT_EQ(total_of(tree), (Ids{"powercap/package-0-die-0", "powercap/package-0-die-0/dram",
                                 "powercap/package-0-die-1", "powercap/package-0-die-1/dram"}));
}

TEST(Topology, AmdHasPackageAndCoreOnly) {
  const FakeTree tree;
  tree.write("proc/cpuinfo", "vendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC\n");
  tree.zone("intel-rapl:0", "package-0");
  tree.zone("intel-rapl:0:0", "core");
  EXPECT_EQ(total_of(tree), Ids{"powercap/package-0"});
  const auto channels = all_channels(probe_sensors(tree.context()));
  EXPECT_NE(channel(channels, "powercap/package-0").gain_source.find("AMD"), std::string::npos);
}

TEST(Topology, MmioAloneIsNoDuplicateAndPsysStillContainsIt) {
  const FakeTree tree;
  tree.zone("intel-rapl-mmio:0", "package-0");
  EXPECT_EQ(total_of(tree), Ids{"powercap/intel-rapl-mmio/package-0"});
  tree.zone("intel-rapl:1", "psys");
  EXPECT_EQ(total_of(tree), Ids{"powercap/psys"});
}

TEST(Topology, NestedZonesWithoutTheFlatLinks) {
  const FakeTree tree;
  tree.zone("intel-rapl/intel-rapl:0", "package-0");
  tree.zone("intel-rapl/intel-rapl:0/intel-rapl:0:0", "dram");
  EXPECT_EQ(total_of(tree), (Ids{"powercap/package-0", "powercap/package-0/dram"}));
}

TEST(Topology, VirtualMachineHasTheEstimateOnly) {
  const FakeTree tree;
  const auto result = probe_sensors(tree.context());
  EXPECT_FALSE(result.has_counter());
  EXPECT_EQ(total_of(tree), Ids{"estimate/machine"});
  ASSERT_EQ(result.findings.size(), sensor_drivers().size());
  for (const auto& finding : result.findings) {
    EXPECT_EQ(finding.absent.has_value(), finding.driver != "estimate") << finding.driver;
  }
}

TEST(Topology, PartlyClosedMachineKeepsStableNames) {
  const FakeTree tree;
  socket(tree, 0, "package-0");
  socket(tree, 1, "package-1");
  tree.break_energy("intel-rapl:1");  // its DRAM is open, the package is not
  EXPECT_EQ(total_of(tree), (Ids{"powercap/package-0", "powercap/package-0/dram",
                                 "powercap/package-1/core", "powercap/package-1/dram"}));
  const auto result = probe_sensors(tree.context());
  EXPECT_TRUE(result.has_counter());
  ASSERT_TRUE(result.findings[0].absent);
  EXPECT_NE(result.findings[0].absent->message.find("intel-rapl:1/energy_uj"), std::string::npos);
}

/// Root may read files of mode 0: be nobody for a while.
class NoRoot {
 public:
  NoRoot() {
    if (root_ && ::seteuid(65534) != 0) throw std::runtime_error("seteuid");
  }
  ~NoRoot() {
    if (root_ && ::seteuid(0) != 0) std::abort();
  }
  NoRoot(const NoRoot&) = delete;
  NoRoot& operator=(const NoRoot&) = delete;

 private:
  bool root_ = ::geteuid() == 0;
};

TEST(Topology, DeniedZoneNamesFileAndCapability) {
  const FakeTree tree;
  tree.zone("intel-rapl:0", "package-0");
  std::filesystem::permissions(tree.sys() / "class/powercap/intel-rapl:0/energy_uj",
                               std::filesystem::perms::none);
  const NoRoot nobody;
  const auto probe = probe_powercap(tree.context());
  ASSERT_TRUE(probe.absent);
  EXPECT_EQ(probe.absent->kind, ErrorKind::denied);
  EXPECT_NE(probe.absent->message.find("intel-rapl:0/energy_uj"), std::string::npos);
  EXPECT_NE(probe.absent->remedy.find("cap_dac_read_search"), std::string::npos);
}

Channel made(std::string id, std::optional<std::string> part_of = {},
             std::optional<std::string> duplicate_of = {}) {
  Channel c;
  c.id = std::move(id);
  c.part_of = std::move(part_of);
  c.duplicate_of = std::move(duplicate_of);
  return c;
}

TEST(Antichain, PartOfADuplicateIsInsideItsOriginal) {
  const std::vector<Channel> channels{made("a"), made("b", {}, "a"), made("c", "b")};
  EXPECT_EQ(total_channels(channels), std::vector<std::uint32_t>{0});
}

TEST(Antichain, RingsDoNotHangAndDoNotVanish) {
  const std::vector<Channel> twins{made("a", {}, "b"), made("b", {}, "a")};
  EXPECT_EQ(total_channels(twins), std::vector<std::uint32_t>{0});
  const std::vector<Channel> self{made("a", "a")};
  EXPECT_EQ(total_channels(self), std::vector<std::uint32_t>{0});
}

TEST(Antichain, GrandchildrenAreInsideAndUnknownParentsDoNotCount) {
  const std::vector<Channel> channels{made("node"), made("package", "node"),
                                      made("core", "package"), made("gpu", "absent")};
  EXPECT_EQ(total_channels(channels), (std::vector<std::uint32_t>{0, 3}));
}

TEST(Antichain, EstimateCountsOnlyWithoutMeasurement) {
  Channel estimate = made("estimate");
  estimate.evidence = Evidence::estimated;
  EXPECT_EQ(total_channels(std::vector{estimate, made("a")}), std::vector<std::uint32_t>{1});
  EXPECT_EQ(total_channels(std::vector{estimate}), std::vector<std::uint32_t>{0});
}

}  // namespace
}  // namespace btrack::power

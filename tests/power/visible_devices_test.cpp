// SPDX-License-Identifier: Apache-2.0
// The variables that hide GPUs: numbers, UUIDs, empty and wrong entries, tiles.
#include "btrack/power/visible_devices.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/power/fake_tree.hpp"

namespace btrack::power {
namespace {

using test::FakeTree;
using Places = std::vector<std::size_t>;
using Variables = std::map<std::string, std::string>;

ProbeContext with(const Variables& variables) {
  ProbeContext context;
  context.environment = [variables](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  return context;
}

std::vector<KfdGpu> four() {
  std::vector<KfdGpu> gpus;
  for (std::uint32_t i = 0; i < 4; ++i) {
    gpus.push_back({{0, 0xc1 + i, 0, 0}, "GPU-00ab00000000000" + std::to_string(i), false});
  }
  return gpus;
}

std::optional<Places> visible(const Variables& variables) {
  return visible_amd_gpus(with(variables), four());
}

TEST(VisibleAmdGpus, NoVariableHidesNothing) {
  EXPECT_FALSE(visible({}));
  EXPECT_FALSE(visible({{"HIP_VISIBLE_DEVICES", ""}}));
}

TEST(VisibleAmdGpus, NumbersAndUuids) {
  EXPECT_EQ(visible({{"ROCR_VISIBLE_DEVICES", "2,0"}}), (Places{2, 0}));
  EXPECT_EQ(visible({{"ROCR_VISIBLE_DEVICES", "GPU-00AB000000000003"}}), Places{3});
  EXPECT_EQ(visible({{"HIP_VISIBLE_DEVICES", "1"}}), Places{1});
  EXPECT_EQ(visible({{"CUDA_VISIBLE_DEVICES", "3"}}), Places{3});
}

TEST(VisibleAmdGpus, HipCountsAmongWhatTheRuntimeLeaves) {
  EXPECT_EQ(visible({{"ROCR_VISIBLE_DEVICES", "2,3"}, {"HIP_VISIBLE_DEVICES", "1"}}), Places{3});
}

TEST(VisibleAmdGpus, AWrongEntryEndsTheList) {
  EXPECT_EQ(visible({{"ROCR_VISIBLE_DEVICES", "1,9,0"}}), Places{1});
  EXPECT_EQ(visible({{"ROCR_VISIBLE_DEVICES", "-1"}}), Places{});
  EXPECT_EQ(visible({{"ROCR_VISIBLE_DEVICES", ""}}), Places{});
}

TEST(KfdGpus, NodesInOrderWithAddressAndKind) {
  const FakeTree tree;
  const std::string nodes = "sys/class/kfd/kfd/topology/nodes/";
  tree.write(nodes + "0/properties", "cpu_cores_count 64\nsimd_count 0\n");
  tree.write(nodes + "10/properties",
             "cpu_cores_count 0\nsimd_count 1216\nlocation_id 51712\ndomain 1\nunique_id 4660\n");
  tree.write(nodes + "2/properties",
             "cpu_cores_count 24\nsimd_count 912\nlocation_id 256\ndomain 0\nunique_id 0\n");
  const auto gpus = kfd_gpus(tree.sys());
  ASSERT_EQ(gpus.size(), 2U);
  EXPECT_EQ(pci_text(gpus[0].address), "0000:01:00.0");
  EXPECT_TRUE(gpus[0].has_cpu);
  EXPECT_EQ(gpus[0].uuid, "");
  EXPECT_EQ(pci_text(gpus[1].address), "0001:ca:00.0");
  EXPECT_EQ(gpus[1].uuid, "GPU-0000000000001234");
}

TEST(VisibleLevelZeroDevices, TilesAreCountedUnlessComposite) {
  const std::vector<std::uint32_t> tiles{2, 2};
  const auto seen = [&](const Variables& variables) {
    return visible_level_zero_devices(with(variables), tiles);
  };
  EXPECT_FALSE(seen({}));
  EXPECT_EQ(seen({{"ZE_AFFINITY_MASK", "2"}}), (std::vector<bool>{false, true}));
  EXPECT_EQ(seen({{"ZE_AFFINITY_MASK", "0,1"}}), (std::vector<bool>{true, false}));
  EXPECT_EQ(seen({{"ZE_AFFINITY_MASK", "1.0"}, {"ZE_FLAT_DEVICE_HIERARCHY", "COMPOSITE"}}),
            (std::vector<bool>{false, true}));
}

}  // namespace
}  // namespace btrack::power

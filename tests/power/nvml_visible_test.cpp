// SPDX-License-Identifier: Apache-2.0
// CUDA_VISIBLE_DEVICES and NVIDIA_VISIBLE_DEVICES.
#include "btrack/power/nvml_visible.hpp"

#include <gtest/gtest.h>

#include <map>

namespace btrack::power {
namespace {

using Visible = std::vector<bool>;

class NvmlVisible : public testing::Test {
 protected:
  NvmlVisible() {
    for (unsigned i = 0; i < 3; ++i) {
      NvmlGpu gpu;
      gpu.index = i;
      gpu.name = "NVIDIA H100";
      gpu.uuid = std::string("GPU-") + "abc"[i] + "0000000-1111-2222-3333-444444444444";
      gpus.push_back(gpu);
    }
  }

  std::optional<NvmlVisibility> ask(std::map<std::string, std::string> variables) {
    ProbeContext context;
    context.environment = [&](const char* name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    return visible_nvidia_gpus(context, gpus,
                               [](const std::string& mig) -> std::optional<std::string> {
                                 if (mig != "MIG-1234") return std::nullopt;
                                 return "GPU-b0000000-1111-2222-3333-444444444444";
                               });
  }
  Visible cuda(const std::string& list) { return ask({{"CUDA_VISIBLE_DEVICES", list}})->visible; }
  std::optional<Visible> container(const std::string& list) {
    const auto answer = ask({{"NVIDIA_VISIBLE_DEVICES", list}});
    return answer ? std::optional(answer->visible) : std::nullopt;
  }

  std::vector<NvmlGpu> gpus;
};

TEST_F(NvmlVisible, NothingIsHiddenWithoutAVariable) { EXPECT_FALSE(ask({})); }

TEST_F(NvmlVisible, CudaNumbersAndUuids) {
  EXPECT_EQ(cuda("0,2"), (Visible{true, false, true}));
  EXPECT_EQ(cuda("2, 1"), (Visible{false, true, true}));
  EXPECT_EQ(cuda("GPU-b"), (Visible{false, true, false}));
  EXPECT_EQ(cuda("GPU-c0000000-1111-2222-3333-444444444444,0"), (Visible{true, false, true}));
}

TEST_F(NvmlVisible, CudaStopsAtTheFirstEntryThatNamesNoGpu) {
  EXPECT_EQ(cuda("1,-1,0"), (Visible{false, true, false}));
  EXPECT_EQ(cuda("1,7,0"), (Visible{false, true, false}));
  for (const char* nothing : {"", "-1", "none", "void", "NoDevFiles", "GPU-", "GPU-x", "1.5"}) {
    EXPECT_EQ(cuda(nothing), (Visible{false, false, false})) << nothing;
  }
}

TEST_F(NvmlVisible, AMigInstanceShowsItsGpu) {
  EXPECT_EQ(cuda("MIG-1234"), (Visible{false, true, false}));
  EXPECT_EQ(cuda("MIG-GPU-c0000000-1111-2222-3333-444444444444/1/0"),
            (Visible{false, false, true}));
  EXPECT_EQ(cuda("MIG-9999"), (Visible{false, false, false}));
}

TEST_F(NvmlVisible, AContainersListIsThatOfTheHost) {
  EXPECT_EQ(container("1"), (Visible{false, true, false}));
  EXPECT_EQ(container("GPU-c0000000-1111-2222-3333-444444444444"), (Visible{false, false, true}));
  EXPECT_EQ(container("0:1"), (Visible{true, false, false}));
  EXPECT_EQ(container("none"), (Visible{false, false, false}));
  // These do not restrict.
  for (const char* all : {"all", "void", ""}) EXPECT_FALSE(container(all)) << all;
  // The container has been cut to these three GPUs of its host already.
  EXPECT_FALSE(container("4,5,7"));
}

TEST_F(NvmlVisible, CudasOwnOrderOfDifferentGpusIsADoubt) {
  gpus[1].name = "NVIDIA T4";
  EXPECT_FALSE(ask({{"CUDA_VISIBLE_DEVICES", "0"}})->doubt.empty());
  EXPECT_TRUE(
      ask({{"CUDA_VISIBLE_DEVICES", "0"}, {"CUDA_DEVICE_ORDER", "PCI_BUS_ID"}})->doubt.empty());
  EXPECT_TRUE(ask({{"CUDA_VISIBLE_DEVICES", "GPU-a"}})->doubt.empty());
}

}  // namespace
}  // namespace btrack::power

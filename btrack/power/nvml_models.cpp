// SPDX-License-Identifier: Apache-2.0
// Update periods and windows by architecture, and the meaning of one call by driver.
#include "btrack/power/nvml_models.hpp"

#include <array>

namespace btrack::power {
namespace {

// NVML_DEVICE_ARCH_*
constexpr unsigned kPascal = 4;
constexpr unsigned kVolta = 5;
constexpr unsigned kTuring = 6;
constexpr unsigned kAmpere = 7;
constexpr unsigned kAda = 8;
constexpr unsigned kHopper = 9;

// Z. Yang et al., "Part-time Power Measurements", SC24 (arXiv 2312.02741), data of each card in
// github.com/JimZeyuYang/GPU_Power_Benchmark, Overall_Results.xlsx.
constexpr std::string_view kStudy = "SC24, arXiv 2312.02741";
constexpr std::string_view kAssumed = "no published data: taken like Hopper";

struct Row {
  unsigned architecture = 0;
  bool ga100 = false;
  NvmlSensorModel model;
};

constexpr std::array kRows{
    Row{kPascal, false, {"Pascal", Seconds(0.020), Seconds(0.010), false, kStudy}},
    Row{kVolta, false, {"Volta", Seconds(0.020), Seconds(0.0105), false, kStudy}},
    // RTX 2080 Ti: all of the period; Quadro RTX 8000: a fifth. The lesser is taken.
    Row{kTuring, false, {"Turing", Seconds(0.100), Seconds(0.020), false, kStudy}},
    // 17.6 to 25.4 ms, by the card.
    Row{kAmpere, true, {"Ampere GA100", Seconds(0.100), Seconds(0.025), false, kStudy}},
    Row{kAmpere, false, {"Ampere", Seconds(0.100), Seconds(0.100), false, kStudy}},
    // An RTX 4090's counter lost 13 % at 10 polls a second, 95 % at 2000 (Dauner et al., HotCarbon
    // 2026); its power values cover all of the time.
    Row{kAda, false, {"Ada", Seconds(0.100), Seconds(0.100), true, kStudy}},
    // 21.2 to 24.9 ms on ten H100 PCIe.
    Row{kHopper, false, {"Hopper", Seconds(0.100), Seconds(0.0224), false, kStudy}},
};

constexpr NvmlSensorModel kOlder{"before Pascal", Seconds(0.100), Seconds(0.014), false,
                                 "SC24: 15 to 100 ms, the M40 14 of 31 ms"};
constexpr NvmlSensorModel kNewer{"unknown", Seconds(0.100), Seconds(0.0224), false, kAssumed};

bool is_ga100(const NvmlGpu& gpu) { return gpu.compute_major == 8 && gpu.compute_minor == 0; }

constexpr double kMostWatts = 1500.0;        // beyond any GPU sold so far
constexpr double kMostModuleWatts = 3000.0;  // beyond any module
constexpr double kGainHalf = 0.95 * 0.08;    // 95 % of a rectangle of +-8 %
constexpr double kOffsetHalfW = 0.95 * 5.0;  // 95 % of a rectangle of +-5 W

}  // namespace

NvmlSensorModel nvml_sensor_model(const NvmlGpu& gpu) {
  for (const Row& row : kRows) {
    const bool variant = row.architecture != kAmpere || row.ga100 == is_ga100(gpu);
    if (row.architecture == gpu.architecture && variant) return row.model;
  }
  return gpu.architecture != 0 && gpu.architecture < kPascal ? kOlder : kNewer;
}

PowerUsage nvml_power_usage(const NvmlGpu& gpu, int driver_branch) {
  struct Meaning {
    int from_branch;
    PowerUsage meaning;
  };
  // nvml.h: Ampere, except GA100, and newer give the mean of a second. Drivers of branch 530 gave
  // 100 ms there (sheet "Result Matrix" of the study's data).
  static constexpr std::array kMeanings{Meaning{0, PowerUsage::average},
                                        Meaning{530, PowerUsage::instant},
                                        Meaning{531, PowerUsage::average}};
  const bool old = gpu.architecture != 0 && gpu.architecture < kAmpere;
  if (old || is_ga100(gpu)) return PowerUsage::instant;
  PowerUsage meaning = PowerUsage::average;
  for (const Meaning& row : kMeanings) {
    if (driver_branch >= row.from_branch) meaning = row.meaning;
  }
  return meaning;
}

void set_nvml_limits(Channel& channel, const NvmlGpu& gpu) {
  const bool whole = channel.domain == Domain::gpu;
  const Watts most(channel.domain == Domain::module ? kMostModuleWatts : kMostWatts);
  // Power overshoots the enforced limit for milliseconds.
  channel.power_limit = whole && gpu.power_limit ? *gpu.power_limit * 1.5 : most;
  channel.gain = {1.0 - kGainHalf, 1.0 + kGainHalf};
  channel.offset = Watts(kOffsetHalfW);
  channel.gain_source =
      "policy: NVIDIA GPU, rectangular +-8 % and +-5 W (SC24, arXiv 2312.02741) until calibrated";
}

}  // namespace btrack::power

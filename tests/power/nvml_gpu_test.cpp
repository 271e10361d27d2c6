// SPDX-License-Identifier: Apache-2.0
// The real NVML of this machine: which calls work and what they cost. Prints a table for
// docs/validation; skipped where there is no NVIDIA GPU.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "btrack/power/drivers.hpp"
#include "btrack/power/nvml_library.hpp"

namespace btrack::power {
namespace {

void say(const std::string& line) { std::printf("%s\n", line.c_str()); }

/// "p50 12.3 us, p99 45.6 us" of a thousand calls.
std::string cost_of(const std::function<void()>& call) {
  constexpr std::size_t kCalls = 1000;
  std::vector<double> us;
  us.reserve(kCalls);
  for (std::size_t i = 0; i < kCalls; ++i) {
    const auto before = std::chrono::steady_clock::now();
    call();
    us.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - before)
            .count());
  }
  std::ranges::sort(us);
  return fmt::format("p50 {:.1f} us, p99 {:.1f} us (n = {})", us[kCalls / 2], us[kCalls * 99 / 100],
                     kCalls);
}

class NvmlGpuTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = NvmlLibrary::open(ProbeContext{});
    if (!opened) GTEST_SKIP() << "NOT TESTED, no NVIDIA GPU: " << opened.error().message;
    library = std::move(*opened);
    const auto count = library->count();
    if (!count || *count == 0) GTEST_SKIP() << "NOT TESTED, NVML finds no GPU";
    const auto first = library->gpu(0);
    ASSERT_TRUE(first) << first.error().message;
    gpu = *first;
    say(fmt::format("{} ({} GPUs), driver {}, architecture {}, compute {}.{}, limit {} W, MIG {}",
                    gpu.name, *count, library->driver_version(), gpu.architecture,
                    gpu.compute_major, gpu.compute_minor,
                    gpu.power_limit.value_or(Watts(0)).value(), gpu.mig ? "on" : "off"));
    for (const auto& call : library->missing()) say("missing " + call);
  }

  void field(std::uint32_t number, std::uint32_t scope) {
    std::array<NvmlFieldValue, 1> one{};
    one[0].field = number;
    one[0].scope = scope;
    const auto ask = [&] { return library->field_values(gpu.handle, one); };
    const NvmlStatus batch = ask();
    const NvmlStatus status = batch == NvmlStatus::success ? one[0].status : batch;
    if (status != NvmlStatus::success) {
      return say(fmt::format("field {} scope {}: {}", number, scope, nvml_status_text(status)));
    }
    const auto value = as_count(one[0].value, one[0].type);
    say(fmt::format("field {} scope {}: {} (type {}), stamp {} us, latency {} us, {}", number,
                    scope, value ? fmt::format("{}", *value) : "no count",
                    static_cast<int>(one[0].type), one[0].wall_us, one[0].latency_us,
                    cost_of([&] { ask(); })));
  }

  std::shared_ptr<const NvmlLibrary> library;
  NvmlGpu gpu;
};

TEST_F(NvmlGpuTest, CallsThatWorkAndTheirCost) {
  for (const std::uint32_t number : {83U, 185U, 186U, 191U}) {
    for (const std::uint32_t scope : {0U, 1U, 2U}) field(number, scope);
  }
  std::uint64_t millijoules = 0;
  std::uint32_t milliwatts = 0;
  say(fmt::format("total energy: {}, {}",
                  nvml_status_text(library->total_energy(gpu.handle, millijoules)),
                  cost_of([&] { library->total_energy(gpu.handle, millijoules); })));
  say(fmt::format("power usage: {}, {}",
                  nvml_status_text(library->power_usage(gpu.handle, milliwatts)),
                  cost_of([&] { library->power_usage(gpu.handle, milliwatts); })));
  for (const auto kind : {NvmlSampling::total_power, NvmlSampling::module_power}) {
    std::uint32_t count = 0;
    NvmlValueType type{};
    const auto status = library->samples(gpu.handle, kind, 0, {}, count, type);
    say(fmt::format("samples {}: {}, buffer of {}", static_cast<int>(kind),
                    nvml_status_text(status), count));
    if (status != NvmlStatus::success || count == 0) continue;
    std::vector<NvmlSample> buffer(count);
    library->samples(gpu.handle, kind, 0, buffer, count, type);
    const auto shown = std::span(buffer).first(std::min<std::size_t>(count, buffer.size()));
    if (shown.size() > 1) {
      const auto reach_us = shown.back().wall_us - shown.front().wall_us;
      say(fmt::format("  {} samples, one each {} us", shown.size(), reach_us / (shown.size() - 1)));
    }
    say("  " + cost_of([&] {
          library->samples(gpu.handle, kind, shown.back().wall_us, buffer, count, type);
        }));
  }
}

TEST_F(NvmlGpuTest, TheDriverReadsEveryGpu) {
  const auto found = probe_nvml(ProbeContext{});
  ASSERT_FALSE(found.sensors.empty()) << found.absent->message;
  for (const auto& sensor : found.sensors) {
    const auto channels = sensor->channels();
    std::vector<Reading> readings(channels.size());
    ASSERT_TRUE(sensor->read(readings));
    for (std::size_t i = 0; i < channels.size(); ++i) {
      say(fmt::format("{} [{}] count {} flags {}{}", channels[i].id, channels[i].label,
                      readings[i].count, readings[i].flags,
                      channels[i].duplicate_of ? ", duplicate" : ""));
      EXPECT_EQ(readings[i].flags & reading_flags::failed, 0U) << channels[i].id;
    }
    say("one read of all: " + cost_of([&] { ASSERT_TRUE(sensor->read(readings)); }));
  }
}

}  // namespace
}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// What the parts of the power benchmark share: a fake machine, and a line of result beside its
// limit.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/power/probe.hpp"

namespace btrack::bench_power {

using SteadyClock = std::chrono::steady_clock;

/// A sysfs tree on a memory file system; removed at the end.
class FakeMachine {
 public:
  /// `packages` processor packages as powercap zones, and nothing else.
  explicit FakeMachine(int packages);
  ~FakeMachine();
  FakeMachine(const FakeMachine&) = delete;
  FakeMachine& operator=(const FakeMachine&) = delete;

  /// The PMU `power`, whose events are software events of the real kernel: the read is a real one.
  void add_perf();
  /// Everything a machine may have as files, and the fake vendor libraries.
  void add_all_sources();

  /// Those that are read each time.
  [[nodiscard]] const std::vector<std::filesystem::path>& files() const { return files_; }
  [[nodiscard]] power::ProbeContext context() const;
  [[nodiscard]] std::vector<std::unique_ptr<power::Sensor>> sensors() const;

 private:
  void write(const std::filesystem::path& file, std::string_view content) const;
  /// The same, of a file that a sensor reads each time.
  void write_read(const std::filesystem::path& file, std::string_view content);

  std::filesystem::path root_;
  std::vector<std::filesystem::path> files_;
  bool libraries_ = false;
};

/// Prints it; whether `value` holds `limit`.
bool report(std::string_view what, double value, double limit, std::string_view unit);

template <class Work>
double nanoseconds_each(int times, Work work) {
  const auto begin = SteadyClock::now();
  for (int i = 0; i < times; ++i) work();
  return std::chrono::duration<double, std::nano>(SteadyClock::now() - begin).count() / times;
}

void sampling_cost();
void sampler_cost(Seconds length);
void slowdown(int pairs);

}  // namespace btrack::bench_power

// SPDX-License-Identifier: Apache-2.0
// A throw-away sysfs and procfs root, written from (path, content) pairs.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "btrack/power/probe.hpp"

namespace btrack::power::test {

class FakeTree {
 public:
  FakeTree() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    root_ = std::filesystem::path(::testing::TempDir()) /
            (std::string("btrack-") + info->test_suite_name() + "-" + info->name() + "-" +
             std::to_string(::getpid()));
    std::filesystem::remove_all(root_);
    write("proc/cpuinfo", "vendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R) Gold\n");
    write("proc/stat", "cpu  100 0 50 1000 0 0 0 0 0 0\ncpu0 50 0 25 500 0 0 0 0 0 0\n");
    std::filesystem::create_directories(sys());
  }
  ~FakeTree() { std::filesystem::remove_all(root_); }
  FakeTree(const FakeTree&) = delete;
  FakeTree& operator=(const FakeTree&) = delete;

  [[nodiscard]] std::filesystem::path root() const { return root_; }
  [[nodiscard]] std::filesystem::path sys() const { return root_ / "sys"; }
  [[nodiscard]] ProbeContext context() const {
    ProbeContext context;
    context.sysfs_root = sys();
    context.procfs_root = root_ / "proc";
    for (const char* library : {"amd_smi", "rocm_smi", "level_zero"}) {
      context.libraries[library] = root_ / "absent.so";  // not those of the machine that tests
    }
    return context;
  }

  void write(const std::filesystem::path& file, std::string_view content) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file, std::ios::trunc) << content;
  }

  /// A powercap zone of unit 2^-14 J: "intel-rapl:0:1" with name "dram".
  void zone(const std::string& folder, const std::string& name,
            const std::string& energy_uj = "1000000") const {
    const std::filesystem::path base = std::filesystem::path("sys/class/powercap") / folder;
    write(base / "name", name + "\n");
    write(base / "energy_uj", energy_uj + "\n");
    write(base / "max_energy_range_uj", "262143328850\n");
    write(base / "enabled", "1\n");
  }

  /// Puts a folder where the number should be: open works, read gives an errno, for root as well.
  void break_energy(const std::string& folder) const {
    const auto file = sys() / "class/powercap" / folder / "energy_uj";
    std::filesystem::remove(file);
    std::filesystem::create_directories(file);
  }

  /// The PMU `power` with the usual events and the CPUs that count for it.
  void perf_pmu(std::string_view cpumask) const {
    const std::filesystem::path base = "sys/bus/event_source/devices/power";
    write(base / "type", "23\n");
    write(base / "cpumask", std::string(cpumask) + "\n");
    event("energy-cores", "event=0x01");
    event("energy-pkg", "event=0x02");
    event("energy-ram", "event=0x03");
  }
  void event(const std::string& name, std::string_view code) const {
    const auto base = std::filesystem::path("sys/bus/event_source/devices/power/events");
    write(base / name, std::string(code) + "\n");
    write(base / (name + ".scale"), "2.3283064365386962890625e-10\n");
    write(base / (name + ".unit"), "Joules\n");
  }

 private:
  std::filesystem::path root_;
};

}  // namespace btrack::power::test

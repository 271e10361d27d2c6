// SPDX-License-Identifier: Apache-2.0
// A throw-away sysfs and procfs root, written from (path, content) pairs.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

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
    context.device_root = root_ / "dev";
    context.daemon_socket = root_ / "btrackd.sock";
    for (const char* library : {"nvml", "amd_smi", "rocm_smi", "level_zero"}) {
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

  /// "class/hwmon/hwmon0" of the chip `name`, whose device is `device` ("0000:03:00.0"), with the
  /// given files; the link to the device is there as the kernel makes it.
  using Files = std::initializer_list<std::pair<const char*, std::string_view>>;
  void hwmon(int number, std::string_view name, const std::string& device, Files files) const {
    const auto base = std::filesystem::path("sys/class/hwmon/hwmon" + std::to_string(number));
    write(base / "name", std::string(name) + "\n");
    for (const auto& [file, content] : files) write(base / file, content);
    if (device.empty()) return;
    const auto real = sys() / "devices" / device;
    std::filesystem::create_directories(real);
    std::filesystem::create_directory_symlink(real, root_ / base / "device");
  }

  /// A folder of the class power_supply, or any other, with the given files.
  void folder(const std::string& below_sys, Files files) const {
    for (const auto& [file, content] : files) write("sys/" + below_sys + "/" + file, content);
  }

  /// The first processor of cpuinfo: "GenuineIntel", 6, 0x8F.
  void processor(std::string_view vendor, unsigned family, unsigned model,
                 std::string_view flags = "fpu") const {
    write("proc/cpuinfo", fmt::format("processor\t: 0\nvendor_id\t: {}\ncpu family\t: {}\n"
                                      "model\t\t: {}\nmodel name\t: A Xeon or not\nflags\t\t: {}\n",
                                      vendor, family, model, flags));
  }
  /// One online CPU with its place.
  void cpu(int number, int package, int die = 0, int core = 0) const {
    const auto base = fmt::format("sys/devices/system/cpu/cpu{}/topology/", number);
    write(base + "physical_package_id", fmt::format("{}\n", package));
    write(base + "die_id", fmt::format("{}\n", die));
    write(base + "core_id", fmt::format("{}\n", core));
  }
  /// One register of one CPU: eight bytes at the register's number, as the real file has them.
  void msr(int cpu, std::uint32_t address, std::uint64_t value) const {
    const auto file = root_ / fmt::format("dev/cpu/{}/msr", cpu);
    std::filesystem::create_directories(file.parent_path());
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    EXPECT_EQ(::pwrite(fd, &value, sizeof value, address), 8);
    ::close(fd);
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
  /// The PMU `power_core`, with one CPU of each core.
  void perf_pmu_cores(std::string_view cpumask) const {
    const std::filesystem::path base = "sys/bus/event_source/devices/power_core";
    write(base / "type", "24\n");
    write(base / "cpumask", std::string(cpumask) + "\n");
    event("energy-core", "event=0x01", "power_core");
  }
  void event(const std::string& name, std::string_view code,
             const std::string& pmu = "power") const {
    const auto base = std::filesystem::path("sys/bus/event_source/devices") / pmu / "events";
    write(base / name, std::string(code) + "\n");
    write(base / (name + ".scale"), "2.3283064365386962890625e-10\n");
    write(base / (name + ".unit"), "Joules\n");
  }

 private:
  std::filesystem::path root_;
};

}  // namespace btrack::power::test

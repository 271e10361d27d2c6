// SPDX-License-Identifier: Apache-2.0
// The fake machine, and the three parts in a row.
//
//   power_benchmark [SECONDS_PER_SAMPLER [PAIRS_OF_SLOWDOWN]]    (default 10 and 100)
#include "benchmarks/power/bench.hpp"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace btrack::bench_power {
namespace {

namespace fs = std::filesystem;

/// A software event of this process in the place of an energy event of the machine.
int open_software_event(const power::PerfRequest& request) {
  constexpr std::array<std::uint64_t, 4> kEvents{PERF_COUNT_SW_TASK_CLOCK, PERF_COUNT_SW_CPU_CLOCK,
                                                 PERF_COUNT_SW_PAGE_FAULTS,
                                                 PERF_COUNT_SW_CONTEXT_SWITCHES};
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = kEvents[request.config % kEvents.size()];
  attributes.read_format = PERF_FORMAT_GROUP;
  attributes.exclude_kernel = 1;
  const long fd =
      ::syscall(SYS_perf_event_open, &attributes, 0, -1, request.group_fd, PERF_FLAG_FD_CLOEXEC);
  return fd < 0 ? -errno : static_cast<int>(fd);
}

}  // namespace

FakeMachine::FakeMachine(int packages) {
  std::string name = "/dev/shm/btrack-bench-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder in /dev/shm");
  root_ = name;
  for (int i = 0; i < packages; ++i) {
    const fs::path zone = fmt::format("sys/class/powercap/intel-rapl:{}", i);
    write(zone / "name", fmt::format("package-{}\n", i));
    write(zone / "max_energy_range_uj", "262143328850\n");
    write_read(zone / "energy_uj", "123456789012\n");
  }
  write("proc/cpuinfo", "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\n");
  write("proc/stat", "cpu  100 0 50 1000 0 0 0 0 0 0\ncpu0 50 0 25 500 0 0 0 0 0 0\n");
}

FakeMachine::~FakeMachine() { fs::remove_all(root_); }

void FakeMachine::write(const fs::path& file, std::string_view content) const {
  fs::create_directories((root_ / file).parent_path());
  std::ofstream(root_ / file) << content;
}

void FakeMachine::write_read(const fs::path& file, std::string_view content) {
  write(file, content);
  files_.push_back(root_ / file);
}

void FakeMachine::add_perf() {
  const fs::path pmu = "sys/bus/event_source/devices/power";
  write(pmu / "type", "23\n");
  write(pmu / "cpumask", "0\n");
  for (const auto& [event, code] :
       {std::pair{"energy-cores", 1}, {"energy-pkg", 2}, {"energy-ram", 3}}) {
    write(pmu / "events" / event, fmt::format("event=0x{:02x}\n", code));
    write(pmu / "events" / (std::string(event) + ".scale"), "2.3283064365386962890625e-10\n");
    write(pmu / "events" / (std::string(event) + ".unit"), "Joules\n");
  }
  for (const auto* number : {"physical_package_id", "die_id", "core_id"}) {
    write(fmt::format("sys/devices/system/cpu/cpu0/topology/{}", number), "0\n");
  }
}

void FakeMachine::add_all_sources() {
  add_perf();
  libraries_ = true;
  for (int i = 0; i < 4; ++i) {
    const fs::path chip = fmt::format("sys/class/hwmon/hwmon{}", i);
    write(chip / "name", "xe\n");
    write_read(chip / "energy1_input", "1000000\n");
    write_read(chip / "power1_average", "25000000\n");
  }
  write("sys/class/hwmon/hwmon4/name", "power_meter\n");
  write_read("sys/class/hwmon/hwmon4/power1_average", "300000000\n");
  for (const auto* counter : {"energy", "cpu_energy", "memory_energy", "accel0_energy"}) {
    write_read(fs::path("sys/cray/pm_counters") / counter, "100000 J 1600000000000000 us\n");
  }
  for (const auto* gauge : {"power", "cpu_power", "memory_power", "accel0_power"}) {
    write_read(fs::path("sys/cray/pm_counters") / gauge, "400 W 1600000000000000 us\n");
  }
  write("sys/cray/pm_counters/generation", "1\n");
  write("sys/cray/pm_counters/startup", "1600000000000000\n");
  write("sys/cray/pm_counters/version", "2\n");
  write("sys/cray/pm_counters/raw_scan_hz", "10\n");
}

power::ProbeContext FakeMachine::context() const {
  power::ProbeContext context;
  context.sysfs_root = root_ / "sys";
  context.procfs_root = root_ / "proc";
  context.device_root = root_ / "dev";
  context.daemon_socket = root_ / "none.sock";
  context.perf_open = open_software_event;
  const fs::path fakes = fs::read_symlink("/proc/self/exe").parent_path() / "fakes";
  for (const auto* library : {"nvml", "amd_smi", "level_zero", "rocm_smi"}) {
    const auto file = fakes / fmt::format("libfake_{}.so", library);
    context.libraries[library] = libraries_ ? file : root_ / "absent.so";
  }
  return context;
}

std::vector<std::unique_ptr<power::Sensor>> FakeMachine::sensors() const {
  auto sensors = power::probe_sensors(context()).sensors;
  if (sensors.empty()) throw std::runtime_error("the fake machine offers no sensor");
  return sensors;
}

bool report(std::string_view what, double value, double limit, std::string_view unit) {
  const bool held = value <= limit;
  fmt::print("{:<58} {:>9.3f} {:<14} limit {:>7.3f}  {}\n", what, value, unit, limit,
             held ? "pass" : "FAIL");
  return held;
}

}  // namespace btrack::bench_power

int main(int argc, char** argv) {
  using namespace btrack::bench_power;
  double load = 0.0;
  if (::getloadavg(&load, 1) == 1) {
    fmt::print(
        "load average {:.2f}; the sampler limits are for an idle machine: a wake-up among "
        "others' work finds cold caches\n",
        load);
  }
  sampling_cost();
  sampler_cost(btrack::Seconds(argc > 1 ? std::atof(argv[1]) : 10.0));
  slowdown(argc > 2 ? std::atoi(argv[2]) : 100);
}

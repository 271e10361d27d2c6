// SPDX-License-Identifier: Apache-2.0
// What sampling costs: against bare preads of the same files, per reading, and as a share of a
// core.
//
//   power_benchmark [SECONDS_PER_SAMPLER]    (default 10; a fake root is made on /dev/shm)
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "btrack/power/drivers.hpp"
#include "btrack/power/ring.hpp"
#include "btrack/power/sampler.hpp"

namespace {

namespace fs = std::filesystem;
using btrack::Seconds;
using namespace btrack::power;
using SteadyClock = std::chrono::steady_clock;

/// A powercap tree of n zones on a memory file system; removed at the end.
class FakeRoot {
 public:
  explicit FakeRoot(int zones)
      : root_(fs::path("/dev/shm") / fmt::format("btrack-bench-{}-{}", ::getpid(), zones)) {
    for (int i = 0; i < zones; ++i) {
      const fs::path folder = root_ / fmt::format("class/powercap/intel-rapl:{}", i);
      fs::create_directories(folder);
      std::ofstream(folder / "name") << "package-" << i << "\n";
      std::ofstream(folder / "max_energy_range_uj") << "262143328850\n";
      std::ofstream(folder / "energy_uj") << "123456789012\n";
      files_.push_back(folder / "energy_uj");
    }
  }
  ~FakeRoot() { fs::remove_all(root_); }
  FakeRoot(const FakeRoot&) = delete;
  FakeRoot& operator=(const FakeRoot&) = delete;

  [[nodiscard]] const std::vector<fs::path>& files() const { return files_; }
  [[nodiscard]] std::unique_ptr<Sensor> sensor() const {
    ProbeContext context;
    context.sysfs_root = root_;
    auto probe = probe_powercap(context);
    if (probe.sensors.empty()) throw std::runtime_error(probe.absent->message);
    return std::move(probe.sensors.front());
  }

 private:
  fs::path root_;
  std::vector<fs::path> files_;
};

bool report(std::string_view what, double value, double limit, std::string_view unit) {
  const bool held = value <= limit;
  fmt::print("{:<58} {:>9.3f} {:<14} limit {:>7.3f}  {}\n", what, value, unit, limit,
             held ? "pass" : "FAIL");
  return held;
}

template <class Work>
double nanoseconds_each(int times, Work work) {
  const auto begin = SteadyClock::now();
  for (int i = 0; i < times; ++i) work();
  return std::chrono::duration<double, std::nano>(SteadyClock::now() - begin).count() / times;
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

/// One sample of n files against n bare preads of the same files, alternating in blocks.
void sample_against_preads(int zones) {
  const FakeRoot root(zones);
  const auto sensor = root.sensor();
  std::vector<int> bare;
  for (const auto& file : root.files()) bare.push_back(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text{};
  std::vector<Reading> readings(static_cast<std::size_t>(zones));
  std::vector<double> ratios;
  std::vector<double> ours;
  for (int block = 0; block < 51; ++block) {
    const double preads = nanoseconds_each(500, [&] {
      for (const int fd : bare) {
        if (::pread(fd, text.data(), text.size(), 0) <= 0) std::abort();
      }
    });
    ours.push_back(nanoseconds_each(500, [&] {
      if (!sensor->read(readings)) std::abort();
    }));
    ratios.push_back(ours.back() / preads);
  }
  for (const int fd : bare) ::close(fd);
  report(fmt::format("sample of {} powercap files / {} bare preads", zones, zones), median(ratios),
         2.0, "x");
  fmt::print("{:<58} {:>9.3f} us a file\n", "", median(ours) / zones * 1e-3);
}

void ring_write() {
  ReadingRing ring(1U << 16);
  const Reading reading{};
  std::vector<double> blocks;
  for (int block = 0; block < 101; ++block) {
    blocks.push_back(nanoseconds_each(10'000, [&] {
      if (!ring.push({&reading, 1})) std::abort();
    }));
    std::uint64_t sum = 0;
    ring.pop_all([&sum](const Reading& r) { sum += r.count; });
  }
  report("ring write", median(blocks), 100.0, "ns a reading");
}

/// CPU time of a thread that wakes up at the same rate and reads the same files, and does no more:
/// what this machine, with its present load, charges for waking up.
double bare_loop_us(const FakeRoot& root, double hertz, Seconds length) {
  std::vector<int> files;
  for (const auto& file : root.files()) files.push_back(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  double cpu_us = 0.0;
  std::thread([&] {
    std::array<char, 64> text{};
    const auto step = std::chrono::nanoseconds(std::llround(1e9 / hertz));
    const auto rounds = static_cast<int>(length.count() * hertz);
    auto next = SteadyClock::now();
    for (int i = 0; i < rounds; ++i) {
      next += step;
      const auto ns = next.time_since_epoch().count();
      const timespec until{ns / 1'000'000'000, ns % 1'000'000'000};
      ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
      for (const int fd : files) {
        if (::pread(fd, text.data(), text.size(), 0) <= 0) std::abort();
      }
    }
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    cpu_us = (static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) * 1e-3) /
             rounds;
  }).join();
  for (const int fd : files) ::close(fd);
  return cpu_us;
}

void sampler_share(double hertz, double limit_percent, Seconds length) {
  const FakeRoot root(4);
  const double bare_us = bare_loop_us(root, hertz, length / 2);
  std::vector<std::unique_ptr<Sensor>> sensors;
  sensors.push_back(root.sensor());
  Sampler sampler(std::move(sensors), {.period = Seconds(1.0 / hertz)});
  if (const auto started = sampler.start(); !started)
    throw std::runtime_error(started.error().message);
  for (Seconds passed{}; passed < length; passed += Seconds(0.5)) {
    std::this_thread::sleep_for(Seconds(0.5));
    sampler.drain();
  }
  sampler.stop();
  const auto cost = sampler.cost();
  report(fmt::format("sampler thread at {:.0f} Hz, 4 files", hertz),
         100.0 * (cost.cpu_time / cost.wall_time), limit_percent, "% of a core");
  const double ours_us = cost.cpu_time.count() / static_cast<double>(cost.rounds) * 1e6;
  fmt::print("{:<58} {:>9.3f} us a round; a bare timer loop with 4 preads: {:.3f} us ({:.2f}x)\n",
             "", ours_us, bare_us, ours_us / bare_us);
  fmt::print("{:<58} {:>9} rounds, {} lost, worst lateness {:.3f} ms\n", "", cost.rounds, cost.lost,
             cost.worst_lateness.count() * 1e3);
}

}  // namespace

int main(int argc, char** argv) {
  const Seconds length(argc > 1 ? std::atof(argv[1]) : 10.0);
  double load = 0.0;
  if (::getloadavg(&load, 1) == 1) {
    fmt::print(
        "load average {:.2f}; the sampler limits are for an idle machine: a wake-up among "
        "others' work finds cold caches\n",
        load);
  }
  for (const int zones : {1, 4, 16}) sample_against_preads(zones);
  ring_write();
  sampler_share(10, 0.1, length);
  sampler_share(1000, 1.5, length);
}

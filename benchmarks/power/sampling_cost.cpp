// SPDX-License-Identifier: Apache-2.0
// What one sample costs: files against bare preads of them, a perf group against a bare read, the
// ring.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "benchmarks/power/bench.hpp"
#include "btrack/power/drivers.hpp"
#include "btrack/power/ring.hpp"
#include "btrack/stats/estimate.hpp"

namespace btrack::bench_power {
namespace {

using power::Reading;

/// One sample of n files against n bare preads of the same files, alternating in blocks.
void sample_against_preads(int zones) {
  const FakeMachine machine(zones);
  auto probe = power::probe_powercap(machine.context());
  if (probe.sensors.empty()) std::abort();
  const auto sensor = std::move(probe.sensors.front());
  std::vector<int> bare;
  for (const auto& file : machine.files()) {
    bare.push_back(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  }
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
  report(fmt::format("sample of {} powercap files / {} bare preads", zones, zones),
         stats::median(ratios), 2.0, "x");
  fmt::print("{:<58} {:>9.3f} us a file\n", "", stats::median(ours) / zones * 1e-3);
}

/// One package's group of three events: software events of the kernel, since this cannot count on a
/// machine with RAPL. The energy events add an MSR read each, about 0.1 us.
void perf_group() {
  FakeMachine machine(0);
  machine.add_perf();
  auto probe = power::probe_perf(machine.context());
  if (probe.sensors.empty()) {
    fmt::print("perf group of one package: not measured, {}\n", probe.absent->message);
    return;
  }
  const auto sensor = std::move(probe.sensors.front());
  std::vector<Reading> readings(sensor->channels().size());
  std::vector<double> blocks;
  for (int block = 0; block < 51; ++block) {
    blocks.push_back(nanoseconds_each(500, [&] {
      if (!sensor->read(readings)) std::abort();
    }));
  }
  report(fmt::format("perf group of {} software events, one package", readings.size()),
         stats::median(blocks) * 1e-3, 2.0, "us");
}

/// Each source of a machine that has all of them, warm. The fake vendor libraries' own time is in
/// it.
void every_source() {
  FakeMachine machine(4);
  machine.add_all_sources();
  for (const auto& sensor : machine.sensors()) {
    std::vector<Reading> readings(sensor->channels().size());
    std::vector<double> blocks;
    for (int block = 0; block < 21; ++block) {
      blocks.push_back(nanoseconds_each(50, [&] {
        if (!sensor->read(readings)) std::abort();
      }));
    }
    fmt::print("read of {:<50} {:>9.3f} us, {} channels\n", sensor->channels()[0].id,
               stats::median(blocks) * 1e-3, readings.size());
  }
}

void ring_write() {
  power::ReadingRing ring(1U << 16);
  const Reading reading{};
  std::vector<double> blocks;
  for (int block = 0; block < 101; ++block) {
    blocks.push_back(nanoseconds_each(10'000, [&] {
      if (!ring.push({&reading, 1})) std::abort();
    }));
    std::uint64_t sum = 0;
    ring.pop_all([&sum](const Reading& r) { sum += r.count; });
  }
  report("ring write", stats::median(blocks), 100.0, "ns a reading");
}

}  // namespace

void sampling_cost() {
  for (const int zones : {1, 4, 16}) sample_against_preads(zones);
  perf_group();
  every_source();
  ring_write();
}

}  // namespace btrack::bench_power

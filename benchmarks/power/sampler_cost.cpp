// SPDX-License-Identifier: Apache-2.0
// What the sampler costs as a share of a core, beside a bare loop that wakes up as often.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <thread>

#include "benchmarks/power/bench.hpp"
#include "btrack/power/sampler.hpp"

namespace btrack::bench_power {
namespace {

/// CPU time of a thread that wakes up at the same rate and reads the same files, and does no more:
/// what this machine, with its present load, charges for waking up.
double bare_loop_us(const FakeMachine& machine, double hertz, Seconds length) {
  std::vector<int> files;
  for (const auto& file : machine.files()) {
    files.push_back(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  }
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

power::SamplerCost cost_of(const FakeMachine& machine, double hertz, Seconds length) {
  power::Sampler sampler(machine.sensors(), {.period = Seconds(1.0 / hertz)});
  if (const auto started = sampler.start(); !started) {
    throw std::runtime_error(started.error().message);
  }
  for (Seconds passed{}; passed < length; passed += Seconds(0.5)) {
    std::this_thread::sleep_for(Seconds(0.5));
    sampler.drain();
  }
  sampler.stop();
  return sampler.cost();
}

void share(std::string_view what, const FakeMachine& machine, double hertz, double limit_percent,
           Seconds length) {
  const double bare_us = bare_loop_us(machine, hertz, length / 2);
  const auto cost = cost_of(machine, hertz, length);
  report(fmt::format("sampler at {:.0f} Hz, {}", hertz, what),
         100.0 * (cost.cpu_time / cost.wall_time), limit_percent, "% of a core");
  const double bare_percent = 1e-4 * bare_us * hertz;
  fmt::print(
      "{:<58} {:>9.3f} % of a core: a bare timer loop with {} preads, {:.1f} us a round; {:.2f}x\n",
      "", bare_percent, machine.files().size(), bare_us,
      100.0 * (cost.cpu_time / cost.wall_time) / bare_percent);
  fmt::print("{:<58} {:>9} rounds, {} lost, worst lateness {:.3f} ms\n", "", cost.rounds, cost.lost,
             cost.worst_lateness.count() * 1e3);
}

}  // namespace

void sampler_cost(Seconds length) {
  const FakeMachine packages(4);
  share("4 packages", packages, 10, 0.1, length);
  FakeMachine everything(4);
  everything.add_all_sources();
  std::size_t channels = 0;
  for (const auto& sensor : everything.sensors()) channels += sensor->channels().size();
  share(fmt::format("all sources, {} channels", channels), everything, 10, 0.1, length);
  share("4 packages", packages, 1000, 1.0, length);
}

}  // namespace btrack::bench_power

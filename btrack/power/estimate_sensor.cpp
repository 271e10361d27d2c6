// SPDX-License-Identifier: Apache-2.0
// Busy time of all CPUs from the first line of /proc/stat, turned into microjoules.
#include "btrack/power/estimate_sensor.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/cpu_model.hpp"
#include "btrack/power/drivers.hpp"
#include "btrack/power/embedded.hpp"
#include "btrack/power/file_sensor.hpp"

namespace btrack::power {
namespace {

/// Utilisation is taken over at least this long: five ticks, so that bursts of them do not count as
/// load.
constexpr Seconds kLoadStretch{0.05};

/// Ticks in user, nice, system, irq and softirq of the line "cpu  ..."; steal is other guests' time
/// and guest is already in user (proc(5)).
std::optional<std::uint64_t> busy_ticks(std::string_view stat) {
  if (!stat.starts_with("cpu ")) return std::nullopt;
  constexpr std::array kBusy{true, true, true, false, false, true, true};
  const char* at = stat.data() + 3;
  const char* const end = stat.data() + stat.size();
  std::uint64_t sum = 0;
  for (const bool busy : kBusy) {
    while (at != end && *at == ' ') ++at;
    std::uint64_t ticks = 0;
    const auto [stop, error] = std::from_chars(at, end, ticks);
    if (error != std::errc{}) return std::nullopt;
    if (busy) sum += ticks;
    at = stop;
  }
  return sum;
}

int count_cpus(std::string_view stat) {
  int cpus = 0;
  for (const auto line : split(stat, '\n')) {
    if (line.size() > 3 && line.starts_with("cpu") && line[3] >= '0' && line[3] <= '9') ++cpus;
  }
  return cpus;
}

/// GB (2^30 bytes, as memory modules are sold) of MemTotal; nothing where meminfo has none.
std::optional<double> memory_gb(const std::filesystem::path& procfs_root) {
  const auto text = read_file(procfs_root / "meminfo");
  if (!text) return std::nullopt;
  for (const auto line : split(*text, '\n')) {
    constexpr std::string_view kKey = "MemTotal:";
    if (!line.starts_with(kKey)) continue;
    const auto value = trim(line.substr(kKey.size()));
    const auto kib = parse_number<std::uint64_t>(value.substr(0, value.find(' ')));
    if (kib) return static_cast<double>(*kib) / (1024.0 * 1024.0);
  }
  return std::nullopt;
}

Channel estimate_channel(int cpus, double gb, const PowerModel& model) {
  Channel c;
  c.id = "estimate/machine";
  c.label =
      fmt::format("estimate for {} logical CPUs and {:.1f} GB, model {}", cpus, gb, model.name);
  c.domain = Domain::machine;
  c.evidence = Evidence::estimated;
  c.si_per_count = 1e-6;
  c.update_period = Seconds(0.01);  // CPU time is counted in ticks of 1/USER_HZ
  c.power_limit = modelled_power(model, cpus, gb, 1.0) * 4.0;  // ticks arrive late and in bursts
  c.gain = model.gain;
  c.gain_source = fmt::format("power model {}: {}", model.name, model.source);
  return c;
}

}  // namespace

Result<std::unique_ptr<EstimateSensor>> EstimateSensor::open(
    const std::filesystem::path& procfs_root, const Clock* clock, const PowerModel& model) {
  const auto path = procfs_root / "stat";
  const auto stat = read_file(path);
  if (!stat) return fail(stat.error());
  const auto busy = busy_ticks(*stat);
  const int cpus = count_cpus(*stat);
  if (!busy || cpus == 0) {
    return fail(
        ErrorKind::malformed,
        fmt::format("{} should begin with the CPU times of proc(5), and does not", path.string()),
        "mount procfs, or give its root");
  }
  const double gb = memory_gb(procfs_root).value_or(0.0);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(system_error(errno, "open", path));

  std::unique_ptr<EstimateSensor> sensor(new EstimateSensor(clock_or_system(clock), fd));
  sensor->floor_ = modelled_power(model, cpus, gb, 0.0);
  sensor->per_busy_cpu_ = model.busy_cpu - model.idle_cpu;
  sensor->busy_tick_ = Seconds(1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK)));
  sensor->cpus_ = cpus;
  sensor->last_ = {sensor->clock_.now(), *busy};
  sensor->load_begin_ = sensor->last_;
  sensor->channel_ = estimate_channel(cpus, gb, model);
  return sensor;
}

EstimateSensor::~EstimateSensor() { ::close(fd_); }

/// The power between idle and full is not proportional to load: the busy time of each stretch costs
/// what the curve says at that stretch's load. Energy never falls, whatever the curve's shape.
void EstimateSensor::advance(SteadyTime now, std::uint64_t busy) {
  const Seconds stretch = now - load_begin_.time;
  if (stretch >= kLoadStretch) {
    const Seconds busy_time = static_cast<double>(busy - load_begin_.busy) * busy_tick_;
    const double utilisation = busy_time / (stretch * cpus_);
    if (utilisation > 0.0) busy_share_ = load_curve(utilisation) / utilisation;
    load_begin_ = {now, busy};
  }
  const Seconds elapsed = now - last_.time;
  const Seconds busy_time = static_cast<double>(busy - last_.busy) * busy_tick_;
  energy_ += floor_ * elapsed + per_busy_cpu_ * busy_share_ * busy_time;
  last_ = {now, busy};
}

Result<void> EstimateSensor::read(std::span<Reading> out) {
  std::array<char, 512> text{};
  const SteadyTime before = clock_.now();
  const ssize_t size = ::pread(fd_, text.data(), text.size(), 0);
  const SteadyTime after = clock_.now();
  out[0] = {0, reading_flags::failed, before + (after - before) / 2, 0};
  if (size <= 0) return {};
  const auto busy = busy_ticks({text.data(), static_cast<std::size_t>(size)});
  if (!busy || *busy < last_.busy) return {};
  advance(out[0].time, *busy);
  out[0].count = static_cast<std::uint64_t>(std::llround(energy_.value() * 1e6));
  out[0].flags = reading_flags::ok;
  return {};
}

DriverProbe probe_estimate(const ProbeContext& context) {
  const auto model = power_model(embedded::power_model_csv(), cpu_model(context.procfs_root));
  if (!model) return {{}, model.error()};
  return offer(EstimateSensor::open(context.procfs_root, context.clock, *model));
}

}  // namespace btrack::power

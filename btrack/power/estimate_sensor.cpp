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
#include <utility>

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

/// What the estimate covers, in words.
struct Extent {
  int cpus = 0;
  double gb = 0.0;
  double more_gb = 0.0;  ///< beyond what the model's watts hold
  Host host;
};

Channel counter(std::string id, std::string label) {
  Channel c;
  c.id = std::move(id);
  c.label = std::move(label);
  c.domain = Domain::machine;
  c.evidence = Evidence::estimated;
  c.si_per_count = 1e-6;
  c.update_period = Seconds(0.01);  // CPU time is counted in ticks of 1/USER_HZ
  return c;
}

std::vector<Channel> estimate_channels(const Extent& extent, const PowerModel& model) {
  const auto& host = extent.host;
  std::vector<Channel> channels = {counter(
      "estimate/machine",
      fmt::format("estimate for {} logical CPUs and {:.1f} GB, model {}{}{}{}", extent.cpus,
                  extent.gb, model.name, host.platform.empty() ? "" : ", on ", host.platform,
                  host.container ? "; seen from a container: the whole host" : ""))};
  Channel& machine = channels.front();
  const Watts full = modelled_power(model, extent.cpus, extent.gb, 1.0);
  machine.power_limit = full * 4.0;  // ticks arrive late and in bursts
  machine.gain = model.gain;
  machine.gain_source = fmt::format("power model {}: {}", model.name, model.source);
  if (host.container) machine.note = "container";
  if (!(extent.more_gb > 0.0)) return channels;

  Channel processors = machine;
  processors.id += "/processors";
  processors.label = fmt::format("of it, server with {} logical CPUs", extent.cpus);
  processors.part_of = machine.id;
  Channel memory =
      counter(machine.id + "/memory", fmt::format("of it, {:.1f} GB of memory", extent.more_gb));
  memory.power_limit = model.memory_gb * extent.more_gb * 4.0;
  memory.gain = modelled_memory_gain();
  memory.gain_source = "5 W a module of 8 to 64 GB (policy)";
  memory.part_of = machine.id;
  channels.push_back(std::move(processors));
  channels.push_back(std::move(memory));
  return channels;
}

std::uint64_t microjoules(Joules energy) {
  return static_cast<std::uint64_t>(std::llround(energy.value() * 1e6));
}

}  // namespace

Result<std::unique_ptr<EstimateSensor>> EstimateSensor::open(
    const std::filesystem::path& procfs_root, const Clock* clock, const PowerModel& model,
    const Host& host) {
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
  const double more_gb = memory_beyond(model, cpus, gb);
  sensor->memory_ = model.memory_gb * more_gb;
  sensor->floor_ = modelled_power(model, cpus, gb, 0.0) - sensor->memory_;
  sensor->per_busy_cpu_ = model.busy_cpu - model.idle_cpu;
  sensor->busy_tick_ = Seconds(1.0 / static_cast<double>(::sysconf(_SC_CLK_TCK)));
  sensor->cpus_ = cpus;
  sensor->last_ = {sensor->clock_.now(), *busy};
  sensor->load_begin_ = sensor->last_;
  sensor->channels_ = estimate_channels({cpus, gb, more_gb, host}, model);
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
  processors_j_ += floor_ * elapsed + per_busy_cpu_ * busy_share_ * busy_time;
  memory_j_ += memory_ * elapsed;
  last_ = {now, busy};
}

Result<void> EstimateSensor::read(std::span<Reading> out) {
  std::array<char, 512> text{};
  const SteadyTime before = clock_.now();
  const ssize_t size = ::pread(fd_, text.data(), text.size(), 0);
  const SteadyTime after = clock_.now();
  for (std::uint32_t i = 0; i < channels_.size(); ++i) {
    out[i] = {i, reading_flags::failed, before + (after - before) / 2, 0};
  }
  if (size <= 0) return {};
  const auto busy = busy_ticks({text.data(), static_cast<std::size_t>(size)});
  if (!busy || *busy < last_.busy) return {};
  advance(out[0].time, *busy);
  const std::array<Joules, 3> energies{processors_j_ + memory_j_, processors_j_, memory_j_};
  for (std::uint32_t i = 0; i < channels_.size(); ++i) {
    out[i].count = microjoules(energies[i]);
    out[i].flags = reading_flags::ok;
  }
  return {};
}

DriverProbe probe_estimate(const ProbeContext& context) {
  const auto model = power_model(embedded::power_model_csv(), cpu_model(context.procfs_root));
  if (!model) return {{}, model.error()};
  return offer(EstimateSensor::open(context.procfs_root, context.clock, *model,
                                    host_of(context.sysfs_root, context.procfs_root)));
}

}  // namespace btrack::power

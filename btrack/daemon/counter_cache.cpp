// SPDX-License-Identifier: Apache-2.0
// Reads that are spaced by the tick of each sensor.
#include "btrack/daemon/counter_cache.hpp"

#include <algorithm>

#include "btrack/power/drivers.hpp"

namespace btrack::daemon {
namespace {

/// The slowest channel's period: no channel of the sensor is then shown finer than it ticks.
Seconds tick_of(std::span<const power::Channel> channels, const CacheOptions& options) {
  Seconds tick = options.resolution;
  for (const auto& channel : channels) {
    tick = std::max(tick, channel.safe_period);
    if (!options.fine) tick = std::max(tick, channel.update_period);
  }
  return tick;
}

}  // namespace

CounterCache::CounterCache(std::vector<std::unique_ptr<power::Sensor>> sensors,
                           CacheOptions options, const Clock& clock)
    : clock_(clock) {
  for (auto& sensor : sensors) {
    const auto channels = sensor->channels();
    const auto tick = std::chrono::ceil<std::chrono::nanoseconds>(tick_of(channels, options));
    const std::size_t first = channels_.size();
    channels_.insert(channels_.end(), channels.begin(), channels.end());
    entries_.push_back({std::move(sensor), first, tick});
  }
  readings_.resize(channels_.size());
}

void CounterCache::renew(Entry& entry) {
  const SteadyTime now = clock_.now();
  if (entry.ever && now - entry.read < entry.tick) return;
  const std::size_t count = entry.sensor->channels().size();
  const auto out = std::span(readings_).subspan(entry.first, count);
  const bool good = entry.sensor->read(out).has_value();
  for (std::size_t i = 0; i < count; ++i) {
    if (!good) out[i] = {0, power::reading_flags::failed, now, 0};
    out[i].channel = static_cast<std::uint32_t>(entry.first + i);
  }
  entry.read = now;
  entry.ever = true;
}

std::span<const power::Reading> CounterCache::readings() {
  for (Entry& entry : entries_) renew(entry);
  return readings_;
}

Result<std::vector<std::unique_ptr<power::Sensor>>> closed_sensors(
    const power::ProbeContext& context) {
  auto powercap = power::probe_powercap(context);
  if (!powercap.sensors.empty()) return std::move(powercap.sensors);
  auto registers = power::probe_msr(context);
  if (!registers.sensors.empty()) return std::move(registers.sensors);
  return fail(powercap.absent.value_or(Error{}));
}

}  // namespace btrack::daemon

// SPDX-License-Identifier: Apache-2.0
// The level_zero driver: power domains as nested channels, and the read of each.
#include "btrack/power/level_zero_sensor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "btrack/power/drivers.hpp"
#include "btrack/power/file_sensor.hpp"
#include "btrack/power/visible_devices.hpp"

namespace btrack::power {
namespace {

/// 0 encloses 1 encloses 2. A domain of unknown kind is the device's, or that of its tile.
int depth(const ZesPowerDomain& domain) {
  switch (domain.domain) {
    case ZesDomain::card:
      return 0;
    case ZesDomain::package:
      return 1;
    case ZesDomain::stack:
    case ZesDomain::memory:
    case ZesDomain::gpu:
      return 2;
    case ZesDomain::unknown:
      break;
  }
  return domain.tile ? 2 : 1;
}

Domain domain_of(const ZesPowerDomain& domain, bool enclosed) {
  switch (domain.domain) {
    case ZesDomain::card:
      return Domain::gpu_card;
    case ZesDomain::package:
      return Domain::gpu;
    case ZesDomain::stack:
      return Domain::gpu_tile;
    case ZesDomain::memory:
      return Domain::gpu_memory;
    case ZesDomain::gpu:
      return enclosed ? Domain::gpu_tile : Domain::gpu;
    case ZesDomain::unknown:
      break;
  }
  return domain.tile ? Domain::gpu_tile : Domain::gpu;
}

std::string name_of(const ZesPowerDomain& domain) {
  constexpr std::array<std::string_view, 6> kNames{"device", "card",   "package",
                                                   "stack",  "memory", "gpu"};
  const auto name = kNames[static_cast<std::size_t>(domain.domain)];
  return domain.tile ? fmt::format("{}-{}", name, *domain.tile) : std::string(name);
}

Channel describe(const ZesDevice& device, const ZesPowerDomain& domain) {
  Channel c;
  c.device = pci_text(device.address);
  c.id = fmt::format("level_zero/{}/{}", c.device, name_of(domain));
  c.label = fmt::format("{} {} {}", device.name.empty() ? "Intel GPU" : device.name, c.device,
                        name_of(domain));
  c.kind = domain.has_counter ? ChannelKind::energy_counter : ChannelKind::power_gauge;
  c.si_per_count = domain.has_counter ? 1e-6 : 1e-3;
  if (!domain.has_counter) c.id += "/power";
  // Not documented; a bound that holds for the drivers whose counters were watched.
  c.update_period = Seconds(0.1);
  constexpr double kMostWatts = 1500.0;  // beyond any module sold so far
  c.power_limit = domain.power_limit ? *domain.power_limit * 1.5 : Watts(kMostWatts);
  constexpr double kHalfWidth = 0.95 * 0.05;  // 95 % of a rectangle of +-5 %
  c.gain = {1.0 - kHalfWidth, 1.0 + kHalfWidth};
  c.gain_source = "policy: Intel GPU, rectangular +-5 % until calibrated";
  return c;
}

std::optional<std::vector<bool>> visible_devices(const ProbeContext& context,
                                                 const LevelZeroLibrary& library) {
  if (library.masked()) return std::nullopt;
  std::vector<std::uint32_t> tiles;
  tiles.reserve(library.devices().size());
  for (const ZesDevice& device : library.devices()) tiles.push_back(device.tiles);
  return visible_level_zero_devices(context, tiles);
}

std::optional<Error> what_is_missing(std::size_t devices, std::size_t readable, std::size_t mute) {
  if (devices == 0) {
    return Error{
        ErrorKind::not_found, "Level Zero finds no GPU",
        "where /dev/dri is closed, an administrator types 'usermod -aG render,video USER'; "
        "in a container hand in '--device /dev/dri'"};
  }
  if (mute == 0 && readable > 0) return std::nullopt;
  const std::string remedy =
      "run as root, or let an administrator open the counters: Sysman reads PMT telemetry "
      "(/sys/class/intel_pmt, mode 0400) and hwmon";
  if (readable == 0) return Error{ErrorKind::denied, "no GPU gives its energy", remedy};
  return Error{ErrorKind::incomplete, fmt::format("{} power domains give no energy", mute), remedy};
}

}  // namespace

std::vector<LevelZeroSensor::Source> level_zero_sources(const ZesDevice& device) {
  std::vector<const ZesPowerDomain*> order;
  for (const auto& domain : device.domains) order.push_back(&domain);
  std::ranges::stable_sort(order, {}, [](const auto* domain) { return depth(*domain); });

  std::vector<LevelZeroSensor::Source> sources;
  std::vector<const ZesPowerDomain*> taken;
  for (const auto* domain : order) {
    Channel channel = describe(device, *domain);
    const auto same = [&](const auto& source) { return source.channel.id == channel.id; };
    if (std::ranges::any_of(sources, same)) continue;  // listed twice, as card and among the others
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (depth(*taken[i]) < depth(*domain)) channel.part_of = sources[i].channel.id;
    }
    channel.domain = domain_of(*domain, channel.part_of.has_value());
    if (device.integrated) {
      channel.beside = true;
      channel.label += " (inside the processor package)";
    }
    taken.push_back(domain);
    sources.push_back({std::move(channel), domain->handle});
  }
  return sources;
}

LevelZeroSensor::LevelZeroSensor(std::unique_ptr<LevelZeroLibrary> library,
                                 std::vector<Source> sources, const Clock& clock)
    : library_(std::move(library)), clock_(clock) {
  for (Source& source : sources) {
    guards_.emplace_back(source.channel);
    channels_.push_back(std::move(source.channel));
    domains_.push_back(source.domain);
  }
}

Result<void> LevelZeroSensor::read(std::span<Reading> out) {
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    const bool counter = channels_[i].kind == ChannelKind::energy_counter;
    ZesEnergy energy;
    const SteadyTime before = clock_.now();
    const bool answered = counter ? library_->energy(domains_[i], energy)
                                  : library_->power(domains_[i], energy.microjoules);
    const SteadyTime after = clock_.now();
    // `energy.device_us` tells the device's own instant; the middle of the call stands for it.
    const SteadyTime time = before + (after - before) / 2;
    std::uint32_t flags = reading_flags::ok;
    if (!answered) {
      flags = reading_flags::failed;
    } else if (counter ? !guards_[i].accept(time, energy.microjoules)
                       : static_cast<double>(energy.microjoules) * channels_[i].si_per_count >
                             channels_[i].power_limit.value()) {
      flags = reading_flags::refused;
    }
    out[i] = {static_cast<std::uint32_t>(i), flags, time, answered ? energy.microjoules : 0};
  }
  return {};
}

DriverProbe probe_level_zero(const ProbeContext& context) {
  DriverProbe probe;
  auto library = LevelZeroLibrary::open(context);
  if (!library) {
    probe.absent = library.error();
    return probe;
  }
  const auto& devices = (*library)->devices();
  const auto visible = visible_devices(context, **library);
  std::vector<LevelZeroSensor::Source> sources;
  std::size_t mute = 0;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    for (auto& source : level_zero_sources(devices[i])) {
      std::uint64_t ignored = 0;
      if (source.channel.kind == ChannelKind::power_gauge &&
          !(*library)->power(source.domain, ignored)) {
        ++mute;
        continue;
      }
      if (visible && !(*visible)[i]) {
        source.channel.beside = true;
        source.channel.label += " (not visible to the program)";
      }
      sources.push_back(std::move(source));
    }
  }
  probe.absent = what_is_missing(devices.size(), sources.size(), mute);
  if (!sources.empty()) {
    probe.sensors.push_back(std::make_unique<LevelZeroSensor>(
        std::move(*library), std::move(sources), clock_or_system(context.clock)));
  }
  return probe;
}

}  // namespace btrack::power

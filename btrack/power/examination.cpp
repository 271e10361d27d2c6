// SPDX-License-Identifier: Apache-2.0
// The readings counted, and the meter's own flags beside them.
#include "btrack/power/examination.hpp"

#include <algorithm>

#include "btrack/power/energy.hpp"
#include "btrack/power/track.hpp"

namespace btrack::power {
namespace {

/// The good readings of one channel, and when its value was another than before.
struct Changes {
  SteadyTime first{};
  SteadyTime last{};
  SteadyTime first_change{};
  SteadyTime last_change{};
  std::uint64_t good = 0;
  std::uint64_t changes = 0;
  std::uint64_t count = 0;

  void add(const Reading& reading) {
    if (good++ == 0) first = reading.time;
    last = reading.time;
    if (good > 1 && reading.count != count) {
      if (changes++ == 0) first_change = reading.time;
      last_change = reading.time;
    }
    count = reading.count;
  }
  [[nodiscard]] std::optional<Seconds> period() const {
    if (changes == 0) return std::nullopt;
    if (changes == 1) return Seconds(last - first);
    return Seconds(last_change - first_change) / static_cast<double>(changes - 1);
  }
};

void doubt(ChannelHealth& health, std::string_view what) {
  if (std::ranges::find(health.doubts, what) == health.doubts.end()) {
    health.doubts.emplace_back(what);
  }
}

bool is_good(const Reading& reading, ChannelHealth& health) {
  ++health.readings;
  const bool failed = (reading.flags & reading_flags::failed) != 0;
  const bool refused = (reading.flags & reading_flags::refused) != 0;
  health.failed += failed ? 1 : 0;
  health.refused += refused ? 1 : 0;
  return !failed && !refused;
}

}  // namespace

std::vector<ChannelHealth> examine(const PowerTrace& trace) {
  std::vector<ChannelHealth> found(trace.channels.size());
  std::vector<Changes> changes(trace.channels.size());
  std::optional<Window> all;
  for (const Reading& reading : trace.readings) {
    if (!all) all = Window{reading.time, reading.time};
    all->begin = std::min(all->begin, reading.time);
    all->end = std::max(all->end, reading.time);
    if (is_good(reading, found[reading.channel])) changes[reading.channel].add(reading);
  }
  const auto report = all ? EnergyMeter(trace).measure(*all) : EnergyReport{};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Channel& channel = trace.channels[i];
    ChannelHealth& health = found[i];
    health.id = channel.id;
    health.renewed = changes[i].period();
    if (health.failed > 0) doubt(health, fault_flag(Fault::failed));
    if (health.refused > 0) doubt(health, fault_flag(Fault::refused));
    const bool watched = changes[i].last - changes[i].first >= channel.update_period * 3;
    const bool counter = channel.kind == ChannelKind::energy_counter;
    if (counter && watched && !health.renewed) doubt(health, "not-renewed");
    if (!all || i >= report.channels.size()) continue;
    const EnergyFigure& figure = report.channels[i].energy;
    if (figure.source != EnergySource::missing) health.power = figure.value / all->length();
    for (const Fault fault : {Fault::reset, Fault::gap, Fault::implausible, Fault::glitch,
                              Fault::frozen, Fault::interpolated}) {
      const auto flag = fault_flag(fault);
      if (std::ranges::find(figure.flags, flag) != figure.flags.end()) doubt(health, flag);
    }
  }
  return found;
}

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// Power over time.
#include "btrack/power/trace.hpp"

#include "btrack/power/track.hpp"

namespace btrack::power {

std::vector<PowerPoint> power_series(const PowerTrace& trace, std::uint32_t channel) {
  std::vector<PowerPoint> series;
  if (channel >= trace.channels.size()) return series;
  TrackBuilder builder(trace.channels[channel]);
  for (const Reading& reading : trace.readings) {
    if (reading.channel == channel) builder.add(reading);
  }
  const Track track = std::move(builder).finish();
  // Two looks within a few periods (at a window's edge) see one update more or less: join them.
  const Seconds shortest = 4.0 * trace.channels[channel].update_period;
  std::size_t from = 0;
  for (std::size_t i = 1; i < track.nodes.size(); ++i) {
    const auto length = track.nodes[i].time - track.nodes[from].time;
    if (length < shortest) continue;
    const auto counts = static_cast<double>(track.nodes[i].count - track.nodes[from].count);
    series.push_back({track.nodes[from].time + length / 2,
                      Joules(counts * track.joules_per_count) / Seconds(length)});
    from = i;
  }
  return series;
}

}  // namespace btrack::power

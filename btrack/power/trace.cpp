// SPDX-License-Identifier: Apache-2.0
// Which channels make the total, and power over time.
#include "btrack/power/trace.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "btrack/power/track.hpp"

namespace btrack::power {
namespace {

/// Looks up channels by id; the first of equal ids counts.
class Graph {
 public:
  explicit Graph(std::span<const Channel> channels) : channels_(channels) {
    for (std::uint32_t i = 0; i < channels.size(); ++i) index_.try_emplace(channels[i].id, i);
  }

  [[nodiscard]] std::optional<std::uint32_t> find(const std::optional<std::string>& id) const {
    const auto it = id ? index_.find(*id) : index_.end();
    return it == index_.end() ? std::nullopt : std::optional(it->second);
  }

  /// The channel that stands for all duplicates of `i`; in a ring of duplicates, the first.
  [[nodiscard]] std::uint32_t original(std::uint32_t i) const {
    std::uint32_t lowest = i;
    for (std::size_t steps = 0; steps <= channels_.size(); ++steps) {
      const auto next = find(channels_[i].duplicate_of);
      if (!next) return i;
      i = *next;
      lowest = std::min(lowest, i);
    }
    return lowest;
  }

  /// Whether a channel around `i` is itself counted.
  [[nodiscard]] bool inside_counted(std::uint32_t i, const std::vector<bool>& counted) const {
    const std::uint32_t self = i;
    for (std::size_t steps = 0; steps <= channels_.size(); ++steps) {
      const auto around = find(channels_[i].part_of);
      if (!around) return false;
      i = original(*around);
      if (i != self && counted[i]) return true;
    }
    return false;
  }

 private:
  std::span<const Channel> channels_;
  std::map<std::string_view, std::uint32_t> index_;
};

}  // namespace

std::vector<std::uint32_t> total_channels(std::span<const Channel> channels) {
  const bool measured = std::ranges::any_of(
      channels, [](const Channel& c) { return c.evidence == Evidence::measured; });
  const Evidence wanted = measured ? Evidence::measured : Evidence::estimated;
  const Graph graph(channels);
  std::vector<bool> counted(channels.size());
  for (std::uint32_t i = 0; i < channels.size(); ++i) {
    counted[i] = channels[i].evidence == wanted && graph.original(i) == i;
  }
  std::vector<std::uint32_t> total;
  for (std::uint32_t i = 0; i < channels.size(); ++i) {
    if (counted[i] && !graph.inside_counted(i, counted)) total.push_back(i);
  }
  return total;
}

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

// SPDX-License-Identifier: Apache-2.0
// The number of wraps inside a gap, chosen by a twin.
#include "btrack/power/twin.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "btrack/power/curve.hpp"

namespace btrack::power {
namespace {

const std::string& original_id(const Channel& channel) {
  return channel.duplicate_of ? *channel.duplicate_of : channel.id;
}

/// The twin's energy over the span, where its own readings leave no doubt about it.
std::optional<double> energy_over(const Channel& channel, const Track& track,
                                  const FaultSpan& span) {
  const bool covers = track.nodes.size() >= 2 &&
                      track.first_read <= span.begin + 2 * track.period &&
                      track.last_read + 2 * track.period >= span.end;
  if (!covers) return std::nullopt;
  for (const FaultSpan& fault : track.faults) {
    const bool doubtful = fault.low_j > 0.0 || fault.high_j > 0.0;
    if (doubtful && fault.begin < span.end && fault.end > span.begin) return std::nullopt;
  }
  const Curve curve(channel, track);
  return curve.between(curve.at(span.begin), curve.at(span.end));
}

void resolve(const Channel& channel, Track& track, FaultSpan& span, double twin_j) {
  const double range_j = static_cast<double>(channel.modulus) * channel.si_per_count;
  const Curve curve(channel, track);
  const double seen_j = curve.between(curve.at(span.begin), curve.at(span.end));
  const double wraps = std::round((twin_j - seen_j) / range_j);
  const double rest_j = twin_j - seen_j - wraps * range_j;
  constexpr double kClose = 0.25;  // of the range: further off, the twin settles nothing
  if (wraps < 0.0 || std::abs(rest_j) > kClose * range_j) return;
  const auto added = static_cast<std::uint64_t>(wraps) * channel.modulus;
  for (Node& node : track.nodes) {
    if (node.time > span.begin) node.count += added;
  }
  span.fault = Fault::wrapped;
  span.low_j = span.high_j = 0.0;
}

}  // namespace

void resolve_gaps(std::span<const Channel> channels, std::vector<Track>& tracks) {
  for (std::size_t i = 0; i < channels.size(); ++i) {
    for (FaultSpan& span : tracks[i].faults) {
      if (span.fault != Fault::gap) continue;
      for (std::size_t j = 0; j < channels.size() && span.fault == Fault::gap; ++j) {
        if (i == j || original_id(channels[i]) != original_id(channels[j])) continue;
        const auto twin_j = energy_over(channels[j], tracks[j], span);
        if (twin_j) resolve(channels[i], tracks[i], span, *twin_j);
      }
    }
  }
}

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// Steps of two counters, side by side.
#include "btrack/power/mirror.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace btrack::power {
namespace {

std::uint64_t distance(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; }

/// Counts of both tracks at updates that were seen by the same look at the sensor.
struct Pair {
  std::uint64_t a = 0;
  std::uint64_t b = 0;
};

std::vector<Pair> seen_together(const Track& a, const Track& b) {
  std::vector<Pair> pairs;
  std::size_t j = 0;
  for (const Node& node : a.nodes) {
    // Zones of one sensor are read within microseconds: far less than half of an update's age.
    const auto near = [&](const Node& other) {
      return std::chrono::abs(other.time - node.time) <= std::max(node.half, other.half);
    };
    while (j < b.nodes.size() && b.nodes[j].time < node.time && !near(b.nodes[j])) ++j;
    if (j < b.nodes.size() && near(b.nodes[j])) {
      pairs.push_back({node.count, b.nodes[j].count});
      ++j;
    }
  }
  return pairs;
}

bool comparable(const Channel& a, const Channel& b) {
  const auto driver = [](const Channel& c) {
    return std::string_view(c.id).substr(0, c.id.find('/'));
  };
  const bool measured = a.evidence == Evidence::measured && b.evidence == Evidence::measured;
  const bool counters =
      a.kind == ChannelKind::energy_counter && b.kind == ChannelKind::energy_counter;
  const bool related = a.duplicate_of || b.duplicate_of || a.part_of == b.id || b.part_of == a.id;
  return measured && counters && !related && a.domain == b.domain && driver(a) == driver(b) &&
         a.si_per_count == b.si_per_count && a.modulus == b.modulus;
}

/// Counts of one unit of a 32-bit register: 61 in powercap's microjoules, 2^18 in perf.
std::uint64_t register_unit(const Channel& c) {
  return std::max<std::uint64_t>(1, (c.modulus + (1ULL << 31)) >> 32);
}

}  // namespace

bool mirrored(const Track& a, const Track& b, std::uint64_t unit) {
  constexpr std::size_t kSteps = 5;
  constexpr std::size_t kChange = 8;        // units; less may be the rounding of equal steps
  constexpr std::size_t kMostUnequal = 10;  // one step in ten
  const auto pairs = seen_together(a, b);
  std::size_t equal = 0;
  std::size_t unequal = 0;
  std::size_t in_a_row = 0;
  std::size_t longest = 0;
  std::size_t changes = 0;
  std::uint64_t last_step = 0;
  for (std::size_t i = 1; i < pairs.size(); ++i) {
    const std::uint64_t step_a = pairs[i].a - pairs[i - 1].a;
    const std::uint64_t step_b = pairs[i].b - pairs[i - 1].b;
    if (distance(step_a, step_b) > unit) {
      ++unequal;
      in_a_row = 0;
      continue;
    }
    ++equal;
    longest = std::max(longest, ++in_a_row);
    if (in_a_row > 1 && distance(step_a, last_step) > kChange * unit) ++changes;
    last_step = step_a;
  }
  return longest >= kSteps && changes + 1 >= kSteps && unequal * kMostUnequal <= equal;
}

std::vector<MirrorPair> find_mirrors(const PowerTrace& trace) {
  std::vector<Track> tracks;
  for (std::uint32_t i = 0; i < trace.channels.size(); ++i) {
    TrackBuilder builder(trace.channels[i]);
    for (const Reading& reading : trace.readings) {
      if (reading.channel == i) builder.add(reading);
    }
    tracks.push_back(std::move(builder).finish());
  }
  std::vector<MirrorPair> found;
  std::vector<bool> copied(tracks.size());
  for (std::uint32_t a = 0; a < tracks.size(); ++a) {
    for (std::uint32_t b = a + 1; b < tracks.size() && !copied[a]; ++b) {
      if (copied[b] || !comparable(trace.channels[a], trace.channels[b])) continue;
      if (!mirrored(tracks[a], tracks[b], register_unit(trace.channels[a]))) continue;
      copied[b] = true;
      found.push_back({a, b});
    }
  }
  return found;
}

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// Power over time.
#include "btrack/power/trace.hpp"

#include <ctime>

#include "btrack/power/track.hpp"

namespace btrack::power {
namespace {

std::int64_t read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Stretches in which `clock` gained or lost more than `limit` on CLOCK_MONOTONIC.
std::vector<Window> shifts(std::span<const ClockMark> marks, std::int64_t ClockMark::*clock,
                           std::chrono::nanoseconds limit) {
  std::vector<Window> found;
  for (std::size_t i = 1; i < marks.size(); ++i) {
    const auto elapsed = marks[i].monotonic - marks[i - 1].monotonic;
    const std::chrono::nanoseconds shown(marks[i].*clock - marks[i - 1].*clock);
    if (std::chrono::abs(shown - elapsed) > limit) {
      found.push_back({marks[i - 1].monotonic, marks[i].monotonic});
    }
  }
  return found;
}

}  // namespace

ClockMark clock_mark() {
  return {std::chrono::steady_clock::now(), read_clock(CLOCK_MONOTONIC_RAW),
          read_clock(CLOCK_REALTIME), read_clock(CLOCK_BOOTTIME)};
}

std::vector<Window> suspensions(std::span<const ClockMark> marks) {
  // Both clocks are slewed alike; only the two calls lie apart, up to a scheduling delay.
  return shifts(marks, &ClockMark::boottime_ns, std::chrono::milliseconds(100));
}

std::vector<Window> clock_steps(std::span<const ClockMark> marks) {
  return shifts(marks, &ClockMark::realtime_ns, std::chrono::milliseconds(100));
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

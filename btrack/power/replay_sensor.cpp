// SPDX-License-Identifier: Apache-2.0
// One queue of recorded readings for each channel.
#include "btrack/power/replay_sensor.hpp"

#include <utility>

namespace btrack::power {

ReplaySensor::ReplaySensor(PowerTrace trace)
    : channels_(std::move(trace.channels)), queues_(channels_.size()), next_(channels_.size()) {
  for (const Reading& reading : trace.readings) {
    if (reading.channel < queues_.size()) queues_[reading.channel].push_back(reading);
  }
}

Result<void> ReplaySensor::read(std::span<Reading> out) {
  for (std::uint32_t i = 0; i < queues_.size(); ++i) {
    const auto& queue = queues_[i];
    if (next_[i] < queue.size()) {
      out[i] = queue[next_[i]++];
    } else {
      const SteadyTime last = queue.empty() ? SteadyTime{} : queue.back().time;
      out[i] = {i, reading_flags::failed, last, 0};
    }
  }
  return {};
}

bool ReplaySensor::finished() const {
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    if (next_[i] < queues_[i].size()) return false;
  }
  return true;
}

}  // namespace btrack::power

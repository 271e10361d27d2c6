// SPDX-License-Identifier: Apache-2.0
// Plays a recorded trace back through the Sensor interface, bit for bit.
#pragma once

#include <vector>

#include "btrack/power/sensor.hpp"
#include "btrack/power/trace.hpp"

namespace btrack::power {

/// Each read gives the next recorded reading of every channel, with its recorded time and flags.
class ReplaySensor final : public Sensor {
 public:
  explicit ReplaySensor(PowerTrace trace);

  [[nodiscard]] std::span<const Channel> channels() const override { return channels_; }
  /// A channel whose readings are used up is flagged `failed`, at its last recorded time.
  Result<void> read(std::span<Reading> out) override;
  /// Whether every reading has been played.
  [[nodiscard]] bool finished() const;

 private:
  std::vector<Channel> channels_;
  std::vector<std::vector<Reading>> queues_;
  std::vector<std::size_t> next_;
};

}  // namespace btrack::power

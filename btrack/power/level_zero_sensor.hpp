// SPDX-License-Identifier: Apache-2.0
// Energy of Intel GPUs through Level Zero Sysman.
#pragma once

#include <memory>
#include <vector>

#include "btrack/power/counter_guard.hpp"
#include "btrack/power/level_zero_library.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

class LevelZeroSensor final : public Sensor {
 public:
  /// A gauge reads the domain's power, a counter its energy.
  struct Source {
    Channel channel;
    void* domain = nullptr;
  };
  LevelZeroSensor(std::unique_ptr<LevelZeroLibrary> library, std::vector<Source> sources,
                  const Clock& clock);

  [[nodiscard]] std::span<const Channel> channels() const override { return channels_; }
  /// As AmdSensor::read().
  Result<void> read(std::span<Reading> out) override;

 private:
  std::unique_ptr<LevelZeroLibrary> library_;
  std::vector<Channel> channels_;
  std::vector<void*> domains_;
  std::vector<CounterGuard> guards_;
  const Clock& clock_;
};

/// The channels of one device's domains, each inside the next larger one that the device shows.
std::vector<LevelZeroSensor::Source> level_zero_sources(const ZesDevice& device);

}  // namespace btrack::power

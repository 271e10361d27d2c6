// SPDX-License-Identifier: Apache-2.0
// Energy of AMD GPUs through AMD SMI or ROCm SMI.
#pragma once

#include <memory>
#include <vector>

#include "btrack/power/amd_library.hpp"
#include "btrack/power/counter_guard.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

class AmdSensor final : public Sensor {
 public:
  /// A channel and the library's GPU that it reads; a gauge reads power, a counter energy.
  struct Source {
    Channel channel;
    std::size_t gpu = 0;
  };
  AmdSensor(std::unique_ptr<AmdLibrary> library, std::vector<Source> sources, const Clock& clock);

  [[nodiscard]] std::span<const Channel> channels() const override { return channels_; }
  /// A GPU that vanished gives `failed` readings, an impossible count a `refused` one; the others
  /// are read all the same. Never returns an Error.
  Result<void> read(std::span<Reading> out) override;

 private:
  std::unique_ptr<AmdLibrary> library_;
  std::vector<Channel> channels_;
  std::vector<std::size_t> gpus_;
  std::vector<CounterGuard> guards_;
  const Clock& clock_;
};

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// RAPL energy from the processor's own registers: one read for each counter of a package or die.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "btrack/power/msr_file.hpp"
#include "btrack/power/probe.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// Reads one register for each channel, or the sum of that register over several CPUs (the cores of
/// an AMD package). Counts are taken modulo the channel's modulus, and so is the sum: it wraps as
/// one counter does.
class MsrSensor final : public Sensor {
 public:
  struct Source {
    Channel channel;
    std::uint32_t address = 0;
    std::vector<std::shared_ptr<const MsrFile>> files;  ///< one, or those to add up
  };
  MsrSensor(std::vector<Source> sources, const Clock& clock);

  [[nodiscard]] std::span<const Channel> channels() const override { return channels_; }
  /// A register that cannot be read on one of its CPUs gives a `failed` reading. Never an Error.
  Result<void> read(std::span<Reading> out) override;

 private:
  struct Register {
    std::uint32_t address = 0;
    std::vector<std::shared_ptr<const MsrFile>> files;
  };
  std::vector<Channel> channels_;
  std::vector<Register> registers_;
  const Clock& clock_;
};

}  // namespace btrack::power

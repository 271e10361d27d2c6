// SPDX-License-Identifier: Apache-2.0
// The node's power as its BMC measures it: DCMI Get Power Reading, through the ipmitool program.
#pragma once

#include <filesystem>
#include <memory>

#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// One power gauge of whole watts. Each read runs ipmitool once, in the thread that reads.
class IpmiSensor final : public Sensor {
 public:
  /// Reads once. Errors: what start, ipmitool or the BMC said; unsupported where the BMC's power
  /// measurement is not active. `timeout` bounds each read; the program is killed then.
  static Result<std::unique_ptr<IpmiSensor>> open(std::filesystem::path ipmitool, Seconds timeout,
                                                  const Clock& clock);
  [[nodiscard]] std::span<const Channel> channels() const override { return {&channel_, 1}; }
  /// An Error (nothing could be read) says why; the next read tries again. 0 W is `refused`: the
  /// machine that asks is running.
  Result<void> read(std::span<Reading> out) override;

 private:
  IpmiSensor(std::filesystem::path ipmitool, Seconds timeout, const Clock& clock);
  std::filesystem::path ipmitool_;
  Seconds timeout_;
  const Clock& clock_;
  Channel channel_;
};

}  // namespace btrack::power

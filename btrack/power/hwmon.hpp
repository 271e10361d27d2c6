// SPDX-License-Identifier: Apache-2.0
// What the drivers over /sys/class/hwmon share: which chip and device it is, and how far its meter
// may be off.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/power/cpu_gain.hpp"
#include "btrack/power/file_rows.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

struct HwmonChip {
  std::filesystem::path folder;  ///< the hwmonN itself
  std::string name;              ///< "amdgpu"
  std::string device;            ///< last part of the device's real path: "0000:03:00.0"
  std::string id;                ///< "amdgpu-0000:03:00.0": the same after a reboot, unlike hwmonN
};

/// The chip of a number that was found below class/hwmon.
HwmonChip hwmon_chip(const FoundFile& file);

/// What `powerN_accuracy` says, rectangular: "95.0%" and "5" both mean +-5 %. Without it, or where
/// it claims to be exact (firmware writes 100 %), measurement.md 5 (e): +-5 %.
GainPolicy meter_gain(std::string_view accuracy);

/// Seconds of an attribute in milliseconds, or `otherwise` where there is none or it says 0.
Seconds milliseconds(const std::filesystem::path& file, Seconds otherwise);

/// Makes ids unique: a second chip of that name on that device gets "@hwmon7".
void tell_apart(std::vector<Channel>& channels, const std::vector<FoundFile>& files);

}  // namespace btrack::power

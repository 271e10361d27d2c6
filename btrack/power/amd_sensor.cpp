// SPDX-License-Identifier: Apache-2.0
// One call for each channel, and the check of what it said.
#include "btrack/power/amd_sensor.hpp"

namespace btrack::power {

AmdSensor::AmdSensor(std::unique_ptr<AmdLibrary> library, std::vector<Source> sources,
                     const Clock& clock)
    : library_(std::move(library)), clock_(clock) {
  for (Source& source : sources) {
    guards_.emplace_back(source.channel);
    channels_.push_back(std::move(source.channel));
    gpus_.push_back(source.gpu);
  }
}

Result<void> AmdSensor::read(std::span<Reading> out) {
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    const bool counter = channels_[i].kind == ChannelKind::energy_counter;
    AmdEnergy energy;
    const SteadyTime before = clock_.now();
    const AmdStatus status =
        counter ? library_->energy(gpus_[i], energy) : library_->power(gpus_[i], energy.count);
    const SteadyTime after = clock_.now();
    // `energy.boot_ns` tells the driver's own instant; the middle of the call stands for it.
    const SteadyTime time = before + (after - before) / 2;
    std::uint32_t flags = reading_flags::ok;
    if (status != AmdStatus::ok) {
      flags = reading_flags::failed;
    } else if (counter ? !guards_[i].accept(time, energy.count)
                       : static_cast<double>(energy.count) * channels_[i].si_per_count >
                             channels_[i].power_limit.value()) {
      flags = reading_flags::refused;
    }
    out[i] = {static_cast<std::uint32_t>(i), flags, time,
              status == AmdStatus::ok ? energy.count : 0};
  }
  return {};
}

}  // namespace btrack::power

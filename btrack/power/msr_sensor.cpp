// SPDX-License-Identifier: Apache-2.0
// The read of all registers.
#include "btrack/power/msr_sensor.hpp"

namespace btrack::power {

MsrSensor::MsrSensor(std::vector<Source> sources, const Clock& clock) : clock_(clock) {
  for (Source& source : sources) {
    channels_.push_back(std::move(source.channel));
    registers_.push_back({source.address, std::move(source.files)});
  }
}

Result<void> MsrSensor::read(std::span<Reading> out) {
  SteadyTime before = clock_.now();
  for (std::size_t i = 0; i < registers_.size(); ++i) {
    std::uint64_t sum = 0;
    bool whole = true;
    for (const auto& file : registers_[i].files) {
      const auto value = file->read(registers_[i].address);
      whole = whole && value.has_value();
      sum += value.value_or(0);
    }
    const std::uint64_t modulus = channels_[i].modulus;
    const SteadyTime after = clock_.now();
    out[i] = {static_cast<std::uint32_t>(i), whole ? reading_flags::ok : reading_flags::failed,
              before + (after - before) / 2, 0};
    if (whole) out[i].count = modulus == 0 ? sum : sum % modulus;
    before = after;
  }
  return {};
}

}  // namespace btrack::power

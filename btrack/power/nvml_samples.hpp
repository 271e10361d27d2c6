// SPDX-License-Identifier: Apache-2.0
// The driver's own buffer of power samples, summed to an energy by the samples' time stamps.
#pragma once

#include <cstdint>
#include <vector>

#include "btrack/power/device_clock.hpp"
#include "btrack/power/nvml_library.hpp"

namespace btrack::power {

/// Each sample stands for the time since the one before it. Milliwatts times microseconds are whole
/// nanojoules, so nothing is rounded.
class NvmlSamples {
 public:
  /// `most` is an impossible power; `capacity` what the driver's buffer holds.
  NvmlSamples(NvmlSampling kind, Watts most, std::uint32_t capacity);

  enum class Outcome {
    same,     ///< there are no new samples
    grown,    ///< there are some
    refused,  ///< some were no possible values, and left out
    gap,      ///< the energy of a stretch is missing: the buffer ran over, or the clock was set
    failed,
  };
  /// Fetches what is new; never allocates.
  Outcome fetch(const NvmlLibrary& library, NvmlDevice device);
  /// The wall clock was set: the next sample begins anew.
  void restart() { last_us_ = 0; }
  [[nodiscard]] std::uint64_t nanojoules() const { return nanojoules_; }
  /// CLOCK_REALTIME of the last sample; 0 before the first.
  [[nodiscard]] std::uint64_t last_us() const { return last_us_; }

 private:
  Outcome add(const NvmlSample& sample, NvmlValueType type);

  NvmlSampling kind_;
  std::uint64_t most_mw_;
  std::vector<NvmlSample> buffer_;
  std::uint64_t last_us_ = 0;
  std::uint64_t nanojoules_ = 0;
};

}  // namespace btrack::power

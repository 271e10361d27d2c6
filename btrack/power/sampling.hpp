// SPDX-License-Identifier: Apache-2.0
// What a sensor that looks only at part of the time may have missed.
#pragma once

#include <string_view>
#include <vector>

#include "btrack/power/budget.hpp"
#include "btrack/power/curve.hpp"

namespace btrack::power {

/// A word of Channel::note: the window is a cautious prior, since nobody documents what this
/// counter integrates.
inline constexpr std::string_view kWindowAssumed = "window-assumed";

/// A sensor that covers the share `covered` of the time, over `length`.
struct PartTime {
  double covered = 1.0;
  bool locked_to_clock = false;  ///< the sensor chooses when it looks, at its own fixed period
  bool assumed = false;          ///< the window is a prior, not known of this sensor
  double windows = 1.0;          ///< looks within the window
  std::vector<double> powers{};  ///< what they showed, watts
  std::vector<double> around{};  ///< and those shortly before and after it too
};

struct SamplingDoubt {
  std::vector<BudgetTerm> terms;
  bool aliasing =
      false;  ///< the looks could be in step with the load: nothing bounds what was missed
};

/// Type A: cv sqrt(1 - f) / sqrt(n), n by the looks' autocorrelations. Looks that hardly vary prove
/// nothing unless there are very many: a load in step with the sensor shows the same. Then what was
/// not seen is bounded only by what the device can draw, which is no 95 % interval.
SamplingDoubt sampling_doubt(const PartTime& sensor, Joules value, Watts limit, Seconds length);

}  // namespace btrack::power

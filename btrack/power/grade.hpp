// SPDX-License-Identifier: Apache-2.0
// The trust grade of an energy: measurement.md 5 (e) as one function.
#pragma once

#include <span>

#include "btrack/power/energy.hpp"

namespace btrack::power {

/// What is known about a channel's gain beside its maker's documentation.
enum class GainBasis { documented, characterised, calibrated };
/// From the channel's `gain_source`: "calibration: ..." or "characterised: ..." as their commands
/// write it; everything else is documented.
GainBasis gain_basis(const Channel& channel);

struct GradeFacts {
  double doubtful_share = 0.0;  ///< of the window: lost, frozen, extrapolated
  bool invalid = false;         ///< reset, ambiguous gap, contradiction
  bool partial = false;         ///< sampled only in part, or filtered and short: D at best
  GainBasis basis = GainBasis::documented;
  bool whole_node = false;  ///< what was measured is everything behind the node's supplies
};

/// Grade of a measured or estimated figure; half-widths are relative to its value.
Grade grade_of(const EnergyFigure& figure, const GradeFacts& facts);

/// A sum takes the worst grade among the parts with more than 5 % of the energy; an invalid part
/// always counts.
Grade grade_of_sum(const EnergyFigure& sum, std::span<const EnergyFigure* const> parts);

}  // namespace btrack::power

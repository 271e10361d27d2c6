// SPDX-License-Identifier: Apache-2.0
// One channel over one window: its energy, every cause of doubt, its grade.
#pragma once

#include "btrack/power/energy.hpp"
#include "btrack/power/track.hpp"

namespace btrack::power {

struct Assessment {
  EnergyFigure figure;
  EnergyBudget budget;
};

/// `lost_share`: of the whole trace's readings, those that found the ring full.
Assessment assess(const Channel& channel, const Track& track, Window window, double lost_share);

/// Puts the interval of a budget into a figure.
void set_interval(EnergyFigure& figure, const EnergyBudget& budget);

void add_flag(EnergyFigure& figure, std::string_view flag);

}  // namespace btrack::power

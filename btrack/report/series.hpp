// SPDX-License-Identifier: Apache-2.0
// What the charts draw: the total power in equal cells, and energy and accuracy epoch by epoch.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "btrack/results/record.hpp"

namespace btrack::report {

/// The start of the recording: the first reading or the first window, whichever is earlier.
SteadyTime recording_start(const results::RunRecord& record);

/// Mean power of the total (total_channels) in cells of `step`; nothing where a channel is silent.
struct PowerCells {
  Seconds begin{};  ///< after recording_start
  Seconds step{};
  std::vector<std::optional<double>> watts;
  std::vector<std::string> channels;  ///< ids of what was added up
  std::vector<std::string> labels;    ///< the same for people: "CPU package 0"
  bool estimated = false;
};
/// At most `cells` cells; nothing without at least two points of power. The mean keeps the energy:
/// watts x step adds up to the energy of the series.
std::optional<PowerCells> power_cells(const results::RunRecord& record, std::size_t cells);

struct Epoch {
  std::int64_t index = 0;
  std::optional<double> accuracy;  ///< after this epoch, in [0, 1]
  power::EnergyFigure energy;
  power::EnergyFigure cumulative;  ///< from the first epoch to the end of this one
  Seconds cumulative_time{};
};
std::vector<Epoch> epochs(const results::RunRecord& record);

}  // namespace btrack::report

// SPDX-License-Identifier: Apache-2.0
// From what was read to when the hardware renewed it: the nodes of a track.
#pragma once

#include <vector>

#include "btrack/power/track.hpp"

namespace btrack::power {

/// Fills period, lock and nodes of a counter's track, and lists where it stood still.
void place_counter(const Channel& channel, const std::vector<Update>& updates, Track& track);

/// The same of a gauge: each value stands for the mean over its window before the update, what lies
/// between windows is interpolated (gauge.cpp).
void place_gauge(const Channel& channel, const std::vector<Update>& updates, Track& track);

/// When the update behind `update` happened: seen closely, known from the lock, or within a period
/// before it was read.
TickLock::Tick instant_of(const Update& update, const TickLock& lock);

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// Relations between the channels of different drivers: one counter seen twice, one inside another.
#pragma once

#include <span>

#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// Marks each channel of `added` that reads the counter of a channel in `known`: equal domain and
/// equal id after the driver's name ("perf/package-0/dram" is "powercap/package-0/dram").
void mark_duplicates(std::span<const Channel> known, std::span<Channel> added);

/// Puts packages and memory that one driver shows inside the platform counter that only another
/// driver shows (powercap closed but for psys, perf open).
void contain_across(std::span<Channel> channels);

}  // namespace btrack::power

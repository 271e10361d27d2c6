// SPDX-License-Identifier: Apache-2.0
// Readings as the store keeps them: one zstd frame. Private to this room.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/power/trace.hpp"

namespace btrack::results {

/// One zstd frame of little-endian columns: channel (u32), flags (u32), time (i64, ns, difference
/// to the reading before), count (u64, difference to the channel's reading before, modulo 2^64).
/// Differences of steady counters repeat, which is what makes the frame small.
std::string pack_readings(std::span<const power::Reading> readings);
Result<std::vector<power::Reading>> unpack_readings(std::string_view bytes);

}  // namespace btrack::results

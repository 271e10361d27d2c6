// SPDX-License-Identifier: Apache-2.0
// A trace as the store keeps it: channels as JSON, readings as one zstd frame. Private to this
// room.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/power/trace.hpp"

namespace btrack::results {

std::string channels_to_json(std::span<const power::Channel> channels);
Result<std::vector<power::Channel>> channels_from_json(std::string_view json);

/// One zstd frame of little-endian columns: channel (u32), flags (u32), time (i64, ns, difference
/// to the reading before), count (u64, difference to the channel's reading before, modulo 2^64).
/// Differences of steady counters repeat, which is what makes the frame small.
std::string pack_readings(std::span<const power::Reading> readings);
Result<std::vector<power::Reading>> unpack_readings(std::string_view bytes);

}  // namespace btrack::results

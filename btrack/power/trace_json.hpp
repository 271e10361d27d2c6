// SPDX-License-Identifier: Apache-2.0
// Channels and clock marks as JSON, for trace files and the store.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/power/sensor.hpp"
#include "btrack/power/trace.hpp"

namespace btrack::power {

/// An array of objects whose keys carry their units; numbers survive the round trip bit for bit.
std::string channels_to_json(std::span<const Channel> channels);
/// Strict: an error (malformed) names the key that is missing or wrong. What later versions added
/// may be missing and takes its default; unknown keys are passed over.
Result<std::vector<Channel>> channels_from_json(std::string_view text);

/// An array of [monotonic, raw, realtime, boottime], nanoseconds.
std::string clocks_to_json(std::span<const ClockMark> marks);
Result<std::vector<ClockMark>> clocks_from_json(std::string_view text);

}  // namespace btrack::power

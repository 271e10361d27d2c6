// SPDX-License-Identifier: Apache-2.0
// A power trace as text: one JSON line of channels, then one line for each reading. Bit-exact.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "btrack/core/error.hpp"
#include "btrack/power/trace.hpp"

namespace btrack::power {

/// Format "btrack-trace", version 1: {"format":..., "version":1, "lost":n, "channels":[...],
/// "clocks":[...]}, then lines "channel flags time_ns count" (CLOCK_MONOTONIC nanoseconds, raw
/// counts).
std::string trace_to_text(const PowerTrace& trace);
/// `name` stands in errors, which give the line and what was expected there.
Result<PowerTrace> trace_from_text(std::string_view text, std::string_view name);

Result<void> save_trace(const PowerTrace& trace, const std::filesystem::path& file);
Result<PowerTrace> load_trace(const std::filesystem::path& file);

}  // namespace btrack::power

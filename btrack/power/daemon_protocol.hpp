// SPDX-License-Identifier: Apache-2.0
// What btrackd and its clients say to each other: one packet of a local socket each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

// A client sends a question, "channels" or "read", and gets one packet back. The first byte says
// which: 'c' JSON, 'r' readings as they lie in memory (both ends run on one machine), 'e' a
// sentence. Nothing a client can say changes anything.
constexpr std::string_view kAskChannels = "channels";
constexpr std::string_view kAskRead = "read";
constexpr int kDaemonProtocol = 1;
constexpr std::size_t kLargestQuestion = 64;
constexpr std::size_t kLargestAnswer = 1U << 17;  ///< bytes; below a socket's default buffer

std::string channels_answer(std::span<const Channel> channels);
/// `readings` behind their letter, into `out` without allocating where it has the room.
void put_readings_answer(std::span<const Reading> readings, std::string& out);
std::string error_answer(std::string_view sentence);

/// Errors: malformed; unsupported for another version of the protocol; io for the daemon's own
/// sentence.
Result<std::vector<Channel>> channels_from_answer(std::string_view packet);
/// Fills `out`, one reading for each channel in order; never allocates but for an Error.
Result<void> readings_from_answer(std::string_view packet, std::span<Reading> out);

}  // namespace btrack::power

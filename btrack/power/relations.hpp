// SPDX-License-Identifier: Apache-2.0
// How the channels of a machine relate: one counter seen twice, one inside another, what is summed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// Completes what each driver said of its own channels with what only all drivers together show
/// (measurement.md 5 (b)); `channels` are in the order of trust. Duplicates: equal id after the
/// driver's name and equal domain (perf and powercap read one register), or equal device and domain
/// (NVML and hwmon read one board); an energy counter stands for a gauge. Containment: a channel
/// that is inside nothing yet goes into the innermost channel that covers it.
void relate(std::span<Channel> channels);

/// The channels whose sum is the total: an antichain of the containment graph, as far out as it
/// goes, duplicates dropped, `beside` only where nothing else measures; the estimate only where
/// nothing is measured. Indices into `channels`.
std::vector<std::uint32_t> total_channels(std::span<const Channel> channels);

/// How a channel takes part in the total.
enum class Standing { summed, inside, duplicate, beside, unused };
struct ChannelStanding {
  Standing standing = Standing::unused;
  std::string of;  ///< id of what it is inside of, or a duplicate of
};
std::vector<ChannelStanding> standings(std::span<const Channel> channels);

/// Parts of a machine that no summed channel covers: named, never silently dropped.
enum class UnmeasuredPart { processors, memory, accelerators, rest_of_node };
std::vector<UnmeasuredPart> unmeasured_parts(std::span<const Channel> channels);
std::string_view unmeasured_part_name(UnmeasuredPart part);
/// The word for it in records: "rest_of_node".
std::string_view unmeasured_part_id(UnmeasuredPart part);
/// The part of that id; nothing for one that this version does not know.
std::optional<UnmeasuredPart> unmeasured_part_from(std::string_view id);

}  // namespace btrack::power

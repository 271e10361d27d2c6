// SPDX-License-Identifier: Apache-2.0
// A second reader of the same counter settles how often the first one wrapped while nobody read it.
#pragma once

#include <span>
#include <vector>

#include "btrack/power/track.hpp"

namespace btrack::power {

/// For every gap in which further wraps were possible: where another channel of the same duplicate
/// set was read without a doubt over that time, its energy chooses the number of wraps, the track
/// is corrected and the gap becomes a wrap that was undone.
void resolve_gaps(std::span<const Channel> channels, std::vector<Track>& tracks);

}  // namespace btrack::power

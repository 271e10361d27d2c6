// SPDX-License-Identifier: Apache-2.0
// One counter shown as two: zones of one processor whose readings grow alike, found afterwards.
#pragma once

#include <cstdint>
#include <vector>

#include "btrack/power/trace.hpp"
#include "btrack/power/track.hpp"

namespace btrack::power {

/// Whether two tracks are one counter: at five or more updates in a row that both were read at,
/// each grew by the same amount within `unit` counts, while these amounts changed from one to the
/// next. Under a load that does not change this says nothing, and so the answer is no. Updates that
/// fell between the two reads shift one amount into the next and are left out. (The dies of a
/// Threadripper 1950X: 68 W and 68 W shown for 68 W; CodeCarbon issues 1274 and 1379.)
bool mirrored(const Track& a, const Track& b, std::uint64_t unit = 1);

struct MirrorPair {
  std::uint32_t original = 0;  ///< the first channel of its kind
  std::uint32_t copy = 0;      ///< to be counted no more
};

/// Channels of one driver, domain and unit that are one counter, none of them marked as a duplicate
/// or part of the other. Each copy stands once, with the first channel that it mirrors.
std::vector<MirrorPair> find_mirrors(const PowerTrace& trace);

}  // namespace btrack::power

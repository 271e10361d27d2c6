// SPDX-License-Identifier: Apache-2.0
// Whether the machine was quiet while a run was measured.
#pragma once

#include "btrack/results/record.hpp"

namespace btrack::results {

/// Policy: with more of the processors in other hands, times are not those of the work alone.
inline constexpr double kBusyPercent = 5.0;

/// What other programs and other guests of the host had of all processors, in %; 0 where the
/// record does not say.
double neighbours_percent(const RunRecord& record);

}  // namespace btrack::results

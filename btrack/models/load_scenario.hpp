// SPDX-License-Identifier: Apache-2.0
// Queries of the load scenarios, whatever it is that runs them.
#pragma once

#include "btrack/models/timed_inference.hpp"

namespace btrack::models {

using results::samples_per_query;

/// Query after query for at least `asked.seconds`; `run` makes calls of one query each, the first
/// of which, before the window, is not counted. In phase server they come at Poisson arrivals of
/// `asked.rate`, drawn from `seed` and `asked.index`, and a latency counts from the arrival:
/// waiting for others is part of it. The window then holds all that arrived within `asked.seconds`;
/// where that takes ten times as long, the rest is given up, and its latencies are those so far.
/// Nothing where the reporter asked to stop.
std::optional<Timed> load_scenario(const RunBatches& run, c10::Device device,
                                   const bench::Run& asked, std::int64_t seed, Reporter& reporter);

}  // namespace btrack::models

// SPDX-License-Identifier: Apache-2.0
// The highest rate of queries at which a server still keeps its latency limit.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "btrack/core/error.hpp"
#include "btrack/core/quantity.hpp"
#include "btrack/results/record.hpp"

namespace btrack::bench {

/// What is to be offered next.
struct Probe {
  double rate = 0.0;  ///< queries per second
  Seconds length{};
};
/// Offers it and answers the window; errors end the search.
using OfferProbe = std::function<Result<results::PhaseWindow>(const Probe&)>;

/// Doubles (or halves) from one query per limit until the limit is missed (or kept), then bisects
/// until the two rates are within 5 %. A probe keeps the limit where the 99th percentile of its
/// latencies does and its queue had not grown at the end. It lasts `shortest`, or longer: for 100
/// queries (400 when bisecting) up to 4 times (8 times) `shortest`, and at least 10 times the
/// limit, so that a growing queue shows. Errors: incomplete where even 1/16 query per limit misses
/// it, or the worker tells no latencies.
Result<double> highest_rate(Seconds latency_limit, Seconds shortest, const OfferProbe& offer);

}  // namespace btrack::bench

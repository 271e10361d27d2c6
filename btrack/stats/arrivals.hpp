// SPDX-License-Identifier: Apache-2.0
// When queries of independent users arrive: a Poisson process that can be repeated.
#pragma once

#include <cstdint>
#include <random>

#include "btrack/core/quantity.hpp"

namespace btrack::stats {

/// Exponential gaps of mean 1 / rate, the same for the same seed and stream on every machine.
class PoissonArrivals {
 public:
  /// `rate` in queries per second; throws std::invalid_argument unless above 0 and finite. `stream`
  /// tells apart what must not see the same arrivals, such as the repetitions of a run.
  PoissonArrivals(double rate, std::uint64_t seed, std::uint64_t stream);
  /// Of the next query, since the start.
  Seconds next();

 private:
  std::mt19937_64 bits_;
  double rate_;
  Seconds last_{};
};

}  // namespace btrack::stats

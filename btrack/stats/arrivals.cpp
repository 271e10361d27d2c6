// SPDX-License-Identifier: Apache-2.0
// Poisson arrivals by inversion: std::exponential_distribution differs between libraries.
#include "btrack/stats/arrivals.hpp"

#include <cmath>
#include <stdexcept>

namespace btrack::stats {

PoissonArrivals::PoissonArrivals(double rate, std::uint64_t seed, std::uint64_t stream)
    : rate_(rate) {
  if (!(rate > 0.0) || !std::isfinite(rate)) {
    throw std::invalid_argument("PoissonArrivals: the rate must be above 0");
  }
  std::seed_seq both{seed & 0xffffffffU, seed >> 32U, stream & 0xffffffffU, stream >> 32U};
  bits_.seed(both);
}

Seconds PoissonArrivals::next() {
  const double uniform = std::ldexp(static_cast<double>(bits_() >> 11U), -53);  // in [0, 1)
  last_ += Seconds(-std::log1p(-uniform) / rate_);
  return last_;
}

}  // namespace btrack::stats

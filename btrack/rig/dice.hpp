// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same on every machine and library: SplitMix64 and plain transforms.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace btrack::rig {

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
constexpr std::uint64_t scrambled(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

/// In [0, 1), from 53 bits.
constexpr double unit_interval(std::uint64_t bits) {
  return static_cast<double>(bits >> 11U) * 0x1.0p-53;
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(scrambled(seed)) {}

  std::uint64_t bits() { return scrambled(state_++); }
  double uniform(double low = 0.0, double high = 1.0) {
    return low + (high - low) * unit_interval(bits());
  }
  /// Evenly spread over the decades of [low, high].
  double decades(double low, double high) {
    return std::exp(uniform(std::log(low), std::log(high)));
  }
  double normal() {
    return std::sqrt(-2.0 * std::log1p(-uniform())) * std::cos(2 * std::numbers::pi * uniform());
  }
  /// 0 .. n-1.
  std::size_t choice(std::size_t n) { return static_cast<std::size_t>(bits() % n); }
  bool chance(double probability) { return uniform() < probability; }

 private:
  std::uint64_t state_;
};

}  // namespace btrack::rig

// SPDX-License-Identifier: Apache-2.0
// The NVIDIA GPUs behind the fake library: power over time, and the energy that it truly is.
#pragma once

#include <cmath>

#include "tests/fakes/fake_gpu.hpp"

namespace btrack::test {

/// p(t) = base + 20 W x device + amplitude x sin(2 pi t / period), t on CLOCK_MONOTONIC.
inline double fake_nvml_omega() { return 2.0 * kFakePi / fake_setting("period", 0.37); }

/// Its integral from 0 to t, joules: the truth of the tests.
inline double fake_nvml_energy_j(std::uint32_t device, double t) {
  const double omega = fake_nvml_omega();
  return (fake_setting("base", 150.0) + 20.0 * device) * t +
         fake_setting("amplitude", 60.0) / omega * (1.0 - std::cos(omega * t));
}

inline double fake_nvml_mean_w(std::uint32_t device, double begin, double end) {
  return (fake_nvml_energy_j(device, end) - fake_nvml_energy_j(device, begin)) / (end - begin);
}

}  // namespace btrack::test

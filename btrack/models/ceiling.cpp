// SPDX-License-Identifier: Apache-2.0
// The product of two square matrices against the clock.
#include "btrack/models/ceiling.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>

#include <algorithm>

#include "btrack/core/quantity.hpp"
#include "btrack/models/device.hpp"

namespace btrack::models {

double measured_ceiling(c10::Device device, Precision precision) {
  constexpr Seconds kLength{0.25};
  constexpr std::int64_t kHostSide = 1024;
  constexpr std::int64_t kDeviceSide = 8192;
  const at::NoGradGuard no_gradients;
  const Autocast cast(precision, device);
  const std::int64_t side = device.is_cpu() ? kHostSide : kDeviceSide;
  const at::Tensor factor = at::randn({side, side}, at::TensorOptions().device(device));
  at::matmul(factor, factor);  // the first one sets up threads and kernels
  const double flop = 2.0 * static_cast<double>(side * side * side);
  double best = 0.0;
  const auto begin = synchronized_now(device);
  for (auto now = begin; now - begin < kLength;) {
    at::matmul(factor, factor);
    const auto end = synchronized_now(device);
    best = std::max(best, flop / Seconds(end - now).count());
    now = end;
  }
  return best;
}

}  // namespace btrack::models

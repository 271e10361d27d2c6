// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a run.
#include "btrack/models/precision.hpp"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <fmt/format.h>

namespace btrack::models {

Result<Precision> choose_precision(std::string_view name, c10::Device device) {
  const bool gpu = device.is_cuda();
  if (name == "fp32") return Precision::fp32;
  if (name == "bf16") return Precision::bf16;
  if ((name == "tf32" || name == "fp16") && !gpu) {
    return fail(ErrorKind::unsupported,
                fmt::format("{} needs a CUDA device, not {}", name, device.str()),
                "use --precision fp32 or bf16 there");
  }
  if (name == "tf32") return Precision::tf32;
  if (name == "fp16") return Precision::fp16;
  return fail(ErrorKind::usage, fmt::format("there is no precision '{}'", name),
              "write fp32, tf32, bf16 or fp16");
}

void allow_tf32(bool allowed) {
  at::globalContext().setAllowTF32CuDNN(allowed);
  at::globalContext().setAllowTF32CuBLAS(allowed);
}

Autocast::Autocast(Precision precision, c10::Device device)
    : on_(precision == Precision::bf16 || precision == Precision::fp16), device_(device.type()) {
  if (!on_) return;
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::set_autocast_dtype(device_,
                                   precision == Precision::bf16 ? at::kBFloat16 : at::kHalf);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  if (!on_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, false);
}

}  // namespace btrack::models

// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a run: float32, or automatic casting of the operators that bear less.
#pragma once

#include <c10/core/Device.h>

#include <string_view>

#include "btrack/core/error.hpp"

namespace btrack::models {

enum class Precision {
  fp32,
  tf32,  ///< float32 whose products round their factors to 10 bits of mantissa
  bf16,  ///< bfloat16 by autocast; weights and optimizer stay float32
  fp16,  ///< the same with float16
};

/// Errors: usage (no such word), unsupported (this device cannot).
Result<Precision> choose_precision(std::string_view name, c10::Device device);

/// Says it to the library, once for the process; nothing but `tf32` lets float32 be less.
void allow_tf32(bool allowed);

/// Casts automatically as long as it lives.
class Autocast {
 public:
  Autocast(Precision precision, c10::Device device);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool on_;
  c10::DeviceType device_;
};

}  // namespace btrack::models

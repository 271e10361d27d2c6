// SPDX-License-Identifier: Apache-2.0
// What a run took of the machine, beside its time: memory, and what its speed is held against.
#pragma once

#include <c10/core/Device.h>

#include <optional>

#include "btrack/models/precision.hpp"
#include "btrack/models/reporter.hpp"

namespace btrack::models {

class Resources {
 public:
  /// After a measured window: the peaks so far, each time they grew; the ceiling once, where
  /// `precision` says in which arithmetic the workload multiplies.
  void tell(Reporter& reporter, c10::Device device, std::optional<Precision> precision);

 private:
  double peak_told_ = 0.0;  ///< bytes
  bool ceiling_told_ = false;
};

}  // namespace btrack::models

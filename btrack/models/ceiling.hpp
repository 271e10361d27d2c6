// SPDX-License-Identifier: Apache-2.0
// How fast this device multiplies matrices: what a model's speed is held against.
#pragma once

#include <c10/core/Device.h>

#include "btrack/models/precision.hpp"

namespace btrack::models {

/// FLOP (2 x multiply-adds) per second of the library's product of two square matrices, with the
/// threads that are set: the best of several within a quarter of a second. A ceiling that was
/// reached, not the data sheet's.
double measured_ceiling(c10::Device device, Precision precision);

}  // namespace btrack::models

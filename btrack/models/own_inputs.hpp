// SPDX-License-Identifier: Apache-2.0
// Inputs for a model file, made as its description says.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "btrack/bench/model_description.hpp"

namespace btrack::models {

/// The inputs of one call, in the order of the description.
using OwnInputs = std::vector<at::Tensor>;

struct Drawn {
  std::int64_t seed = 1;
  at::Device device;
};
/// Two calls, or one where two would take more than 1 GiB, of that many samples.
std::vector<OwnInputs> make_batches(const bench::ModelDescription& description, std::int64_t batch,
                                    const Drawn& drawn);
/// The same value everywhere, in the description's batch.
OwnInputs make_filled(const bench::ModelDescription& description, double value, at::Device device);

/// Bytes of the inputs of one call.
double input_bytes(const bench::ModelDescription& description, std::int64_t batch);

}  // namespace btrack::models

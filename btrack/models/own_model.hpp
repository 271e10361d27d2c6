// SPDX-License-Identifier: Apache-2.0
// A model file as a workload: inference on noise of the described shape.
#pragma once

#include "btrack/models/inference_workload.hpp"

namespace btrack::models {

/// Loads settings.file, calls it once and looks at the answer. Errors say what to do: a wrong file
/// or description, a shape that the model refuses, an answer that holds NaN, settings that only the
/// catalogue's models have.
Result<InferenceWorkloadPtr> prepare_file(results::Settings settings);

}  // namespace btrack::models

// SPDX-License-Identifier: Apache-2.0
// Inference between device-synchronised edges, whatever it is that runs the batches.
#pragma once

#include <c10/core/Device.h>

#include <optional>

#include "btrack/models/training.hpp"
#include "btrack/models/workload.hpp"

namespace btrack::models {

/// Runs batch after batch until `advance`, told the samples so far, says stop.
using RunBatches = std::function<void(const Advance& advance)>;

/// The first batches, which make plans, buffers and caches: a window of phase warmup.
bench::WindowDone warm_up_inference(const RunBatches& run, c10::Device device, Reporter& reporter);

/// At least `seconds` of it; items are samples. Nothing where the reporter asked to stop.
std::optional<bench::WindowDone> timed_inference(const RunBatches& run, c10::Device device,
                                                 Seconds seconds, Reporter& reporter);

}  // namespace btrack::models

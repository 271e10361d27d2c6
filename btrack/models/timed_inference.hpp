// SPDX-License-Identifier: Apache-2.0
// Inference between device-synchronised edges, whatever it is that runs the batches.
#pragma once

#include <c10/core/Device.h>

#include <optional>
#include <vector>

#include "btrack/models/training.hpp"
#include "btrack/models/workload.hpp"

namespace btrack::models {

/// Runs batch after batch until `advance`, told the samples so far, says stop.
using RunBatches = std::function<void(const Advance& advance)>;

/// The first batches, which make plans, buffers and caches: a window of phase warmup.
bench::WindowDone warm_up_inference(const RunBatches& run, c10::Device device, Reporter& reporter);

/// A window whose items are samples, and what its queries or calls took.
struct Timed {
  bench::WindowDone window;
  std::vector<std::int64_t> latencies_ns;
};

/// At least `seconds` of it; a latency for each call, none on a device that works them off in a
/// queue of its own. Nothing where the reporter asked to stop.
std::optional<Timed> timed_inference(const RunBatches& run, c10::Device device, Seconds seconds,
                                     Reporter& reporter);

}  // namespace btrack::models

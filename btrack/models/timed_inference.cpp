// SPDX-License-Identifier: Apache-2.0
// Warm-up and measured repetitions of inference.
#include "btrack/models/timed_inference.hpp"

#include "btrack/models/device.hpp"

namespace btrack::models {

bench::WindowDone warm_up_inference(const RunBatches& run, c10::Device device, Reporter& reporter) {
  constexpr int kBatches = 3;
  reporter.begin_phase(results::phase::warmup, 0);
  const auto begin = synchronized_now(device);
  run([batches = 0](std::int64_t) mutable { return ++batches < kBatches; });
  return {std::string(results::phase::warmup), 1, {begin, synchronized_now(device)}, 0};
}

std::optional<Timed> timed_inference(const RunBatches& run, c10::Device device, Seconds seconds,
                                     Reporter& reporter) {
  // Launched work is waited for this often, so that a queue cannot outrun the clock.
  constexpr std::int64_t kCudaBatchesPerWait = 32;
  reporter.begin_phase(results::phase::infer, 0);
  std::int64_t items = 0;
  std::int64_t batches = 0;
  std::vector<std::int64_t> latencies;
  bool stopped = false;
  const auto begin = synchronized_now(device);
  auto last = begin;
  run([&](std::int64_t done) {
    items = done;
    stopped = !reporter.advance(done);
    if (device.is_cuda() && ++batches % kCudaBatchesPerWait != 0) return !stopped;
    const auto now = synchronized_now(device);
    if (!device.is_cuda()) latencies.push_back((now - last).count());
    last = now;
    return !stopped && now - begin < seconds;
  });
  const auto end = synchronized_now(device);
  if (stopped) return std::nullopt;
  return Timed{{std::string(results::phase::infer), 0, {begin, end}, items}, std::move(latencies)};
}

}  // namespace btrack::models

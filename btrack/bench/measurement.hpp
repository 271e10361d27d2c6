// SPDX-License-Identifier: Apache-2.0
// The power side of one run: sensors sampled from before the first window to after the last.
#pragma once

#include <memory>

#include "btrack/bench/runner.hpp"
#include "btrack/power/sampler.hpp"

namespace btrack::bench {

class Measurement {
 public:
  static Result<Measurement> start(const RunnerContext& context);
  /// An extra reading, to sharpen a window's edge that is now.
  void edge() { sampler_->edge(); }
  void drain() { sampler_->drain(); }
  /// Stops sampling and fills trace, cost and the energy of every window of the record.
  void finish(results::RunRecord& record);

 private:
  explicit Measurement(std::unique_ptr<power::Sampler> sampler) : sampler_(std::move(sampler)) {}
  std::unique_ptr<power::Sampler> sampler_;
};

/// A record with id, time, settings and machine facts, nothing measured yet.
results::RunRecord new_record(const results::Settings& settings, const RunnerContext& context);

}  // namespace btrack::bench

// SPDX-License-Identifier: Apache-2.0
// The power side of one run: sensors sampled from before the first window to after the last.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "btrack/bench/neighbours.hpp"
#include "btrack/bench/runner.hpp"
#include "btrack/power/sampler.hpp"

namespace btrack::bench {

class Measurement {
 public:
  static Result<Measurement> start(const RunnerContext& context);
  /// An extra reading, to sharpen a window's edge that is now.
  void edge() { sampler_->edge(); }
  void drain() { sampler_->drain(); }
  /// What was read until the last drain().
  [[nodiscard]] const power::PowerTrace& trace() const { return sampler_->trace(); }
  /// Waits and says whether to go on: false where the user has had enough.
  using Pause = std::function<bool(Seconds)>;
  /// Lets the machine rest and adds that window to the record, where a baseline was asked for.
  /// False, and no window, where `pause` said so.
  bool idle(results::RunRecord& record, std::string_view phase, const Pause& pause);
  /// Stops sampling and fills trace, cost, idle baselines, gross and net energy of every window,
  /// and what others took of the processors. The work's processes have ended.
  void finish(results::RunRecord& record);

 private:
  Measurement(std::unique_ptr<power::Sampler> sampler, std::optional<Seconds> idle_length,
              std::filesystem::path procfs_root, std::optional<ProcessorTimes> begun)
      : sampler_(std::move(sampler)),
        idle_length_(idle_length),
        procfs_root_(std::move(procfs_root)),
        begun_(begun) {}
  std::unique_ptr<power::Sampler> sampler_;
  std::optional<Seconds> idle_length_;  // absent: no baseline
  std::filesystem::path procfs_root_;
  std::optional<ProcessorTimes> begun_;  // absent where our other ranks are here, too
};

/// The windows in which the machine rested for that kind of baseline: before and after the work, as
/// far as there are any.
std::vector<Window> idle_windows(const results::RunRecord& record, std::string_view baseline);

/// A record with id, time, settings and machine facts, nothing measured yet.
results::RunRecord new_record(const results::Settings& settings, const RunnerContext& context);

}  // namespace btrack::bench

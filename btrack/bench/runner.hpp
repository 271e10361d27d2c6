// SPDX-License-Identifier: Apache-2.0
// Runs one workload until its answer is stable, or one command, and returns the whole record.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "btrack/bench/protocol.hpp"
#include "btrack/cluster/ranks.hpp"
#include "btrack/power/probe.hpp"
#include "btrack/results/record.hpp"

namespace btrack::bench {

struct RunnerContext {
  power::ProbeContext probe;
  std::filesystem::path worker;
  Seconds sample_period{0.1};
  Seconds silence_limit{120.0};
  /// Length of each idle window, before and after the work; 0: what power::idle_length() asks for;
  /// absent: no baseline is measured.
  std::optional<Seconds> baseline;
  std::optional<results::Facility> facility;  ///< for the record; nothing is measured for it
  std::function<bool()> stop_requested;
  std::function<void(const Progress&)> on_progress;  ///< may be empty
  cluster::Ranks ranks;  ///< train together, and the first of each node measures that node
  std::string meeting;   ///< where there are several: a word for this run
};

/// Always a record: complete, failed (with the reason) or interrupted; finished windows are kept.
results::RunRecord run_workload(const results::Settings& settings, const RunnerContext& context);

/// Runs settings.command with our terminal and streams, passes signals through, measures it whole.
/// An Error only where the command could not be started.
Result<results::RunRecord> measure_command(const results::Settings& settings,
                                           const RunnerContext& context);

/// A loop over a command that is too short for the sensors.
struct LoopAsked {
  std::int64_t runs = 0;  ///< at least so many; 0: until `target` or ten minutes are reached
  double target = 0.02;   ///< relative 95 % half-width without the gain, which no loop lowers
};

/// As measure_command, the command run again and again: a warm-up that shows how long it takes
/// (and, for a part-time sensor or a gauge, 40 s that show its period), then groups of runs, each
/// long against the sensor's period, dithered over it where that matters. Energy per run in
/// RunRecord::loop. The first run that fails ends it: a failed record with its exit code.
Result<results::RunRecord> measure_loop(const results::Settings& settings,
                                        const RunnerContext& context, const LoopAsked& asked);

}  // namespace btrack::bench

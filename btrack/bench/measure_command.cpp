// SPDX-License-Identifier: Apache-2.0
// `btrack measure -- CMD`: the command keeps terminal, streams and signals; we only watch.
#include "btrack/bench/measurement.hpp"
#include "btrack/bench/runner.hpp"
#include "btrack/bench/watched_child.hpp"

namespace btrack::bench {
Result<results::RunRecord> measure_command(const results::Settings& settings,
                                           const RunnerContext& context) {
  auto record = new_record(settings, context);
  const CaughtSignals signals;
  auto measurement = Measurement::start(context);
  if (!measurement) return fail(measurement.error());

  const auto pause = [&](Seconds length) { return rest(signals, length); };
  if (!measurement->idle(record, results::phase::idle, pause)) {
    return fail(ErrorKind::interrupted, "stopped before the command was started");
  }

  ChildOptions options;
  options.argv = settings.command;
  options.signal_mask = signals.before();
  measurement->edge();
  const auto begin = std::chrono::steady_clock::now();
  auto child = ChildProcess::start(options);
  if (!child) return fail(child.error());
  const auto status = watch(*child, signals, *measurement);
  const auto end = std::chrono::steady_clock::now();
  measurement->edge();

  results::PhaseWindow whole;
  whole.phase = results::phase::command;
  whole.window = {begin, end};
  whole.items = 1;
  record.windows.push_back(std::move(whole));
  record.item_unit = "runs";
  record.exit_code = status.code;
  measurement->idle(record, results::phase::idle, pause);  // stopped here, only the net is missing
  measurement->finish(record);
  record.status = results::Status::complete;
  return record;
}

}  // namespace btrack::bench

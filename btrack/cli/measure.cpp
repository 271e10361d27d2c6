// SPDX-License-Identifier: Apache-2.0
// `btrack measure -- CMD`: time and energy of any command, its streams and exit code untouched.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "btrack/bench/runner.hpp"
#include "btrack/cli/baseline.hpp"
#include "btrack/cli/command.hpp"
#include "btrack/cli/energy_kinds.hpp"
#include "btrack/cli/number_range.hpp"
#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::cli {
namespace {

struct MeasureOptions {
  double sample_hz = 10.0;
  std::string output;
  bool no_store = false;
  BaselineChoice baseline;
  FacilityChoice facility;
  std::string loop;
  double loop_precision = 0.02;
};

std::string loop_text(const results::RunRecord& record) {
  const auto& loop = *record.loop;
  const auto& energy = loop.energy_per_run;
  auto text = fmt::format("\nbtrack: {} runs in {} groups, {} s each", loop.runs, loop.groups,
                          significant(loop.run.count(), 4));
  if (energy.source == power::EnergySource::missing) {
    return text + fmt::format(", energy unknown: {}\n", energy.note);
  }
  text +=
      fmt::format(", {} J per run ({} J to {} J at 95 %), grade {}{}\n",
                  significant(energy.value.value(), 4), significant(energy.low.value()),
                  significant(energy.high.value()), static_cast<char>(energy.grade),
                  energy.source == power::EnergySource::estimated ? " ESTIMATE, no counter" : "");
  text += fmt::format("  covers: {}\n", join(energy.coverage, ", "));
  if (loop.dithered) {
    text += fmt::format("  dithered over the sensor's period of {} s, {}\n",
                        significant(loop.period.count(), 5),
                        loop.learned ? "learned in this run" : "from its documentation");
  }
  if (loop.stop == "time") {
    text += "  stopped after ten minutes, short of the precision asked for\n";
  }
  if (!energy.flags.empty()) text += fmt::format("  flags: {}\n", join(energy.flags, ", "));
  return text;
}

std::string single_text(const results::RunRecord& record) {
  const auto found =
      std::ranges::find(record.windows, results::phase::command, &results::PhaseWindow::phase);
  const auto& window = *found;
  const auto& total = window.energy.total;
  const double seconds = window.window.length().count();
  auto text = fmt::format("\nbtrack: {} s", significant(seconds, 4));
  if (total.source == power::EnergySource::missing) {
    const bool brief = std::ranges::find(total.flags, "not-resolvable") != total.flags.end();
    return text + fmt::format(", energy unknown: {}{}\n", total.note,
                              brief ? "; repeat it: btrack measure --loop auto -- CMD" : "");
  }
  text += fmt::format(", {} J ({} J to {} J at 95 %), grade {}{}, mean {} W\n",
                      significant(total.value.value(), 4), significant(total.low.value()),
                      significant(total.high.value()), static_cast<char>(total.grade),
                      total.source == power::EnergySource::estimated ? " ESTIMATE, no counter" : "",
                      significant(total.value.value() / seconds));
  text += fmt::format("  covers: {}\n", join(total.coverage, ", "));
  for (const auto& channel : window.energy.channels) {
    if (window.energy.channels.size() == 1 ||
        channel.energy.source == power::EnergySource::missing) {
      continue;
    }
    text +=
        fmt::format("  {:<44} {} J\n", channel.id, significant(channel.energy.value.value(), 4));
  }
  if (!total.flags.empty()) text += fmt::format("  flags: {}\n", join(total.flags, ", "));
  return text;
}

std::string text_of(const results::RunRecord& record) {
  if (record.failure) return fmt::format("\nbtrack: {}\n", record.failure->message);
  return (record.loop ? loop_text(record) : single_text(record)) + energy_kinds_text(record) +
         baseline_text(record) + neighbours_text(record);
}

Result<results::RunRecord> measured(const MeasureOptions& options,
                                    const results::Settings& settings,
                                    const bench::RunnerContext& context) {
  if (options.loop.empty()) return bench::measure_command(settings, context);
  const auto runs = parse_number<std::int64_t>(options.loop).value_or(0);
  return bench::measure_loop(settings, context, {runs, options.loop_precision});
}

int measure(const MeasureOptions& options, const Globals& globals) {
  if (globals.after_dashes.empty()) {
    return report_error({ErrorKind::usage, "the command to measure is missing",
                         "write it after two dashes: btrack measure -- sleep 5"},
                        globals);
  }
  std::optional<results::ResultStore> store;
  if (!options.no_store) {
    auto opened =
        globals.open_store();  // before the command runs, so that nothing is measured in vain
    if (!opened) return report_error(opened.error(), globals);
    store.emplace(std::move(*opened));
  }
  results::Settings settings;
  settings.workload = "command";
  settings.command = globals.after_dashes;
  bench::RunnerContext context;
  context.probe = globals.probe();
  context.sample_period = Seconds(1.0 / options.sample_hz);
  context.baseline = options.baseline.length();
  context.facility = options.facility.facility();
  const auto record = measured(options, settings, context);
  if (!record) return report_error(record.error(), globals);
  if (store) {
    if (const auto added = store->add(*record); !added) report_error(added.error(), globals);
  }
  const auto shown = globals.json ? results::to_json(*record) + "\n" : text_of(*record);
  if (options.output.empty()) {
    std::fwrite(shown.data(), 1, shown.size(), stderr);
  } else if (const auto written = write_file(options.output, shown); !written) {
    report_error(written.error(), globals);
  }
  return record->exit_code.value_or(exit_code::ok);
}

}  // namespace

Action add_measure(CLI::App& sub, Globals& globals) {
  auto options = std::make_shared<MeasureOptions>();
  sub.add_option("--sample-hz", options->sample_hz, "Sensor readings per second")
      ->check(number_range(0.1, 1000.0))
      ->type_name("HZ");
  sub.add_option("-o,--output", options->output, "Write the result here instead of to stderr")
      ->type_name("FILE");
  sub.add_flag("--no-store", options->no_store, "Do not keep the result");
  auto* loop =
      sub.add_option("--loop", options->loop,
                     "Run the command N times or more, as the sensors need; auto: until the energy "
                     "per run is known to --loop-precision, 10 minutes at most")
          ->check(CLI::IsMember({"auto"}) |
                  CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}))
          ->type_name("N|auto");
  sub.add_option("--loop-precision", options->loop_precision,
                 "Relative 95 % half-width that --loop auto aims at, the sensor's gain apart")
      ->check(number_range(0.0001, 1.0))
      ->needs(loop)
      ->type_name("SHARE");
  add_baseline_options(sub, options->baseline);
  add_facility_options(sub, options->facility);
  return [options, &globals] { return measure(*options, globals); };
}

}  // namespace btrack::cli

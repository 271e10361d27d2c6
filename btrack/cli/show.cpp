// SPDX-License-Identifier: Apache-2.0
// `btrack show`: one result, every window, figure and fact; its raw trace; its uncertainty budget.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iterator>
#include <memory>

#include "btrack/cli/baseline.hpp"
#include "btrack/cli/budget.hpp"
#include "btrack/cli/command.hpp"
#include "btrack/cli/energy_kinds.hpp"
#include "btrack/cli/latencies.hpp"
#include "btrack/cli/terminal.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/energy.hpp"
#include "btrack/report/report.hpp"
#include "btrack/results/token_phase.hpp"

namespace btrack::cli {
namespace {

std::vector<std::string> window_row(const results::PhaseWindow& window) {
  const auto& total = window.energy.total;
  const double seconds = window.window.length().count();
  std::vector<std::string> row = {window.phase, std::to_string(window.index), significant(seconds),
                                  std::to_string(window.items)};
  if (total.source == power::EnergySource::missing) {
    row.insert(row.end(), {"-", "-", "-", "-", total.note});
    return row;
  }
  row.insert(row.end(), {significant(total.value.value()),
                         fmt::format("{} .. {}", significant(total.low.value()),
                                     significant(total.high.value())),
                         significant(total.value.value() / seconds),
                         std::string(1, static_cast<char>(total.grade)), join(total.flags, " ")});
  return row;
}

/// What prompts or answers came to, where there were any.
void print_token_phase(const results::RunRecord& record, std::string_view name) {
  const auto phase = results::token_phase(record, name);
  if (!phase) return;
  const bool prompts = name == results::phase::prefill;
  fmt::print("\n{}: {} {} tokens/s", name, significant(phase->tokens_per_second(), 4),
             prompts ? "prompt" : "generated");
  if (phase->latency) {
    const auto& latency = *phase->latency;
    fmt::print(", {} {} s", prompts ? "TTFT" : "TPOT", significant(latency.value, 4));
    if (latency.n > 1) {
      fmt::print(" ({} s to {} s at 95 %)", significant(latency.low), significant(latency.high));
    }
  }
  fmt::print("\n  per token {}\n", figure_text(phase->energy_per_token));
  if (phase->net_energy_per_token.source != power::EnergySource::missing) {
    fmt::print("  net per token {}\n", figure_text(phase->net_energy_per_token));
  }
}

void print_text(const results::RunRecord& record) {
  fmt::print("{}  {}  {}\n", record.id, record.settings.workload,
             results::status_name(record.status));
  if (record.failure) fmt::print("  {}; {}\n", record.failure->message, record.failure->remedy);
  if (!record.settings.command.empty()) {
    fmt::print("  command: {}\n", join(record.settings.command, " "));
  }
  for (const auto& check : record.checks) {
    fmt::print("  check {}: {} (expected {}) {}\n", check.name, check.actual, check.expected,
               check.passed() ? "ok" : "FAILED");
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& window : record.windows) rows.push_back(window_row(window));
  fmt::print("\n");
  const std::vector<std::string> header = {"phase",          "no.",      "time s",
                                           record.item_unit, "energy J", "95 % interval J",
                                           "mean W",         "grade",    "notes"};
  print(report::text_table(header, rows));
  if (record.loop) {
    const auto& energy = record.loop->energy_per_run;
    const bool known = energy.source != power::EnergySource::missing;
    fmt::print(
        "\nloop: {} runs, {} s each, {}\n", record.loop->runs,
        significant(record.loop->run.count(), 4),
        known ? fmt::format("{} J per run, {} .. {} J at 95 %, grade {}",
                            significant(energy.value.value(), 4), significant(energy.low.value()),
                            significant(energy.high.value()), static_cast<char>(energy.grade))
              : "energy unknown: " + energy.note);
  }
  print_token_phase(record, results::phase::prefill);
  print_token_phase(record, results::phase::decode);
  print(latencies_text(record));
  const auto kinds = energy_kinds_text(record);
  if (!kinds.empty()) print("\n" + kinds);
  print(baseline_text(record));
  rows.clear();
  for (const auto& quality : record.qualities) {
    rows.push_back({quality.metric, std::to_string(quality.index), significant(quality.value, 4)});
  }
  if (!rows.empty()) {
    fmt::print("\n");
    print(report::text_table(std::vector<std::string>{"quality", "epoch", "value"}, rows));
  }
  fmt::print("\nMeasuring cost {} s CPU in {} s ({} %), {} rounds, {} readings lost.\n",
             significant(record.sampling.cpu_time.count()),
             significant(record.sampling.wall_time.count()),
             significant(100.0 * record.sampling.cpu_time /
                         std::max(record.sampling.wall_time, Seconds(1e-9))),
             record.sampling.rounds, record.sampling.lost);
  print(neighbours_text(record));
  for (const auto& [key, value] : record.provenance) fmt::print("  {:<28} {}\n", key, value);
}

/// time_ns, channel id, raw count, joules or watts; one row per reading.
std::string trace_csv(const power::PowerTrace& trace) {
  std::string text = "time_ns,channel,kind,count,si_value,failed\n";
  for (const auto& reading : trace.readings) {
    const auto& channel = trace.channels[reading.channel];
    const bool failed = (reading.flags & power::reading_flags::failed) != 0;
    fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{}\n", to_ns(reading.time), channel.id,
                   channel.kind == power::ChannelKind::energy_counter ? "energy_j" : "power_w",
                   reading.count, static_cast<double>(reading.count) * channel.si_per_count,
                   failed ? 1 : 0);
  }
  return text;
}

}  // namespace

Action add_show(CLI::App& sub, Globals& globals) {
  struct Options {
    std::string id = "latest";
    bool trace = false;
    bool budget = false;
  };
  auto options = std::make_shared<Options>();
  sub.add_option("run", options->id, "Id of the result, the start of one, or 'latest'");
  sub.add_flag("--trace", options->trace, "The raw sensor readings as CSV");
  sub.add_flag("--budget", options->budget,
               "Every term behind the 95 % intervals, computed again from the readings");
  return [options, &globals] {
    const auto store = globals.open_store();
    if (!store) return report_error(store.error(), globals);
    const auto record = store->run(options->id);
    if (!record) return report_error(record.error(), globals);
    if (options->trace) {
      print(trace_csv(record->trace));
    } else if (options->budget && record->trace.readings.empty()) {
      return report_error(
          {ErrorKind::not_found, fmt::format("run {} has no stored sensor readings", record->id),
           "a budget can be shown for runs that were measured into this store"},
          globals);
    } else if (options->budget) {
      print(globals.json ? budget_json(*record) : budget_text(*record));
    } else if (globals.json) {
      print(results::to_json(*record));
    } else {
      print_text(*record);
    }
    return exit_code::ok;
  };
}

}  // namespace btrack::cli

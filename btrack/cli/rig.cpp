// SPDX-License-Identifier: Apache-2.0
// `btrack rig`: proof of the measuring on virtual hardware with a known true energy.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "btrack/cli/command.hpp"
#include "btrack/cli/terminal.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/energy.hpp"
#include "btrack/power/replay_sensor.hpp"
#include "btrack/power/trace_file.hpp"
#include "btrack/report/report.hpp"
#include "btrack/rig/targets.hpp"

namespace btrack::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  rig::RigOptions rig;
  std::string replay;
  bool all = false;
};

std::string_view expectation_name(rig::Expectation expectation) {
  return expectation == rig::Expectation::corrected ? "corrected" : "flagged";
}

Json to_json(const rig::Honesty& row) {
  return {{"name", row.name},
          {"scenarios", row.scenarios},
          {"refused", row.refused},
          {"bounded", row.bounded},
          {"outside_bound", row.outside_bound},
          {"contained", row.contained},
          {"contained_share", row.share()},
          {"silent_errors", row.silent_errors},
          {"mean_half_width_share", row.mean_half_width()}};
}

Json to_json(const rig::RigReport& report, const rig::RigOptions& options) {
  Json targets = Json::array();
  for (const auto& t : report.targets) {
    targets.push_back(
        {{"name", t.name}, {"wanted", t.wanted}, {"measured", t.measured}, {"met", t.met}});
  }
  Json intervals = Json::array({to_json(report.honesty.all)});
  for (const auto* group :
       {&report.honesty.by_source, &report.honesty.by_length, &report.honesty.by_load}) {
    for (const auto& row : *group) intervals.push_back(to_json(row));
  }
  Json faults = Json::array();
  for (const auto& f : report.faults) {
    faults.push_back({{"family", f.fault->family},
                      {"name", f.fault->name},
                      {"expectation", expectation_name(f.fault->expectation)},
                      {"trials", f.trials},
                      {"contained", f.contained},
                      {"flagged", f.flagged},
                      {"silent", f.silent},
                      {"silent_errors", f.silent_errors},
                      {"passed", f.passed()}});
  }
  Json machines = Json::array();
  for (const auto& m : report.topologies) {
    machines.push_back({{"name", m.name}, {"total", m.total}, {"problems", m.problems}});
  }
  return {{"format", "btrack-rig"}, {"version", 1},           {"seed", options.seed},
          {"targets", targets},     {"intervals", intervals}, {"faults", faults},
          {"machines", machines},   {"met", report.all_met()}};
}

void print_intervals(const rig::HonestyReport& honesty) {
  std::vector<std::vector<std::string>> rows;
  const auto add = [&rows](const rig::Honesty& row) {
    rows.push_back({row.name, std::to_string(row.scenarios), std::to_string(row.refused),
                    std::to_string(row.bounded), fmt::format("{:.2f}", 100 * row.share()),
                    std::to_string(row.silent_errors),
                    fmt::format("{:.2f}", 100 * row.mean_half_width())});
  };
  add(honesty.all);
  for (const auto* group : {&honesty.by_source, &honesty.by_length, &honesty.by_load}) {
    for (const auto& row : *group) add(row);
  }
  const std::vector<std::string> header = {"scenarios of",     "number",        "refused",
                                           "bounded",          "in interval %", "silent > 3 U",
                                           "mean half width %"};
  print(report::text_table(header, rows));
}

void print_faults(const std::vector<rig::FaultResult>& faults, bool all) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& f : faults) {
    if (!all && f.passed()) continue;
    rows.push_back({std::to_string(f.fault->family), std::string(f.fault->name),
                    std::string(expectation_name(f.fault->expectation)),
                    std::to_string(f.contained), std::to_string(f.flagged),
                    std::to_string(f.silent), f.passed() ? "yes" : "NO"});
  }
  const std::vector<std::string> header = {"family",  "fault",  "to be", "contained",
                                           "flagged", "silent", "passed"};
  if (!rows.empty()) print("\n" + report::text_table(header, rows));
}

void print_machines(const std::vector<rig::TopologyResult>& machines, bool all) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& m : machines) {
    if (!all && m.problems.empty()) continue;
    rows.push_back({m.name, join(m.total, ", "), join(m.problems, "; ")});
  }
  const std::vector<std::string> header = {"machine", "summed", "problems"};
  if (!rows.empty()) print("\n" + report::text_table(header, rows));
}

void print_text(const rig::RigReport& report, bool all) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& t : report.targets) {
    rows.push_back({t.name, t.wanted, t.measured, t.met ? "yes" : "NO"});
  }
  const std::vector<std::string> header = {"target", "wanted", "measured", "met"};
  print(report::text_table(header, rows));
  if (all) {
    fmt::print("\n");
    print_intervals(report.honesty);
  }
  print_faults(report.faults, all);
  print_machines(report.topologies, all);
}

/// Plays the file through the Sensor interface and compares every bit with what was recorded.
int replay(const std::string& file, const Globals& globals) {
  auto recorded = power::load_trace(file);
  if (!recorded) return report_error(recorded.error(), globals);
  if (recorded->readings.empty()) {
    return report_error({ErrorKind::malformed, file + " holds no reading",
                         "record for longer: btrack sensors --record FILE --seconds 10"},
                        globals);
  }
  power::ReplaySensor sensor(*recorded);
  std::vector<std::vector<power::Reading>> wanted(recorded->channels.size());
  for (const auto& reading : recorded->readings) wanted[reading.channel].push_back(reading);
  std::vector<power::Reading> round(recorded->channels.size());
  std::size_t different = 0;
  for (std::size_t n = 0; !sensor.finished(); ++n) {
    if (const auto answered = sensor.read(round); !answered) {
      return report_error(answered.error(), globals);
    }
    for (std::size_t c = 0; c < round.size(); ++c) {
      if (n >= wanted[c].size()) continue;
      const auto& want = wanted[c][n];
      const bool same = want.time == round[c].time && want.count == round[c].count &&
                        want.flags == round[c].flags;
      different += same ? 0U : 1U;
    }
  }
  const auto [first, last] = std::ranges::minmax(recorded->readings, {}, &power::Reading::time);
  const auto measured = power::EnergyMeter(*recorded).measure({first.time, last.time});
  Json channels = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& [id, energy] : measured.channels) {
    channels.push_back({{"id", id},
                        {"energy_j", energy.value.value()},
                        {"low_j", energy.low.value()},
                        {"high_j", energy.high.value()},
                        {"note", energy.note}});
    rows.push_back({id, fmt::format("{:.6f}", energy.value.value()), energy.note});
  }
  if (globals.json) {
    print(Json{{"format", "btrack-replay"},
               {"version", 1},
               {"readings", recorded->readings.size()},
               {"different", different},
               {"channels", channels}}
              .dump(2));
  } else {
    const std::vector<std::string> header = {"channel", "energy J", "note"};
    print(report::text_table(header, rows));
    fmt::print("\n{} readings replayed, {} different\n", recorded->readings.size(), different);
  }
  return different == 0 ? exit_code::ok : exit_code::incomplete;
}

int prove(Options& options, const Globals& globals) {
  ProgressBar bar;
  options.rig.progress = [&bar](std::string_view what, double done) { bar.show(what, done); };
  const auto report = rig::run_rig(options.rig);
  bar.clear();
  if (!report) return report_error(report.error(), globals);
  if (globals.json) {
    print(to_json(*report, options.rig).dump(2));
  } else {
    print_text(*report, options.all);
  }
  return report->all_met() ? exit_code::ok : exit_code::incomplete;
}

}  // namespace

Action add_rig(CLI::App& sub, Globals& globals) {
  auto options = std::make_shared<Options>();
  sub.add_option("--seed", options->rig.seed, "Random numbers (default 1)")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  sub.add_option("--scenarios", options->rig.scenarios, "Random scenarios (default 10000)")
      ->check(CLI::Range(1, 100'000'000))
      ->type_name("N");
  sub.add_option("--cases", options->rig.cases, "Wraps, resets and gaps (default 1000000)")
      ->check(CLI::Range(1, 1'000'000'000))
      ->type_name("N");
  sub.add_option("--trials", options->rig.trials, "Random phases of each other target (200)")
      ->check(CLI::Range(10, 1'000'000))
      ->type_name("N");
  sub.add_flag("--all", options->all, "Every class, fault and machine, not only those that failed");
  sub.add_option("--replay", options->replay, "Replay a recorded trace bit by bit instead")
      ->type_name("FILE");
  return [options, &globals] {
    return options->replay.empty() ? prove(*options, globals) : replay(options->replay, globals);
  };
}

}  // namespace btrack::cli

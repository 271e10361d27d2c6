// SPDX-License-Identifier: Apache-2.0
// `btrack select`: the verdict alone.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "btrack/cli/choice.hpp"
#include "btrack/cli/command.hpp"
#include "btrack/cli/terminal.hpp"
#include "btrack/core/text.hpp"

namespace btrack::cli {
namespace {

using Json = nlohmann::ordered_json;

Json candidate_json(const analysis::Candidate& candidate) {
  return {{"run", candidate.run},
          {"workload", candidate.workload},
          {"accuracy", candidate.accuracy},
          {"infer_energy_per_1000_j", candidate.energy_per_1000.value.value()},
          {"infer_energy_per_1000_low_j", candidate.energy_per_1000.low.value()},
          {"infer_energy_per_1000_high_j", candidate.energy_per_1000.high.value()},
          {"energy_grade", std::string(1, static_cast<char>(candidate.energy_per_1000.grade))},
          {"energy_source", power::energy_source_name(candidate.energy_per_1000.source)},
          {"infer_time_per_1000_s", candidate.seconds_per_1000.count()}};
}

Json selection_json(const report::Report& report) {
  const auto& candidates = report.comparable.candidates;
  Json json = {{"format", "btrack-selection"},
               {"version", 1},
               {"min_accuracy", report.selection.min_accuracy}};
  json["objective"] = report.selection.objective == analysis::Objective::energy ? "energy" : "time";
  json["best"] =
      report.selection.best ? candidate_json(candidates[*report.selection.best]) : Json(nullptr);
  json["tied"] = Json::array();
  for (const auto index : report.selection.tied) {
    json["tied"].push_back(candidate_json(candidates[index]));
  }
  json["rejected"] = Json::array();
  for (const auto& rejected : report.selection.rejected) {
    json["rejected"].push_back(
        {{"run", rejected.run}, {"workload", rejected.workload}, {"reason", rejected.reason}});
  }
  for (const auto& [run, reason] : report.comparable.left_out) {
    json["rejected"].push_back({{"run", run}, {"workload", nullptr}, {"reason", reason}});
  }
  return json;
}

void print_text(const report::Report& report) {
  const auto& candidates = report.comparable.candidates;
  const auto line = [&](std::size_t index) {
    const auto& candidate = candidates[index];
    const auto& energy = candidate.energy_per_1000;
    return fmt::format(
        "{}: accuracy {:.2f} %, {} J per 1,000 inferences [{}, {}] grade {}{}, {} s per 1,000",
        candidate.workload, candidate.accuracy * 100.0, significant(energy.value.value()),
        significant(energy.low.value()), significant(energy.high.value()),
        static_cast<char>(energy.grade),
        energy.source == power::EnergySource::estimated ? " (estimate)" : "",
        significant(candidate.seconds_per_1000.count()));
  };
  if (report.selection.best) {
    fmt::print("Best    {}\n", line(*report.selection.best));
  } else {
    fmt::print("No candidate reaches an accuracy of {:.2f} %.\n",
               report.selection.min_accuracy * 100.0);
  }
  for (const auto index : report.selection.tied) {
    fmt::print("As good {} (intervals overlap)\n", line(index));
  }
  for (const auto& rejected : report.selection.rejected) {
    fmt::print("Not     {}: {}\n", rejected.workload, rejected.reason);
  }
  for (const auto& [run, reason] : report.comparable.left_out) {
    fmt::print("Not     {}: {}\n", run, reason);
  }
}

}  // namespace

Action add_select(CLI::App& sub, Globals& globals) {
  auto question = std::make_shared<Question>();
  add_question(sub, *question);
  return [question, &globals] {
    const auto store = globals.open_store();
    if (!store) return report_error(store.error(), globals);
    const auto report = answer(*store, *question, false);
    if (!report) return report_error(report.error(), globals);
    if (globals.json) {
      print(selection_json(*report).dump(2));
    } else {
      print_text(*report);
    }
    return report->selection.best ? exit_code::ok : exit_code::incomplete;
  };
}

}  // namespace btrack::cli

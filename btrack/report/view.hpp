// SPDX-License-Identifier: Apache-2.0
// The finished statements of a report, which console, Markdown, JSON and page only lay out.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "btrack/report/report.hpp"
#include "btrack/report/sentence.hpp"
#include "btrack/results/scenario.hpp"
#include "btrack/results/token_phase.hpp"

namespace btrack::report {

enum class RowVerdict { chosen, tied, accepted, rejected, not_compared };
std::string_view row_verdict_name(RowVerdict verdict);

/// A load scenario of a run.
struct ScenarioLine {
  std::string phase;
  results::ScenarioFigures figures;
};

/// One line of the comparison: the newest complete run of a workload and its settings.
struct Row {
  std::size_t record = 0;                ///< index into the report's records
  std::optional<std::size_t> candidate;  ///< index into the candidates
  std::string label;                     ///< the workload, made unique where two rows share it
  RowVerdict verdict = RowVerdict::not_compared;
  std::optional<Sentence> reason;
  bool on_front = false;
  std::optional<double> accuracy;
  power::EnergyFigure energy_per_1000;
  std::optional<Seconds> time_per_1000;
  power::EnergyFigure train_energy;
  std::optional<Seconds> train_time;
  std::optional<results::TokenPhase> prefill, decode;  ///< of decoders
  std::vector<ScenarioLine> scenarios;                 ///< in the order of phase::scenarios
  std::vector<results::RatePoint> rates;               ///< that were offered to the server
};

/// decisions.md section 7: adopt, conditional, remeasure, decline.
struct Verdict {
  std::string word;  ///< key without "verdict."
  Sentence headline;
  std::vector<Sentence> reasons;
};

/// One model trained on a number of devices; of the node that was measured.
struct ScalingLine {
  std::string workload;
  std::int64_t devices = 1;
  std::int64_t batch = 0;
  power::EnergyFigure energy_per_item;
  std::optional<double> items_per_second;
};

struct TimeSpread {
  Seconds median{}, least{}, most{};
};
struct EnergySpread {
  power::EnergyFigure median;  ///< with the interval and grade of its measurement
  Joules least{}, most{};
};

/// Below this many seeds a median says little (workload luck).
inline constexpr std::size_t kEnoughSeeds = 3;

/// One model trained to a target accuracy from several seeds. Time and energy are over those that
/// reached it, absent where none did; energy also where one of them has none.
struct TargetLine {
  std::string workload;
  double accuracy = 0.0;
  std::size_t seeds = 0;
  std::vector<std::int64_t> epochs;  ///< of each that reached it, rising
  std::optional<TimeSpread> time;
  std::optional<EnergySpread> energy;
};

struct LeftOut {
  std::string run;
  Sentence reason;
};

struct View {
  Sentence title;
  std::vector<Sentence> notices;  ///< before any figure
  std::vector<Row> rows;  ///< candidates by rising energy (or time), then what was not compared
  std::optional<std::size_t> best;  ///< index into the rows
  Verdict verdict;
  std::vector<Sentence> score;        ///< of AI Benchmark, or why there is none
  std::vector<analysis::Step> steps;  ///< indices into the rows
  std::vector<ScalingLine> scaling;   ///< empty where no model has runs on different numbers
  std::vector<TargetLine> targets;    ///< empty where nothing was trained to a target
  std::vector<LeftOut> left_out;
  std::vector<Sentence> unknowns;
  bool any_estimate = false;
};

View make_view(const Report& report);

// The parts of make_view; each in its own file.
std::vector<Row> make_rows(const Report& report);
Sentence left_out_reason(const Report& report, std::string_view run, std::string_view reason);
Verdict make_verdict(const Report& report, const std::vector<Row>& rows,
                     std::optional<std::size_t> best);
std::vector<Sentence> make_notices(const Report& report, const std::vector<Row>& rows);
std::vector<ScenarioLine> make_scenarios(const results::RunRecord& record);
/// A server that fell behind, or missed its limit after all.
std::vector<Sentence> scenario_notices(const std::vector<Row>& rows, const Report& report);
std::vector<Sentence> make_score(const Report& report);
std::vector<ScalingLine> make_scaling(const Report& report);
std::vector<TargetLine> make_targets(const Report& report);
/// What has to be known of the table of targets; empty without it.
std::vector<Sentence> target_notes(const View& view);
std::vector<Sentence> make_unknowns(const Report& report, const std::vector<Row>& rows);

/// The row's energies that are shown: inference, training, those per token and per query.
std::vector<const power::EnergyFigure*> shown_energies(const Row& row);

}  // namespace btrack::report

// SPDX-License-Identifier: Apache-2.0
// From records to a report, and from a report to its statements.
#include <algorithm>
#include <set>

#include "btrack/report/format.hpp"
#include "btrack/report/view.hpp"

namespace btrack::report {
namespace {

Sentence make_title(const Report& report, const std::vector<Row>& rows) {
  if (rows.empty()) return {"report.title_none", {}};
  const std::string n = std::to_string(rows.size());
  std::set<std::string> suites;
  for (const Row& row : rows) suites.insert(report.records[row.record].suite);
  if (suites.size() == 1 && !suites.begin()->empty()) {
    return {"report.title_suite", {{"suite", *suites.begin()}, {"n", n}}};
  }
  if (rows.size() == 1) return {"report.title_one", {{"model", rows.front().label}}};
  return {"report.title", {{"n", n}}};
}

std::optional<std::size_t> row_of_candidate(const std::vector<Row>& rows, std::size_t candidate) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].candidate == candidate) return i;
  }
  return std::nullopt;
}

std::vector<analysis::Step> steps_of_rows(const Report& report, const std::vector<Row>& rows) {
  std::vector<analysis::Step> steps;
  for (analysis::Step step : report.steps) {
    const auto from = row_of_candidate(rows, step.from);
    const auto to = row_of_candidate(rows, step.to);
    if (!from || !to) continue;
    step.from = *from;
    step.to = *to;
    steps.push_back(step);
  }
  return steps;
}

}  // namespace

Result<Report> build_report(std::vector<results::RunRecord> records, double min_accuracy,
                            analysis::Objective objective, Language language,
                            std::string generated_utc) {
  if (!(min_accuracy >= 0.0 && min_accuracy <= 1.0)) {
    return fail(
        ErrorKind::usage,
        "the required accuracy " + required_accuracy(min_accuracy) + " is not between 0 and 100 %",
        "Give a share such as 0.88, or 88 %.");
  }
  Report report;
  report.language = language;
  report.generated_utc = std::move(generated_utc);
  report.version = BTRACK_VERSION;
  report.records = std::move(records);
  report.comparable = analysis::comparable(report.records);
  report.ai_benchmark = analysis::ai_benchmark(report.records);
  report.selection.min_accuracy = min_accuracy;
  report.selection.objective = objective;
  const auto& candidates = report.comparable.candidates;
  if (!candidates.empty()) {
    auto selection = analysis::select_model(candidates, min_accuracy, objective);
    if (!selection) return fail(std::move(selection.error()));
    report.selection = std::move(*selection);
    report.front = analysis::pareto_front(candidates);
    report.steps = analysis::marginal_steps(candidates);
  }
  report.title = text(make_title(report, make_rows(report)), language);
  return report;
}

View make_view(const Report& report) {
  View view;
  view.rows = make_rows(report);
  view.title = make_title(report, view.rows);
  if (report.selection.best) view.best = row_of_candidate(view.rows, *report.selection.best);
  view.verdict = make_verdict(report, view.rows, view.best);
  view.steps = steps_of_rows(report, view.rows);
  view.scaling = make_scaling(report);
  view.targets = make_targets(report);
  for (const auto& [run, reason] : report.comparable.left_out) {
    view.left_out.push_back({run, left_out_reason(report, run, reason)});
  }
  view.notices = make_notices(report, view.rows);
  view.score = make_score(report);
  view.unknowns = make_unknowns(report, view.rows);
  for (const Row& row : view.rows) {
    for (const auto* energy : shown_energies(row)) {
      view.any_estimate |= energy->source == power::EnergySource::estimated;
    }
  }
  return view;
}

}  // namespace btrack::report

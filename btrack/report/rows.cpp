// SPDX-License-Identifier: Apache-2.0
// The lines of the comparison: what was compared first, then what could not be.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "btrack/report/format.hpp"
#include "btrack/report/view.hpp"

namespace btrack::report {
namespace {

using results::RunRecord;

bool newer(const RunRecord& a, const RunRecord& b) {
  return std::pair(a.started_utc, a.id) > std::pair(b.started_utc, b.id);
}

bool superseded(const Report& report, const RunRecord& record) {
  return std::any_of(report.records.begin(), report.records.end(), [&](const RunRecord& other) {
    return other.status == results::Status::complete && other.settings == record.settings &&
           newer(other, record);
  });
}

Row row_of(const Report& report, std::size_t index) {
  const RunRecord& record = report.records[index];
  Row row;
  row.record = index;
  row.label = record.settings.workload;
  row.accuracy = results::last_quality(record, "accuracy");
  const auto items = results::phase_items(record, results::phase::infer);
  if (items > 0) {
    const double thousands = static_cast<double>(items) / 1000.0;
    row.energy_per_1000 = results::phase_energy(record, results::phase::infer) / thousands;
    row.time_per_1000 = results::phase_time(record, results::phase::infer) / thousands;
  }
  row.train_energy = results::phase_energy(record, results::phase::train);
  const Seconds train_time = results::phase_time(record, results::phase::train);
  if (train_time.count() > 0.0) row.train_time = train_time;
  row.prefill = results::token_phase(record, results::phase::prefill);
  row.decode = results::token_phase(record, results::phase::decode);
  row.scenarios = make_scenarios(record);
  row.rates = results::rate_points(record);
  return row;
}

/// The selection rejects everybody but the best; here only what misses the requirement is called
/// so.
RowVerdict verdict_of(const analysis::Selection& selection, std::size_t candidate,
                      double accuracy) {
  if (selection.best == candidate) return RowVerdict::chosen;
  if (accuracy < selection.min_accuracy) return RowVerdict::rejected;
  const bool tied =
      std::find(selection.tied.begin(), selection.tied.end(), candidate) != selection.tied.end();
  return tied ? RowVerdict::tied : RowVerdict::accepted;
}

Sentence rejection_reason(double reached, double required) {
  return {"reject.accuracy",
          {{"accuracy", accuracy(reached)}, {"required", required_accuracy(required)}}};
}

std::optional<std::size_t> record_of(const Report& report, std::string_view run) {
  for (std::size_t i = 0; i < report.records.size(); ++i) {
    if (report.records[i].id == run) return i;
  }
  return std::nullopt;
}

std::vector<Row> candidate_rows(const Report& report) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < report.comparable.candidates.size(); ++i) {
    const analysis::Candidate& candidate = report.comparable.candidates[i];
    const auto index = record_of(report, candidate.run);
    if (!index) continue;
    Row row = row_of(report, *index);
    row.candidate = i;
    row.accuracy = candidate.accuracy;
    row.energy_per_1000 = candidate.energy_per_1000;
    row.time_per_1000 = candidate.seconds_per_1000;
    row.on_front = i < report.front.size() && report.front[i];
    row.verdict = verdict_of(report.selection, i, candidate.accuracy);
    if (row.verdict == RowVerdict::rejected) {
      row.reason = rejection_reason(candidate.accuracy, report.selection.min_accuracy);
    }
    rows.push_back(std::move(row));
  }
  const bool by_time = report.selection.objective == analysis::Objective::time;
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    return by_time ? a.time_per_1000 < b.time_per_1000
                   : a.energy_per_1000.value < b.energy_per_1000.value;
  });
  return rows;
}

/// What tells settings apart, as "batch 64, seed 2", leaving out what the whole group shares.
std::string differences(const results::Settings& own,
                        const std::vector<const results::Settings*>& group) {
  std::vector<std::string> parts;
  const auto add = [&](auto field, std::string part) {
    const bool differs = std::any_of(
        group.begin(), group.end(), [&](const auto* other) { return other->*field != own.*field; });
    if (differs) parts.push_back(std::move(part));
  };
  add(&results::Settings::variant, own.variant.empty() ? "first variant" : own.variant);
  add(&results::Settings::profile, own.profile);
  add(&results::Settings::scale, fmt::format("scale {}", own.scale));
  add(&results::Settings::precision, own.precision);
  add(&results::Settings::device, own.device);
  add(&results::Settings::devices, fmt::format("{} devices", own.devices));
  add(&results::Settings::epochs, fmt::format("{} epochs", own.epochs));
  add(&results::Settings::batch, fmt::format("batch {}", own.batch));
  add(&results::Settings::infer_batch, fmt::format("infer batch {}", own.infer_batch));
  if (own.prompt > 0) add(&results::Settings::prompt, fmt::format("prompt {}", own.prompt));
  if (own.generate > 0) add(&results::Settings::generate, fmt::format("answer {}", own.generate));
  add(&results::Settings::threads, fmt::format("{} threads", own.threads));
  add(&results::Settings::seed, fmt::format("seed {}", own.seed));
  return fmt::format("{}", fmt::join(parts, ", "));
}

void make_labels_unique(const Report& report, std::vector<Row>& rows) {
  std::map<std::string, std::vector<const results::Settings*>> groups;
  for (const Row& row : rows) {
    const auto& settings = report.records[row.record].settings;
    groups[settings.workload].push_back(&settings);
  }
  std::set<std::string> used;
  for (Row& row : rows) {
    const RunRecord& record = report.records[row.record];
    const auto& group = groups[record.settings.workload];
    if (group.size() > 1) {
      const std::string own = differences(record.settings, group);
      if (!own.empty()) row.label += " (" + own + ")";
    }
    if (!used.insert(row.label).second) {
      row.label += " #" + record.id.substr(record.id.rfind('-') + 1);
    }
  }
}

}  // namespace

std::string_view row_verdict_name(RowVerdict verdict) {
  switch (verdict) {
    case RowVerdict::chosen:
      return "chosen";
    case RowVerdict::tied:
      return "tied";
    case RowVerdict::accepted:
      return "accepted";
    case RowVerdict::rejected:
      return "rejected";
    case RowVerdict::not_compared:
      break;
  }
  return "not_compared";
}

Sentence left_out_reason(const Report& report, std::string_view run, std::string_view reason) {
  const auto index = record_of(report, run);
  if (!index) return {"left.other", {{"reason", std::string(reason)}}};
  const RunRecord& record = report.records[*index];
  if (record.status == results::Status::interrupted) return {"left.interrupted", {}};
  if (record.status == results::Status::failed) {
    return {"left.failed", {{"reason", record.failure ? record.failure->message : "?"}}};
  }
  if (superseded(report, record)) return {"left.superseded", {}};
  if (!results::last_quality(record, "accuracy")) return {"left.no_accuracy", {}};
  if (results::phase_items(record, results::phase::infer) == 0) return {"left.no_inference", {}};
  const auto energy = results::phase_energy(record, results::phase::infer);
  if (energy.source == power::EnergySource::missing) {
    return {"left.no_energy", {{"reason", energy.note.empty() ? "?" : energy.note}}};
  }
  return {"left.other", {{"reason", std::string(reason)}}};
}

std::vector<Row> make_rows(const Report& report) {
  std::vector<Row> rows = candidate_rows(report);
  for (const auto& [run, reason] : report.comparable.left_out) {
    const auto index = record_of(report, run);
    if (!index) continue;
    const RunRecord& record = report.records[*index];
    if (record.status != results::Status::complete || superseded(report, record)) continue;
    Row row = row_of(report, *index);
    row.reason = left_out_reason(report, run, reason);
    rows.push_back(std::move(row));
  }
  make_labels_unique(report, rows);
  return rows;
}

std::vector<const power::EnergyFigure*> shown_energies(const Row& row) {
  std::vector energies{&row.energy_per_1000, &row.train_energy};
  for (const auto* phase : {&row.prefill, &row.decode}) {
    if (*phase) energies.push_back(&(*phase)->energy_per_token);
  }
  for (const auto& line : row.scenarios) energies.push_back(&line.figures.energy_per_query);
  return energies;
}

}  // namespace btrack::report

// SPDX-License-Identifier: Apache-2.0
// Which model, why, and how firmly that can be said.
#include <fmt/format.h>

#include <algorithm>

#include "btrack/report/format.hpp"
#include "btrack/report/view.hpp"

namespace btrack::report {
namespace {

using power::EnergySource;

Sentence headline(const Report& report, const std::vector<Row>& rows, const Row& best) {
  const auto reaching = std::count_if(rows.begin(), rows.end(), [](const Row& row) {
    return row.verdict == RowVerdict::chosen || row.verdict == RowVerdict::tied ||
           row.verdict == RowVerdict::accepted;
  });
  const double required = report.selection.min_accuracy;
  std::string key = "verdict.only";
  if (reaching > 1) {
    key = report.selection.objective == analysis::Objective::time ? "verdict.chosen_time"
                                                                  : "verdict.chosen_energy";
  }
  if (required <= 0.0) key += "_free";
  return {key,
          {{"model", best.label},
           {"n", std::to_string(reaching)},
           {"required", required_accuracy(required)}}};
}

Sentence nobody(const Report& report, const std::vector<Row>& rows) {
  const Row* nearest = nullptr;
  for (const Row& row : rows) {
    if (!row.candidate) continue;
    if (nearest == nullptr || *row.accuracy > *nearest->accuracy) nearest = &row;
  }
  if (nearest == nullptr) return {"verdict.nothing", {}};
  return {"verdict.none",
          {{"required", required_accuracy(report.selection.min_accuracy)},
           {"model", nearest->label},
           {"accuracy", accuracy(*nearest->accuracy)}}};
}

Sentence energy_reason(const Row& best) {
  const auto& energy = best.energy_per_1000;
  return {"reason.energy",
          {{"energy", joules(energy.value)},
           {"low", joules(energy.low)},
           {"high", joules(energy.high)},
           {"grade", std::string(1, static_cast<char>(energy.grade))},
           {"time", duration(*best.time_per_1000)},
           {"accuracy", accuracy(*best.accuracy)}}};
}

/// What is saved against the most accurate model, where that is another and costs more.
std::optional<Sentence> saving_reason(const std::vector<Row>& rows, const Row& best) {
  const Row* top = &best;
  for (const Row& row : rows) {
    if (row.candidate && *row.accuracy > *top->accuracy) top = &row;
  }
  const double share = 1.0 - best.energy_per_1000.value / top->energy_per_1000.value;
  if (top == &best || !(share > 0.0)) return std::nullopt;
  return Sentence{"reason.saving",
                  {{"share", percent(share)},
                   {"model", top->label},
                   {"points", points((*top->accuracy - *best.accuracy) * 100.0)}}};
}

std::optional<Sentence> tied_reason(const std::vector<Row>& rows) {
  std::vector<std::string> models;
  for (const Row& row : rows) {
    if (row.verdict == RowVerdict::tied) models.push_back(row.label);
  }
  if (models.empty()) return std::nullopt;
  return Sentence{"reason.tied", {{"models", fmt::format("{}", fmt::join(models, ", "))}}};
}

}  // namespace

Verdict make_verdict(const Report& report, const std::vector<Row>& rows,
                     std::optional<std::size_t> best) {
  if (!best) {
    const Sentence sentence = nobody(report, rows);
    return {sentence.key == "verdict.nothing" ? "remeasure" : "decline", sentence, {}};
  }
  const Row& row = rows[*best];
  Verdict verdict{"adopt", headline(report, rows, row), {energy_reason(row)}};
  if (auto saving = saving_reason(rows, row)) verdict.reasons.push_back(std::move(*saving));
  if (auto tied = tied_reason(rows)) {
    verdict.word = "conditional";
    verdict.reasons.push_back(std::move(*tied));
  }
  if (row.energy_per_1000.source == EnergySource::estimated) {
    verdict.word = "conditional";
    verdict.reasons.push_back({"reason.estimate", {}});
  }
  return verdict;
}

}  // namespace btrack::report

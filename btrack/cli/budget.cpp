// SPDX-License-Identifier: Apache-2.0
// Budgets of every window, as tables and as JSON.
#include "btrack/cli/budget.hpp"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "btrack/bench/measurement.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/baseline.hpp"
#include "btrack/power/energy.hpp"
#include "btrack/report/report.hpp"

namespace btrack::cli {
namespace {

using Json = nlohmann::ordered_json;
using results::PhaseWindow;

/// The record's meter, and the idle power of each of its baselines that has one.
struct Computed {
  explicit Computed(const results::RunRecord& record) : meter(record.trace) {
    const auto period = power::slowest_period(record.trace.channels);
    for (const auto& baseline : record.baselines) {
      const auto rest = bench::idle_windows(record, baseline.kind);
      if (rest.size() != 2) continue;
      idle.emplace_back(baseline.kind, power::IdlePower(meter, period, rest.front(), rest.back()));
    }
  }
  Computed(const Computed&) = delete;
  Computed& operator=(const Computed&) = delete;

  power::EnergyMeter meter;
  std::vector<std::pair<std::string, power::IdlePower>> idle;
};

std::vector<std::string> term_row(const power::BudgetTerm& term) {
  const bool even = term.below == term.above;
  return {term.channel,
          term.name,
          std::string(power::term_kind_name(term.kind)),
          even ? significant(term.above.value())
               : fmt::format("-{} +{}", significant(term.below.value()),
                             significant(term.above.value())),
          term.common ? "cancels" : "",
          term.source};
}

void add_table(std::string& text, const std::string& title, const power::EnergyBudget& budget) {
  fmt::format_to(std::back_inserter(text),
                 "{}: {} J, -{} J +{} J at 95 %, k = {}; without what cancels in a ratio +-{} J\n",
                 title, significant(budget.value.value(), 4), significant(budget.below.value()),
                 significant(budget.above.value()), significant(budget.coverage_factor),
                 significant(budget.spread.value()));
  std::vector<std::vector<std::string>> rows;
  for (const auto& term : budget.terms) rows.push_back(term_row(term));
  const std::vector<std::string> header = {"channel", "term", "kind", "J", "in a ratio", "source"};
  text += report::text_table(header, rows) + "\n";
}

Json to_json(const power::EnergyBudget& budget) {
  Json terms = Json::array();
  for (const auto& t : budget.terms) {
    terms.push_back({{"channel", t.channel},
                     {"term", t.name},
                     {"kind", power::term_kind_name(t.kind)},
                     {"below_j", t.below.value()},
                     {"above_j", t.above.value()},
                     {"cancels_in_ratio", t.common},
                     {"source", t.source}});
  }
  return {{"energy_j", budget.terms.empty() ? Json() : Json(budget.value.value())},
          {"below_j", budget.below.value()},
          {"above_j", budget.above.value()},
          {"coverage_factor", budget.coverage_factor},
          {"spread_j", budget.spread.value()},
          {"terms", terms}};
}

}  // namespace

std::string budget_text(const results::RunRecord& record) {
  const Computed computed(record);
  std::string text;
  for (const PhaseWindow& window : record.windows) {
    const auto title = fmt::format("{} {}", window.phase, window.index);
    const auto gross = computed.meter.budget(window.window).total;
    if (gross.terms.empty()) {
      text += fmt::format("{}: no energy: {}\n\n", title, window.energy.total.note);
      continue;
    }
    add_table(text, title, gross);
    if (window.net.empty()) continue;
    for (const auto& [kind, idle] : computed.idle) {
      const auto net = idle.net_budget(window.window);
      if (!net.terms.empty()) add_table(text, fmt::format("{} above {} idle", title, kind), net);
    }
  }
  return text;
}

std::string budget_json(const results::RunRecord& record) {
  const Computed computed(record);
  Json windows = Json::array();
  for (const PhaseWindow& window : record.windows) {
    Json row = {{"phase", window.phase}, {"index", window.index}};
    row.update(to_json(computed.meter.budget(window.window).total));
    row["net"] = Json::array();
    for (const auto& [kind, idle] : computed.idle) {
      if (window.net.empty()) break;
      Json net = {{"baseline", kind}};
      net.update(to_json(idle.net_budget(window.window)));
      row["net"].push_back(std::move(net));
    }
    windows.push_back(std::move(row));
  }
  const Json document = {
      {"format", "btrack-budget"}, {"version", 1}, {"run", record.id}, {"windows", windows}};
  return document.dump(2);
}

}  // namespace btrack::cli

// SPDX-License-Identifier: Apache-2.0
// What a reader has to know before any figure: reduced networks, items of different kinds, a
// machine that others used, servers that cannot keep up.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "btrack/report/format.hpp"
#include "btrack/report/view.hpp"
#include "btrack/results/neighbours.hpp"

namespace btrack::report {

namespace {

/// Where other programs, or other guests of the host, had a share of the processors meanwhile.
std::optional<Sentence> busy_machine(const Report& report, const std::vector<Row>& rows) {
  std::set<std::string> disturbed;
  double most = 0.0;
  for (const Row& row : rows) {
    const double percent = results::neighbours_percent(report.records[row.record]);
    if (percent <= results::kBusyPercent) continue;
    disturbed.insert(row.label);
    most = std::max(most, percent);
  }
  if (disturbed.empty()) return std::nullopt;
  return Sentence{"notice.busy",
                  {{"models", fmt::format("{}", fmt::join(disturbed, ", "))},
                   {"share", report::percent(most / 100.0)}}};
}

}  // namespace

std::vector<Sentence> make_notices(const Report& report, const std::vector<Row>& rows) {
  std::set<std::string> tiny;
  std::set<std::string> units;
  for (const Row& row : rows) {
    const auto& record = report.records[row.record];
    if (record.settings.scale == "tiny") tiny.insert(row.label);
    units.insert(record.item_unit);
  }
  std::vector<Sentence> out;
  if (!tiny.empty()) {
    const bool all = tiny.size() == rows.size();
    out.push_back(
        all ? Sentence{"notice.tiny", {}}
            : Sentence{"notice.tiny_some", {{"models", fmt::format("{}", fmt::join(tiny, ", "))}}});
  }
  if (units.size() > 1) {
    out.push_back({"notice.units", {{"units", fmt::format("{}", fmt::join(units, ", "))}}});
  }
  if (auto busy = busy_machine(report, rows)) out.push_back(std::move(*busy));
  const auto loads = scenario_notices(rows, report);
  out.insert(out.end(), loads.begin(), loads.end());
  return out;
}

}  // namespace btrack::report

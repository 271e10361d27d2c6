// SPDX-License-Identifier: Apache-2.0
// What a reader has to know before any figure: reduced networks, and items of different kinds.
#include <fmt/format.h>

#include <set>

#include "btrack/report/view.hpp"

namespace btrack::report {

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
  return out;
}

}  // namespace btrack::report

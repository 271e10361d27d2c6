// SPDX-License-Identifier: Apache-2.0
// From the facts that a measurement leaves.
#include "btrack/results/neighbours.hpp"

#include "btrack/core/text.hpp"

namespace btrack::results {

double neighbours_percent(const RunRecord& record) {
  double percent = 0.0;
  for (const auto* key : {"load.others_percent", "load.steal_percent"}) {
    const auto fact = record.provenance.find(key);
    if (fact != record.provenance.end()) {
      percent += parse_number<double>(fact->second).value_or(0.0);
    }
  }
  return percent;
}

}  // namespace btrack::results

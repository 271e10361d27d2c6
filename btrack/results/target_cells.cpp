// SPDX-License-Identifier: Apache-2.0
// Cells of a training to its target accuracy.
#include "btrack/results/cells.hpp"
#include "btrack/results/training_target.hpp"

namespace btrack::results::cells {

Cell target_accuracy(Record r) {
  return r.settings.target_accuracy ? real(*r.settings.target_accuracy * 100.0) : Cell();
}

Cell target_epochs(Record r) {
  const auto target = training_target(r);
  return target && target->epochs ? Cell(*target->epochs) : Cell();
}

Cell target_time(Record r) {
  const auto target = training_target(r);
  return target && target->epochs ? real(target->time.count()) : Cell();
}

Cell target_energy(Record r, Part part) {
  const auto target = training_target(r);
  return target ? energy_cell(target->energy, part) : Cell();
}

}  // namespace btrack::results::cells

// SPDX-License-Identifier: Apache-2.0
// Values of the column table's cells; private to this room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "btrack/results/columns.hpp"

namespace btrack::results::cells {

using Record = const RunRecord&;
enum class Part { value, low, high };  ///< of a figure with a 95 % interval

Cell text(const std::string& value);
Cell text(std::string_view value);
Cell positive(std::int64_t value);
Cell real(double value);
/// Settings of a model; a plain command has none of them.
Cell of_model(Record r, std::int64_t value);
Cell fact(Record r, const std::string& key);
bool is_command(Record r);

Cell time_of(Record r, std::string_view phase);
Cell per_epoch(Record r, const Cell& total);
Cell train_energy(Record r, Part part);
Cell infer_energy(Record r, Part part);
Cell command_energy(Record r, Part part);
/// Of one run of a looped command.
Cell run_energy(Record r, Part part);
Cell loop_runs(Record r);
Cell infer_time(Record r, Part part);
Cell infer_throughput(Record r);

/// Without the idle power of the machine with nothing loaded.
Cell train_net(Record r, Part part);
Cell infer_net(Record r, Part part);
Cell command_net(Record r, Part part);
Cell idle_power(Record r, Part part);
Cell active_idle_power(Record r);
Cell idle_change(Record r);
Cell idle_notes(Record r);

/// Over all measured phases; three energies that are never added.
Cell measured_energy(Record r, Part part);
Cell modelled_energy(Record r, Part part);
Cell facility_energy_of(Record r, Part part);
Cell facility_pue(Record r);
Cell unmeasured(Record r);

Cell mean_power(Record r);
Cell energy_source(Record r);
Cell energy_grade(Record r);
Cell energy_coverage(Record r);
Cell flop_per_joule(Record r);
Cell accuracy(Record r);
Cell sampling_cpu(Record r);
Cell command_line(Record r);

}  // namespace btrack::results::cells

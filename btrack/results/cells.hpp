// SPDX-License-Identifier: Apache-2.0
// Values of the column table's cells; private to this room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "btrack/results/columns.hpp"
#include "btrack/results/token_phase.hpp"

namespace btrack::results::cells {

using Record = const RunRecord&;
enum class Part { value, low, high };  ///< of a figure with a 95 % interval

Cell text(const std::string& value);
Cell text(std::string_view value);
Cell positive(std::int64_t value);
Cell real(double value);
/// Settings of a model; a plain command has none of them.
Cell of_model(Record r, std::int64_t value);
/// Nothing where the energy is missing.
Cell energy_cell(const power::EnergyFigure& figure, Part part);
Cell grade_cell(const power::EnergyFigure& figure);
Cell estimate_cell(const stats::Estimate& e, Part part);
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

/// Training until the target accuracy; empty where it was not reached.
Cell target_accuracy(Record r);
Cell target_epochs(Record r);
Cell target_time(Record r);
Cell target_energy(Record r, Part part);

/// Of phase::prefill and phase::decode.
using TokenCell = std::optional<TokenPhase>;
Cell tokens_per_s(const TokenCell& phase);
Cell latency(const TokenCell& phase, Part part);
Cell token_energy(const TokenCell& phase, Part part);
Cell token_net(const TokenCell& phase, Part part);
Cell token_grade(const TokenCell& phase);
/// Weights and cache that a step has to read, over its time: not counted by the hardware.
Cell decode_bytes_per_s(Record r);

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
/// Model FLOP: 2 x multiply-adds of the forward pass, three times that for training; not a count of
/// the hardware's. Of training only where every weight learns: a frozen part has no backward pass.
Cell infer_flop_per_s(Record r);
Cell train_flop_per_s(Record r);
Cell infer_flop_per_j(Record r);
Cell train_flop_per_j(Record r);
/// FLOP per second over those of a matrix product on the same machine, measured in the same run.
Cell infer_mfu(Record r);
Cell train_mfu(Record r);
Cell peak_memory(Record r, const std::string& metric);
Cell accuracy(Record r);
/// A fact that is a number.
Cell load_fact(Record r, const std::string& key);
Cell sampling_cpu(Record r);
Cell command_line(Record r);

}  // namespace btrack::results::cells

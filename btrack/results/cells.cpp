// SPDX-License-Identifier: Apache-2.0
// What the cells of the column table are computed from.
#include "btrack/results/cells.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "btrack/core/text.hpp"
#include "btrack/stats/stopping.hpp"

namespace btrack::results::cells {

using power::EnergyFigure;
using power::EnergySource;

namespace {

bool has_phase(Record r, std::string_view phase) {
  return std::any_of(r.windows.begin(), r.windows.end(),
                     [&](const PhaseWindow& w) { return w.phase == phase; });
}

std::int64_t window_count(Record r, std::string_view phase) {
  return std::count_if(r.windows.begin(), r.windows.end(),
                       [&](const PhaseWindow& w) { return w.phase == phase; });
}

EnergyFigure per_1000(Record r, const EnergyFigure& energy) {
  const std::int64_t items = phase_items(r, phase::infer);
  if (items <= 0) return {};
  return energy / (static_cast<double>(items) / 1000.0);
}

EnergyFigure infer_energy_per_1000(Record r) { return per_1000(r, phase_energy(r, phase::infer)); }

EnergyFigure net_of(Record r, std::string_view phase) {
  return phase_net_energy(r, phase, baseline::cold);
}

Cell watts_of(Record r, std::string_view kind, Watts power::IdleFigure::*part) {
  const Baseline* found = find_baseline(r, kind);
  if (found == nullptr || found->power.source == EnergySource::missing) return {};
  return real((found->power.*part).value());
}

constexpr std::array kMeasuredPhases = {phase::infer,        phase::prefill,     phase::decode,
                                        phase::singlestream, phase::multistream, phase::server,
                                        phase::train,        phase::command};

template <class Of>
EnergyFigure over_phases(Record r, Of of) {
  std::optional<EnergyFigure> sum;
  for (const std::string_view phase : kMeasuredPhases) {
    if (!has_phase(r, phase)) continue;
    EnergyFigure energy = of(r, phase);
    sum = sum ? *sum + energy : std::move(energy);
  }
  return sum.value_or(EnergyFigure{});
}

/// The figure whose source, grade and coverage stand for the run: the first measured phase's that
/// is not missing.
std::optional<EnergyFigure> headline(Record r) {
  std::optional<EnergyFigure> first;
  for (const std::string_view phase : kMeasuredPhases) {
    if (!has_phase(r, phase)) continue;
    EnergyFigure figure = phase_energy(r, phase);
    if (figure.source != EnergySource::missing) return figure;
    if (!first) first = std::move(figure);
  }
  return first;
}

}  // namespace

Cell energy_cell(const EnergyFigure& figure, Part part) {
  if (figure.source == EnergySource::missing) return {};
  if (part == Part::low) return real(figure.low.value());
  if (part == Part::high) return real(figure.high.value());
  return real(figure.value.value());
}

Cell estimate_cell(const stats::Estimate& e, Part part) {
  return real(part == Part::low ? e.low : part == Part::high ? e.high : e.value);
}

Cell grade_cell(const EnergyFigure& figure) {
  if (figure.source == EnergySource::missing) return {};
  return std::string(1, static_cast<char>(figure.grade));
}

bool is_command(Record r) { return r.settings.workload == phase::command; }

Cell text(const std::string& value) { return value.empty() ? Cell() : Cell(value); }
Cell text(std::string_view value) { return text(std::string(value)); }
Cell positive(std::int64_t value) { return value > 0 ? Cell(value) : Cell(); }
Cell real(double value) { return std::isfinite(value) ? Cell(value) : Cell(); }

/// Settings of a model; a plain command has none of them.
Cell of_model(Record r, std::int64_t value) { return is_command(r) ? Cell() : Cell(value); }

Cell fact(Record r, const std::string& key) {
  const auto found = r.provenance.find(key);
  return found == r.provenance.end() ? Cell() : text(found->second);
}

Cell time_of(Record r, std::string_view phase) {
  return has_phase(r, phase) ? real(phase_time(r, phase).count()) : Cell();
}

Cell train_energy(Record r, Part part) { return energy_cell(phase_energy(r, phase::train), part); }

Cell command_energy(Record r, Part part) {
  return energy_cell(phase_energy(r, phase::command), part);
}

Cell run_energy(Record r, Part part) {
  return r.loop ? energy_cell(r.loop->energy_per_run, part) : Cell();
}

Cell loop_runs(Record r) { return r.loop ? positive(r.loop->runs) : Cell(); }

Cell per_epoch(Record r, const Cell& total) {
  const auto* value = std::get_if<double>(&total);
  const std::int64_t epochs = window_count(r, phase::train);
  return value == nullptr || epochs == 0 ? Cell() : Cell(*value / static_cast<double>(epochs));
}

Cell infer_energy(Record r, Part part) { return energy_cell(infer_energy_per_1000(r), part); }

Cell infer_time(Record r, Part part) {
  const auto times = repetition_times_per_1000(r);
  if (times.empty()) return {};
  return estimate_cell(stats::widened(stats::mean(times), stats::kOptionalLooksFactor), part);
}

Cell infer_throughput(Record r) {
  const Cell time = infer_time(r, Part::value);
  const auto* seconds = std::get_if<double>(&time);
  return seconds == nullptr || *seconds <= 0.0 ? Cell() : Cell(1000.0 / *seconds);
}

Cell train_net(Record r, Part part) { return energy_cell(net_of(r, phase::train), part); }

Cell infer_net(Record r, Part part) {
  return energy_cell(per_1000(r, net_of(r, phase::infer)), part);
}

Cell command_net(Record r, Part part) { return energy_cell(net_of(r, phase::command), part); }

Cell idle_power(Record r, Part part) {
  const auto which = part == Part::low    ? &power::IdleFigure::low
                     : part == Part::high ? &power::IdleFigure::high
                                          : &power::IdleFigure::value;
  return watts_of(r, baseline::cold, which);
}

Cell active_idle_power(Record r) {
  return watts_of(r, baseline::active, &power::IdleFigure::value);
}

Cell idle_change(Record r) {
  const Baseline* found = find_baseline(r, baseline::cold);
  if (found == nullptr || found->power.source == EnergySource::missing) return {};
  return real(100.0 * found->power.change());
}

/// Flags of all baselines, or why there is none.
Cell idle_notes(Record r) {
  std::vector<std::string> notes;
  for (const Baseline& b : r.baselines) {
    notes.insert(notes.end(), b.power.flags.begin(), b.power.flags.end());
    if (!b.power.note.empty()) notes.push_back(b.power.note);
  }
  return text(join(notes, "; "));
}

Cell measured_energy(Record r, Part part) {
  return energy_cell(over_phases(r, phase_measured_energy), part);
}

Cell modelled_energy(Record r, Part part) {
  return energy_cell(over_phases(r, phase_modelled_energy), part);
}

Cell facility_energy_of(Record r, Part part) {
  if (!r.facility) return {};
  return energy_cell(facility_energy(over_phases(r, phase_energy), *r.facility), part);
}

Cell facility_pue(Record r) { return r.facility ? real(r.facility->pue) : Cell(); }

Cell unmeasured(Record r) {
  if (!r.unmeasured) return {};
  return r.unmeasured->empty() ? text(std::string("nothing")) : text(join(*r.unmeasured, " "));
}

Cell mean_power(Record r) {
  double joules = 0.0;
  double seconds = 0.0;
  for (const std::string_view phase : kMeasuredPhases) {
    const EnergyFigure figure = phase_energy(r, phase);
    if (figure.source == EnergySource::missing) continue;
    joules += figure.value.value();
    seconds += phase_time(r, phase).count();
  }
  return seconds > 0.0 ? real(joules / seconds) : Cell();
}

Cell energy_source(Record r) {
  const auto figure = headline(r);
  return figure ? text(power::energy_source_name(figure->source)) : Cell();
}

Cell energy_grade(Record r) {
  const auto figure = headline(r);
  return figure ? grade_cell(*figure) : Cell();
}

Cell tokens_per_s(const TokenCell& phase) {
  return phase ? real(phase->tokens_per_second()) : Cell();
}

Cell latency(const TokenCell& phase, Part part) {
  return phase && phase->latency ? estimate_cell(*phase->latency, part) : Cell();
}

Cell token_energy(const TokenCell& phase, Part part) {
  return phase ? energy_cell(phase->energy_per_token, part) : Cell();
}

Cell token_net(const TokenCell& phase, Part part) {
  return phase ? energy_cell(phase->net_energy_per_token, part) : Cell();
}

Cell token_grade(const TokenCell& phase) {
  return phase ? grade_cell(phase->energy_per_token) : Cell();
}

Cell energy_coverage(Record r) {
  const auto figure = headline(r);
  return figure ? text(join(figure->coverage, " ")) : Cell();
}

namespace {

constexpr double kFlopPerMac = 2.0;
constexpr double kTrainingPasses = 3.0;  // forward, and backward to inputs and to weights

/// Of all items of the phase; 0 where it is not known.
double model_flop(Record r, std::string_view phase) {
  const bool training = phase == phase::train;
  const bool frozen = std::ranges::any_of(
      r.checks, [](const Check& check) { return check.name == "frozen" && check.actual > 0; });
  if (training && frozen) return 0.0;
  return kFlopPerMac * (training ? kTrainingPasses : 1.0) * static_cast<double>(r.macs_per_item) *
         static_cast<double>(phase_items(r, phase));
}

Cell flop_per_s(Record r, std::string_view phase) {
  const double flop = model_flop(r, phase);
  return flop > 0.0 ? real(flop / phase_time(r, phase).count()) : Cell();
}

Cell flop_per_j(Record r, std::string_view phase) {
  const double flop = model_flop(r, phase);
  const EnergyFigure energy = phase_energy(r, phase);
  if (flop <= 0.0 || energy.source == EnergySource::missing) return {};
  return real(flop / energy.value.value());
}

Cell mfu(Record r, std::string_view phase) {
  if (phase == phase::train && r.settings.devices > 1) return {};  // the ceiling is one rank's
  const Cell reached = flop_per_s(r, phase);
  const auto ceiling = last_quality(r, "ceiling_flop_per_s");
  const auto* value = std::get_if<double>(&reached);
  return value != nullptr && ceiling && *ceiling > 0.0 ? real(100.0 * *value / *ceiling) : Cell();
}

}  // namespace

Cell infer_flop_per_s(Record r) { return flop_per_s(r, phase::infer); }
Cell train_flop_per_s(Record r) { return flop_per_s(r, phase::train); }
Cell infer_flop_per_j(Record r) { return flop_per_j(r, phase::infer); }
Cell train_flop_per_j(Record r) { return flop_per_j(r, phase::train); }
Cell infer_mfu(Record r) { return mfu(r, phase::infer); }
Cell train_mfu(Record r) { return mfu(r, phase::train); }

Cell peak_memory(Record r, const std::string& metric) {
  const auto bytes = last_quality(r, metric);
  return bytes ? positive(static_cast<std::int64_t>(*bytes)) : Cell();
}

Cell decode_bytes_per_s(Record r) {
  const auto decode = token_phase(r, phase::decode);
  const auto bytes = last_quality(r, "decode_bytes_per_step");
  return decode && decode->latency && bytes ? real(*bytes / decode->latency->value) : Cell();
}

Cell accuracy(Record r) {
  const auto value = last_quality(r, "accuracy");
  return value ? real(*value * 100.0) : Cell();
}

Cell load_fact(Record r, const std::string& key) {
  const auto found = r.provenance.find(key);
  if (found == r.provenance.end()) return {};
  const auto number = parse_number<double>(found->second);
  return number ? real(*number) : Cell();
}

Cell sampling_cpu(Record r) {
  const double wall = r.sampling.wall_time.count();
  return wall > 0.0 ? real(r.sampling.cpu_time.count() / wall * 100.0) : Cell();
}

/// The command as one would type it in a shell.
Cell command_line(Record r) {
  std::vector<std::string> words;
  for (const std::string& word : r.settings.command) {
    const bool plain =
        !word.empty() && word.find_first_of(" \t\n'\"\\$&|;<>()*?[]#~`!{}") == std::string::npos;
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    words.push_back(plain ? word : quoted + "'");
  }
  return text(join(words, " "));
}

}  // namespace btrack::results::cells

// SPDX-License-Identifier: Apache-2.0
// The one column table.
#include "btrack/results/columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "btrack/core/text.hpp"
#include "btrack/stats/stopping.hpp"

namespace btrack::results {
namespace {

using power::EnergyFigure;
using power::EnergySource;
using Record = const RunRecord&;

bool has_phase(Record r, std::string_view phase) {
  return std::any_of(r.windows.begin(), r.windows.end(),
                     [&](const PhaseWindow& w) { return w.phase == phase; });
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

enum class Part { value, low, high };

Cell energy_cell(const EnergyFigure& figure, Part part) {
  if (figure.source == EnergySource::missing) return {};
  if (part == Part::low) return real(figure.low.value());
  if (part == Part::high) return real(figure.high.value());
  return real(figure.value.value());
}

std::int64_t window_count(Record r, std::string_view phase) {
  return std::count_if(r.windows.begin(), r.windows.end(),
                       [&](const PhaseWindow& w) { return w.phase == phase; });
}

Cell time_of(Record r, std::string_view phase) {
  return has_phase(r, phase) ? real(phase_time(r, phase).count()) : Cell();
}

template <Part part>
Cell train_energy(Record r) {
  return energy_cell(phase_energy(r, phase::train), part);
}

template <Part part>
Cell command_energy(Record r) {
  return energy_cell(phase_energy(r, phase::command), part);
}

Cell per_epoch(Record r, const Cell& total) {
  const auto* value = std::get_if<double>(&total);
  const std::int64_t epochs = window_count(r, phase::train);
  return value == nullptr || epochs == 0 ? Cell() : Cell(*value / static_cast<double>(epochs));
}

EnergyFigure infer_energy_per_1000(Record r) {
  const std::int64_t items = phase_items(r, phase::infer);
  if (items <= 0) return {};
  return phase_energy(r, phase::infer) / (static_cast<double>(items) / 1000.0);
}

template <Part part>
Cell infer_energy(Record r) {
  return energy_cell(infer_energy_per_1000(r), part);
}

template <Part part>
Cell infer_time(Record r) {
  const auto times = repetition_times_per_1000(r);
  if (times.empty()) return {};
  const stats::Estimate e = stats::widened(stats::mean(times), stats::kOptionalLooksFactor);
  return real(part == Part::low ? e.low : part == Part::high ? e.high : e.value);
}

Cell infer_throughput(Record r) {
  const Cell time = infer_time<Part::value>(r);
  const auto* seconds = std::get_if<double>(&time);
  return seconds == nullptr || *seconds <= 0.0 ? Cell() : Cell(1000.0 / *seconds);
}

constexpr std::array kMeasuredPhases = {phase::infer, phase::train, phase::command};

/// The figure whose source, grade and coverage stand for the run: inference, else training, else
/// the command; the first that is not missing.
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
  if (!figure || figure->source == EnergySource::missing) return {};
  return std::string(1, static_cast<char>(figure->grade));
}

Cell energy_coverage(Record r) {
  const auto figure = headline(r);
  return figure ? text(join(figure->coverage, " ")) : Cell();
}

Cell flop_per_joule(Record r) {
  const EnergyFigure per_1000 = infer_energy_per_1000(r);
  if (per_1000.source == EnergySource::missing || r.macs_per_item <= 0) return {};
  return real(2.0 * static_cast<double>(r.macs_per_item) * 1000.0 / per_1000.value.value());
}

Cell accuracy(Record r) {
  const auto value = last_quality(r, "accuracy");
  return value ? real(*value * 100.0) : Cell();
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

constexpr auto kInteger = ColumnType::integer;
constexpr auto kReal = ColumnType::real;
constexpr auto kText = ColumnType::text;

// Energies' _low and _high are the ends of the 95 % interval; those of times come from the
// repetitions.
constexpr std::array kColumns = {
    Column{"run", "", kText, "Run", "実行ID", [](Record r) { return text(r.id); }},
    Column{"started", "", kText, "Started (UTC)", "開始日時(UTC)",
           [](Record r) { return text(r.started_utc); }},
    Column{"suite", "", kText, "Suite", "測定スイート", [](Record r) { return text(r.suite); }},
    Column{"workload", "", kText, "Workload", "ワークロード",
           [](Record r) { return text(r.settings.workload); }},
    Column{"family", "", kText, "Family", "モデル系列", [](Record r) { return text(r.family); }},
    Column{"device", "", kText, "Device", "デバイス",
           [](Record r) { return is_command(r) ? Cell() : text(r.settings.device); }},
    Column{"batch", "", kInteger, "Batch size", "バッチサイズ",
           [](Record r) { return of_model(r, r.settings.batch); }},
    Column{"threads", "", kInteger, "CPU threads", "CPUスレッド数",
           [](Record r) { return of_model(r, r.settings.threads); }},
    Column{"epochs", "", kInteger, "Epochs", "エポック数",
           [](Record r) { return of_model(r, r.settings.epochs); }},
    Column{"seed", "", kInteger, "Seed", "乱数シード",
           [](Record r) { return of_model(r, r.settings.seed); }},
    Column{"status", "", kText, "Status", "状態",
           [](Record r) { return text(status_name(r.status)); }},
    Column{"failure", "", kText, "Failure", "失敗の理由",
           [](Record r) { return r.failure ? text(r.failure->message) : Cell(); }},
    Column{"parameters", "", kInteger, "Parameters", "パラメータ数",
           [](Record r) { return positive(r.parameters); }},
    Column{"macs_per_item", "", kInteger, "Multiply-adds per item", "1件あたりの積和演算数",
           [](Record r) { return positive(r.macs_per_item); }},
    Column{"accuracy_percent", "%", kReal, "Accuracy", "正解率", accuracy},
    Column{"train_time_s", "s", kReal, "Training time", "学習時間",
           [](Record r) { return time_of(r, phase::train); }},
    Column{"train_time_per_epoch_s", "s", kReal, "Training time per epoch",
           "1エポックあたりの学習時間",
           [](Record r) { return per_epoch(r, time_of(r, phase::train)); }},
    Column{"train_energy_j", "J", kReal, "Training energy", "学習の消費エネルギー",
           train_energy<Part::value>},
    Column{"train_energy_low_j", "J", kReal, "Training energy, 95 % low",
           "学習の消費エネルギー(95 %区間の下限)", train_energy<Part::low>},
    Column{"train_energy_high_j", "J", kReal, "Training energy, 95 % high",
           "学習の消費エネルギー(95 %区間の上限)", train_energy<Part::high>},
    Column{"train_energy_per_epoch_j", "J", kReal, "Training energy per epoch",
           "1エポックあたりの学習の消費エネルギー",
           [](Record r) { return per_epoch(r, train_energy<Part::value>(r)); }},
    Column{"infer_items", "", kInteger, "Items inferred", "推論した件数",
           [](Record r) { return positive(phase_items(r, phase::infer)); }},
    Column{"infer_time_per_1000_s", "s", kReal, "Time per 1,000 inferences",
           "推論1,000件あたりの時間", infer_time<Part::value>},
    Column{"infer_time_per_1000_low_s", "s", kReal, "Time per 1,000 inferences, 95 % low",
           "推論1,000件あたりの時間(95 %区間の下限)", infer_time<Part::low>},
    Column{"infer_time_per_1000_high_s", "s", kReal, "Time per 1,000 inferences, 95 % high",
           "推論1,000件あたりの時間(95 %区間の上限)", infer_time<Part::high>},
    Column{"infer_throughput_per_s", "1/s", kReal, "Inferences per second", "推論スループット",
           infer_throughput},
    Column{"infer_energy_per_1000_j", "J", kReal, "Energy per 1,000 inferences",
           "推論1,000件あたりの消費エネルギー", infer_energy<Part::value>},
    Column{"infer_energy_per_1000_low_j", "J", kReal, "Energy per 1,000 inferences, 95 % low",
           "推論1,000件あたりの消費エネルギー(95 %区間の下限)", infer_energy<Part::low>},
    Column{"infer_energy_per_1000_high_j", "J", kReal, "Energy per 1,000 inferences, 95 % high",
           "推論1,000件あたりの消費エネルギー(95 %区間の上限)", infer_energy<Part::high>},
    Column{"mean_power_w", "W", kReal, "Mean power while training, inferring or running",
           "測定区間の平均電力", mean_power},
    Column{"energy_source", "", kText, "Energy source", "エネルギー値の由来", energy_source},
    Column{"energy_grade", "", kText, "Trust grade", "測定等級", energy_grade},
    Column{"energy_coverage", "", kText, "Coverage", "測定範囲", energy_coverage},
    Column{"flop_per_j", "FLOP/J", kReal, "Model FLOP per joule (2 x multiply-adds), inference",
           "推論の電力効率(モデルFLOP/J、積和演算×2で換算)", flop_per_joule},
    Column{"sampling_cpu_percent", "%", kReal, "Sampler's CPU time (share of one core)",
           "測定の負荷(1コアに対するCPU時間比)", sampling_cpu},
    Column{"command", "", kText, "Command", "コマンド", command_line},
    Column{"elapsed_s", "s", kReal, "Elapsed time", "経過時間",
           [](Record r) { return time_of(r, phase::command); }},
    Column{"energy_j", "J", kReal, "Energy", "消費エネルギー", command_energy<Part::value>},
    Column{"energy_low_j", "J", kReal, "Energy, 95 % low", "消費エネルギー(95 %区間の下限)",
           command_energy<Part::low>},
    Column{"energy_high_j", "J", kReal, "Energy, 95 % high", "消費エネルギー(95 %区間の上限)",
           command_energy<Part::high>},
    Column{"torch", "", kText, "LibTorch", "LibTorchの版",
           [](Record r) { return fact(r, "library.torch"); }},
    Column{"cpu_model", "", kText, "CPU", "CPU型番", [](Record r) { return fact(r, "cpu.model"); }},
};

}  // namespace

std::span<const Column> columns() { return kColumns; }

Result<const Column*> find_column(std::string_view id) {
  const auto found = std::find_if(kColumns.begin(), kColumns.end(),
                                  [&](const Column& column) { return column.id == id; });
  if (found != kColumns.end()) return &*found;
  std::vector<std::string> known;
  known.reserve(kColumns.size());
  for (const Column& column : kColumns) known.emplace_back(column.id);
  return fail(ErrorKind::usage,
              fmt::format("there is no column '{}'{}", id, did_you_mean(id, known)),
              fmt::format("columns: {}", join(known, ", ")));
}

Result<std::vector<const Column*>> parse_columns(std::string_view ids) {
  std::vector<const Column*> chosen;
  for (const std::string_view id : split(ids, ',')) {
    const auto column = find_column(trim(id));
    if (!column) return fail(column.error());
    chosen.push_back(*column);
  }
  return chosen;
}

std::string cell_text(const Cell& cell) {
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return fmt::format("{}", *integer);
  if (const auto* value = std::get_if<double>(&cell)) {
    return std::isfinite(*value) ? significant(*value) : "-";
  }
  if (const auto* words = std::get_if<std::string>(&cell)) return *words;
  return "-";
}

}  // namespace btrack::results

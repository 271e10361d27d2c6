// SPDX-License-Identifier: Apache-2.0
// The report as JSON, format "btrack-report", version 1: docs/report-data.md and
// web/src/report_data.ts describe the same data.
#include <cmath>
#include <nlohmann/json.hpp>

#include "btrack/report/series.hpp"
#include "btrack/report/view.hpp"

namespace btrack::report {
namespace {

using Json = nlohmann::ordered_json;
using power::EnergyFigure;
using power::EnergySource;

constexpr int kReportVersion = 1;
constexpr std::size_t kPowerCells = 600;  // about one per pixel of the page's chart

Json json_of(const Sentence& sentence) {
  return {{"key", sentence.key}, {"values", sentence.values}};
}

Json json_of(const std::vector<Sentence>& sentences) {
  Json out = Json::array();
  for (const auto& sentence : sentences) out.push_back(json_of(sentence));
  return out;
}

/// Six digits are below what any sensor resolves, and keep the page small.
Json rounded(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == 0.0) return 0.0;
  const double scale = std::pow(10.0, 5 - std::floor(std::log10(std::fabs(value))));
  return std::isfinite(scale) ? std::round(value * scale) / scale : value;
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}
Json or_null(const std::optional<Seconds>& value) {
  return value ? Json(value->count()) : Json(nullptr);
}

Json json_of(const EnergyFigure& energy) {
  const bool known = energy.source != EnergySource::missing;
  const bool bounded = known || energy.high.value() > 0.0;
  return {{"source", power::energy_source_name(energy.source)},
          {"grade", std::string(1, static_cast<char>(energy.grade))},
          {"value_j", known ? Json(energy.value.value()) : Json(nullptr)},
          {"low_j", known ? Json(energy.low.value()) : Json(nullptr)},
          {"high_j", bounded ? Json(energy.high.value()) : Json(nullptr)},
          {"coverage", energy.coverage},
          {"flags", energy.flags},
          {"note", energy.note}};
}

Json json_of(const std::optional<results::TokenPhase>& phase) {
  if (!phase) return nullptr;
  const auto& latency = phase->latency;
  const auto seconds = [&](double stats::Estimate::*part) {
    return latency && std::isfinite((*latency).*part) ? Json((*latency).*part) : Json(nullptr);
  };
  return {{"tokens", phase->tokens},
          {"tokens_per_s", phase->tokens_per_second()},
          {"latency_s", seconds(&stats::Estimate::value)},
          {"latency_low_s", seconds(&stats::Estimate::low)},
          {"latency_high_s", seconds(&stats::Estimate::high)},
          {"energy_per_token", json_of(phase->energy_per_token)},
          {"net_energy_per_token", json_of(phase->net_energy_per_token)}};
}

Json json_of(const stats::Percentile& percentile) {
  const auto& [value, low, high, confidence, n] = percentile.estimate;
  return {{"value_s", value},
          {"low_s", low},
          {"high_s", std::isfinite(high) ? Json(high) : Json(nullptr)},
          {"too_few", percentile.too_few}};
}

Json json_of(const std::optional<results::Latency>& latency) {
  if (!latency) return nullptr;
  return {{"mean_s", latency->mean.count()},
          {"p50", json_of(latency->p50)},
          {"p90", json_of(latency->p90)},
          {"p99", json_of(latency->p99)},
          {"max_s", latency->max.count()}};
}

Json json_of(const ScenarioLine& line) {
  return {{"phase", line.phase},
          {"queries", line.figures.queries},
          {"items_per_s", line.figures.items_per_second},
          {"rate_per_s", or_null(line.figures.rate)},
          {"latency", json_of(line.figures.latency)},
          {"energy_per_query", json_of(line.figures.energy_per_query)},
          {"net_energy_per_query", json_of(line.figures.net_energy_per_query)},
          {"flags", line.figures.flags}};
}

Json json_of(const results::RatePoint& point) {
  return {{"rate_per_s", point.rate},
          {"probe", point.probe},
          {"p99", json_of(point.p99)},
          {"energy_per_query", json_of(point.energy_per_query)}};
}

template <class T>
Json list_of(const std::vector<T>& all) {
  Json out = Json::array();
  for (const auto& each : all) out.push_back(json_of(each));
  return out;
}

Json json_of(const Row& row, const Report& report) {
  const auto& record = report.records[row.record];
  return {{"run", record.id},
          {"workload", record.settings.workload},
          {"label", row.label},
          {"item_unit", record.item_unit},
          {"verdict", row_verdict_name(row.verdict)},
          {"reason", row.reason ? json_of(*row.reason) : Json(nullptr)},
          {"on_front", row.on_front},
          {"accuracy", or_null(row.accuracy)},
          {"parameters", record.parameters},
          {"macs_per_item", record.macs_per_item},
          {"energy_per_1000", json_of(row.energy_per_1000)},
          {"time_per_1000_s", or_null(row.time_per_1000)},
          {"train_energy", json_of(row.train_energy)},
          {"train_time_s", or_null(row.train_time)},
          {"batch", record.settings.infer_batch},
          {"prompt", record.settings.prompt},
          {"generate", record.settings.generate},
          {"prefill", json_of(row.prefill)},
          {"decode", json_of(row.decode)},
          {"scenarios", list_of(row.scenarios)},
          {"rates", list_of(row.rates)},
          {"latency_limit_s", or_null(record.settings.latency_limit)}};
}

Json json_of(const analysis::Step& step) {
  return {{"from", step.from},
          {"to", step.to},
          {"accuracy_points", step.accuracy_points},
          {"extra_energy_per_1000_j", step.extra_energy_per_1000.value()},
          {"marginal_energy_per_point_j", step.marginal_energy_per_point.value()},
          {"saving_if_step_down", step.saving_if_step_down}};
}

Json json_of(const ScalingLine& line) {
  return {{"workload", line.workload},
          {"devices", line.devices},
          {"batch", line.batch},
          {"energy_per_item", json_of(line.energy_per_item)},
          {"items_per_s", or_null(line.items_per_second)}};
}

Json json_of(const TargetLine& line) {
  Json time = nullptr;
  if (line.time) {
    time = {{"median_s", line.time->median.count()},
            {"least_s", line.time->least.count()},
            {"most_s", line.time->most.count()}};
  }
  Json energy = nullptr;
  if (line.energy) {
    energy = {{"median", json_of(line.energy->median)},
              {"least_j", line.energy->least.value()},
              {"most_j", line.energy->most.value()}};
  }
  return {{"workload", line.workload}, {"target_accuracy", line.accuracy},
          {"seeds", line.seeds},       {"epochs", line.epochs},
          {"time", std::move(time)},   {"energy", std::move(energy)}};
}

Json windows_of(const results::RunRecord& record) {
  const SteadyTime start = recording_start(record);
  Json out = Json::array();
  for (const auto& window : record.windows) {
    out.push_back({{"phase", window.phase},
                   {"index", window.index},
                   {"begin_s", Seconds(window.window.begin - start).count()},
                   {"end_s", Seconds(window.window.end - start).count()},
                   {"items", window.items},
                   {"energy", json_of(window.energy.total)}});
  }
  return out;
}

Json epochs_of(const results::RunRecord& record) {
  Json out = Json::array();
  for (const auto& epoch : epochs(record)) {
    out.push_back({{"index", epoch.index},
                   {"accuracy", or_null(epoch.accuracy)},
                   {"energy", json_of(epoch.energy)},
                   {"cumulative", json_of(epoch.cumulative)},
                   {"cumulative_time_s", epoch.cumulative_time.count()}});
  }
  return out;
}

Json power_of(const results::RunRecord& record) {
  const auto cells = power_cells(record, kPowerCells);
  if (!cells) return nullptr;
  Json watts = Json::array();
  for (const auto& cell : cells->watts) watts.push_back(cell ? rounded(*cell) : Json(nullptr));
  return {{"begin_s", cells->begin.count()}, {"step_s", cells->step.count()},
          {"watts", std::move(watts)},       {"channels", cells->channels},
          {"labels", cells->labels},         {"estimated", cells->estimated}};
}

Json cells_of(const results::RunRecord& record) {
  Json out = Json::array();
  for (const auto& column : results::columns()) {
    const results::Cell cell = column.value(record);
    if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
      out.push_back(*whole);
    } else if (const auto* real = std::get_if<double>(&cell)) {
      out.push_back(std::isfinite(*real) ? Json(*real) : Json(nullptr));
    } else if (const auto* text = std::get_if<std::string>(&cell)) {
      out.push_back(*text);
    } else {
      out.push_back(nullptr);
    }
  }
  return out;
}

Json checks_of(const results::RunRecord& record) {
  Json out = Json::array();
  for (const auto& check : record.checks) {
    out.push_back({{"name", check.name}, {"expected", check.expected}, {"actual", check.actual}});
  }
  return out;
}

Json failure_of(const results::RunRecord& record) {
  if (!record.failure) return nullptr;
  return {{"kind", error_kind_name(record.failure->kind)},
          {"message", record.failure->message},
          {"remedy", record.failure->remedy}};
}

Json run_of(const results::RunRecord& record) {
  return {{"id", record.id},
          {"status", results::status_name(record.status)},
          {"started_utc", record.started_utc},
          {"failure", failure_of(record)},
          {"cells", cells_of(record)},
          {"windows", windows_of(record)},
          {"epochs", epochs_of(record)},
          {"power", power_of(record)},
          {"checks", checks_of(record)},
          {"provenance", record.provenance},
          {"sampling",
           {{"cpu_time_s", record.sampling.cpu_time.count()},
            {"wall_time_s", record.sampling.wall_time.count()},
            {"rounds", record.sampling.rounds},
            {"lost", record.sampling.lost}}}};
}

std::string_view type_name(results::ColumnType type) {
  if (type == results::ColumnType::integer) return "integer";
  return type == results::ColumnType::real ? "real" : "text";
}

Json columns_json() {
  Json out = Json::array();
  for (const auto& column : results::columns()) {
    out.push_back({{"id", column.id},
                   {"unit", column.unit},
                   {"type", type_name(column.type)},
                   {"en", column.en},
                   {"ja", column.ja}});
  }
  return out;
}

Json verdict_of(const View& view) {
  return {{"word", view.verdict.word},
          {"headline", json_of(view.verdict.headline)},
          {"reasons", json_of(view.verdict.reasons)},
          {"row", or_null(view.best)}};
}

Json ai_benchmark_of(const Report& report, const View& view) {
  if (!report.ai_benchmark) return nullptr;
  const auto& score = report.ai_benchmark->score;
  return {{"total", score ? Json(score->total()) : Json(nullptr)},
          {"inference", score ? Json(score->inference) : Json(nullptr)},
          {"training", score ? Json(score->training) : Json(nullptr)},
          {"statements", json_of(view.score)}};
}

Json requirement_of(const Report& report) {
  const bool by_time = report.selection.objective == analysis::Objective::time;
  return {{"min_accuracy", report.selection.min_accuracy},
          {"objective", by_time ? "time" : "energy"}};
}

}  // namespace

std::string to_json(const Report& report) {
  const View view = make_view(report);
  Json rows = Json::array();
  for (const Row& row : view.rows) rows.push_back(json_of(row, report));
  Json steps = Json::array();
  for (const auto& step : view.steps) steps.push_back(json_of(step));
  Json scaling = Json::array();
  for (const auto& line : view.scaling) scaling.push_back(json_of(line));
  Json targets = Json::array();
  for (const auto& line : view.targets) targets.push_back(json_of(line));
  Json left_out = Json::array();
  for (const auto& left : view.left_out) {
    left_out.push_back({{"run", left.run}, {"reason", json_of(left.reason)}});
  }
  Json runs = Json::array();
  for (const auto& record : report.records) runs.push_back(run_of(record));
  const Json out = {{"format", "btrack-report"},
                    {"version", kReportVersion},
                    {"language", report.language == Language::ja ? "ja" : "en"},
                    {"tool_version", report.version},
                    {"generated_utc", report.generated_utc},
                    {"title", json_of(view.title)},
                    {"requirement", requirement_of(report)},
                    {"notices", json_of(view.notices)},
                    {"verdict", verdict_of(view)},
                    {"ai_benchmark", ai_benchmark_of(report, view)},
                    {"rows", std::move(rows)},
                    {"steps", std::move(steps)},
                    {"scaling", std::move(scaling)},
                    {"targets", std::move(targets)},
                    {"target_notes", json_of(target_notes(view))},
                    {"left_out", std::move(left_out)},
                    {"unknowns", json_of(view.unknowns)},
                    {"columns", columns_json()},
                    {"runs", std::move(runs)}};
  // Names and messages may come from outside: broken UTF-8 is replaced, never thrown over.
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace btrack::report

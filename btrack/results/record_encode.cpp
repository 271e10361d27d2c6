// SPDX-License-Identifier: Apache-2.0
// A record and its settings as JSON.
#include <nlohmann/json.hpp>
#include <set>

#include "btrack/results/json_reader.hpp"
#include "btrack/results/record.hpp"

namespace btrack::results {
namespace {

using nlohmann::json;
using Json = nlohmann::ordered_json;

/// Missing values are null, not 0; only an upper bound survives ("not resolvable, below x J").
Json figure_json(const power::EnergyFigure& figure) {
  const bool missing = figure.source == power::EnergySource::missing;
  const bool bounded = !missing || figure.high.value() > 0.0;
  Json out;
  out["source"] = power::energy_source_name(figure.source);
  out["grade"] = std::string(1, static_cast<char>(figure.grade));
  out["value_j"] = missing ? json() : json_real(figure.value.value());
  out["low_j"] = missing ? json() : json_real(figure.low.value());
  out["high_j"] = bounded ? json_real(figure.high.value()) : json();
  out["spread_j"] = missing ? json() : json_real(figure.spread.value());
  out["coverage"] = figure.coverage;
  out["flags"] = figure.flags;
  out["note"] = figure.note;
  return out;
}

Json baseline_json(const Baseline& baseline) {
  const power::IdleFigure& idle = baseline.power;
  const bool missing = idle.source == power::EnergySource::missing;
  const auto watts = [&](Watts w) { return missing ? json() : json_real(w.value()); };
  return {{"kind", baseline.kind},
          {"source", power::energy_source_name(idle.source)},
          {"grade", std::string(1, static_cast<char>(idle.grade))},
          {"value_w", watts(idle.value)},
          {"low_w", watts(idle.low)},
          {"high_w", watts(idle.high)},
          {"before_w", watts(idle.before)},
          {"after_w", watts(idle.after)},
          {"coverage", idle.coverage},
          {"flags", idle.flags},
          {"note", idle.note}};
}

/// Pairs of bucket and count; stats::LatencyHistogram says which latencies a bucket holds.
Json latencies_json(const std::optional<stats::LatencyHistogram>& latencies) {
  if (!latencies) return nullptr;
  Json buckets = Json::array();
  for (const auto& [bucket, count] : latencies->buckets()) {
    buckets.push_back(Json::array({bucket, count}));
  }
  return {{"sum_ns", latencies->sum_ns()},
          {"min_ns", latencies->min_ns()},
          {"max_ns", latencies->max_ns()},
          {"buckets", std::move(buckets)}};
}

Json window_json(const PhaseWindow& window) {
  Json channels = Json::array();
  for (const auto& channel : window.energy.channels) {
    channels.push_back({{"id", channel.id}, {"energy", figure_json(channel.energy)}});
  }
  Json net = Json::array();
  for (const auto& part : window.net) {
    net.push_back({{"baseline", part.baseline}, {"energy", figure_json(part.energy)}});
  }
  return {{"phase", window.phase},
          {"index", window.index},
          {"begin_ns", to_ns(window.window.begin)},
          {"end_ns", to_ns(window.window.end)},
          {"items", window.items},
          {"energy", figure_json(window.energy.total)},
          {"channels", std::move(channels)},
          {"net", std::move(net)},
          {"latencies", latencies_json(window.latencies)},
          {"rate_per_s", window.rate ? json_real(*window.rate) : json()}};
}

Json loop_json(const std::optional<LoopFigure>& loop) {
  if (!loop) return nullptr;
  return {{"runs", loop->runs},
          {"groups", loop->groups},
          {"run_s", json_real(loop->run.count())},
          {"period_s", json_real(loop->period.count())},
          {"dithered", loop->dithered},
          {"period_learned", loop->learned},
          {"stop", loop->stop},
          {"energy_per_run", figure_json(loop->energy_per_run)}};
}

/// Facility energy stands here and nowhere else, one figure for each phase.
Json facility_json(const RunRecord& record) {
  if (!record.facility) return nullptr;
  Json energies = Json::array();
  std::set<std::string_view> told;
  for (const PhaseWindow& window : record.windows) {
    if (!told.insert(window.phase).second) continue;
    const auto energy = facility_energy(phase_energy(record, window.phase), *record.facility);
    energies.push_back({{"phase", window.phase}, {"energy", figure_json(energy)}});
  }
  const auto& u95 = record.facility->pue_u95;
  return {{"pue", json_real(record.facility->pue)},
          {"pue_u95", u95 ? json_real(*u95) : json()},
          {"energies", std::move(energies)}};
}

Json settings_object(const Settings& s) {
  return {{"workload", s.workload},
          {"file", s.file},
          {"variant", s.variant},
          {"profile", s.profile},
          {"scale", s.scale},
          {"precision", s.precision},
          {"phases", s.phases},
          {"batch", s.batch},
          {"batch_auto", s.batch_auto},
          {"infer_batch", s.infer_batch},
          {"prompt", s.prompt},
          {"generate", s.generate},
          {"epochs", s.epochs},
          {"threads", s.threads},
          {"seed", s.seed},
          {"infer_seconds", json_real(s.infer_seconds)},
          {"rate", s.rate ? json_real(*s.rate) : json()},
          {"latency_limit", s.latency_limit ? json_real(*s.latency_limit) : json()},
          {"repetitions", s.repetitions},
          {"max_repetitions", s.max_repetitions},
          {"precision_target", json_real(s.precision_target)},
          {"target_accuracy", s.target_accuracy ? json_real(*s.target_accuracy) : json()},
          {"device", s.device},
          {"devices", s.devices},
          {"data", s.data},
          {"label_column", s.label_column},
          {"weights", s.weights},
          {"command", s.command}};
}

Json failure_json(const std::optional<Error>& failure) {
  if (!failure) return nullptr;
  return {{"kind", error_kind_name(failure->kind)},
          {"message", failure->message},
          {"remedy", failure->remedy}};
}

Json sampling_json(const power::SamplerCost& cost) {
  return {{"cpu_time_s", json_real(cost.cpu_time.count())},
          {"wall_time_s", json_real(cost.wall_time.count())},
          {"rounds", cost.rounds},
          {"lost", cost.lost},
          {"worst_lateness_s", json_real(cost.worst_lateness.count())}};
}

void add_lists(Json& out, const RunRecord& record) {
  out["checks"] = Json::array();
  for (const Check& c : record.checks) {
    out["checks"].push_back({{"name", c.name}, {"expected", c.expected}, {"actual", c.actual}});
  }
  out["windows"] = Json::array();
  for (const PhaseWindow& window : record.windows) out["windows"].push_back(window_json(window));
  out["baselines"] = Json::array();
  for (const Baseline& b : record.baselines) out["baselines"].push_back(baseline_json(b));
  out["qualities"] = Json::array();
  for (const Quality& q : record.qualities) {
    out["qualities"].push_back(
        {{"metric", q.metric}, {"value", json_real(q.value)}, {"index", q.index}});
  }
}

}  // namespace

std::string to_json(const RunRecord& record) {
  Json out;
  out["format"] = "btrack-run";
  out["version"] = 1;
  out["id"] = record.id;
  out["campaign"] = record.campaign;
  out["suite"] = record.suite;
  out["entry"] = record.entry;
  out["started_utc"] = record.started_utc;
  out["status"] = status_name(record.status);
  out["failure"] = failure_json(record.failure);
  out["settings"] = settings_object(record.settings);
  out["family"] = record.family;
  out["item_unit"] = record.item_unit;
  out["parameters"] = record.parameters;
  out["macs_per_item"] = record.macs_per_item;
  add_lists(out, record);
  out["loop"] = loop_json(record.loop);
  out["facility"] = facility_json(record);
  out["unmeasured"] = record.unmeasured ? Json(*record.unmeasured) : Json();
  out["exit_code"] = record.exit_code ? Json(*record.exit_code) : Json();
  out["provenance"] = record.provenance;
  out["sampling"] = sampling_json(record.sampling);
  return json_text(out);
}

std::string settings_to_json(const Settings& settings) {
  return json_text(settings_object(settings));
}

}  // namespace btrack::results

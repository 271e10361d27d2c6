// SPDX-License-Identifier: Apache-2.0
// A record and its settings back from JSON, strictly.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "btrack/results/json_reader.hpp"
#include "btrack/results/record.hpp"

namespace btrack::results {
namespace {

constexpr std::int64_t kVersion = 1;

power::EnergySource read_source(JsonReader& in) {
  const std::string name = in.text("source");
  const auto source = power::energy_source_from(name);
  if (power::energy_source_name(source) != name) {
    in.complain("source", "measured, estimated or missing");
  }
  return source;
}

power::Grade read_grade(JsonReader& in) {
  const std::string grade = in.text("grade");
  if (grade.size() == 1 && grade[0] >= 'A' && grade[0] <= 'F') {
    return static_cast<power::Grade>(grade[0]);
  }
  in.complain("grade", "a letter from A to F");
  return power::Grade::F;
}

power::EnergyFigure read_figure(JsonReader& in) {
  power::EnergyFigure figure;
  figure.source = read_source(in);
  figure.grade = read_grade(in);
  const bool known = figure.source != power::EnergySource::missing;
  if (known || in.present("value_j")) figure.value = Joules(in.real("value_j"));
  if (known || in.present("low_j")) figure.low = Joules(in.real("low_j"));
  if (known || in.present("high_j")) figure.high = Joules(in.real("high_j"));
  if (in.has("spread_j")) {
    figure.spread = Joules(in.real("spread_j"));
  } else if (known) {  // written before spread was known: the whole interval is no less
    figure.spread = std::max(figure.high - figure.value, figure.value - figure.low);
  }
  figure.coverage = in.texts("coverage");
  figure.flags = in.texts("flags");
  figure.note = in.text("note");
  return figure;
}

Baseline read_baseline(JsonReader& in) {
  Baseline baseline;
  baseline.kind = in.text("kind");
  power::IdleFigure& idle = baseline.power;
  idle.source = read_source(in);
  idle.grade = read_grade(in);
  const auto watts = [&](const char* key) {
    const bool known = idle.source != power::EnergySource::missing;
    return known ? Watts(in.real(key)) : Watts();
  };
  idle.value = watts("value_w");
  idle.low = watts("low_w");
  idle.high = watts("high_w");
  idle.before = watts("before_w");
  idle.after = watts("after_w");
  idle.coverage = in.texts("coverage");
  idle.flags = in.texts("flags");
  idle.note = in.text("note");
  return baseline;
}

stats::LatencyHistogram read_latencies(JsonReader& in) {
  stats::LatencyHistogram::Buckets buckets;
  in.pairs("buckets", [&](std::int64_t bucket, std::int64_t count) {
    return bucket >= 0 && bucket <= std::numeric_limits<std::uint32_t>::max() &&
           buckets.emplace(static_cast<std::uint32_t>(bucket), count).second;
  });
  const std::int64_t sum = in.integer("sum_ns");
  const std::int64_t min = in.integer("min_ns");
  auto restored =
      stats::LatencyHistogram::restore(std::move(buckets), sum, min, in.integer("max_ns"));
  if (!restored) in.complain("buckets", "counts of latencies that fit sum_ns, min_ns and max_ns");
  return restored.value_or(stats::LatencyHistogram());
}

PhaseWindow read_window(JsonReader& in) {
  PhaseWindow window;
  window.phase = in.text("phase");
  window.index = in.integer("index");
  window.window = {steady_from_ns(in.integer("begin_ns")), steady_from_ns(in.integer("end_ns"))};
  window.items = in.integer("items");
  in.object("energy", [&](JsonReader& energy) { window.energy.total = read_figure(energy); });
  in.objects("channels", [&](JsonReader& channel) {
    power::ChannelEnergy& added = window.energy.channels.emplace_back();
    added.id = channel.text("id");
    channel.object("energy", [&](JsonReader& energy) { added.energy = read_figure(energy); });
  });
  if (in.has("latencies")) {
    in.object("latencies",
              [&](JsonReader& latencies) { window.latencies = read_latencies(latencies); });
  }
  if (in.has("rate_per_s")) window.rate = in.real("rate_per_s");
  if (!in.has("net")) return window;  // written before there were baselines
  in.objects("net", [&](JsonReader& net) {
    NetEnergy& added = window.net.emplace_back();
    added.baseline = net.text("baseline");
    net.object("energy", [&](JsonReader& energy) { added.energy = read_figure(energy); });
  });
  return window;
}

Settings read_settings(JsonReader& in) {
  Settings s;
  s.workload = in.text("workload");
  s.file = in.text_or("file", s.file);
  s.variant = in.text_or("variant", s.variant);
  s.profile = in.text_or("profile", s.profile);
  s.scale = in.text_or("scale", s.scale);
  s.precision = in.text_or("precision", s.precision);
  s.phases = in.texts("phases");
  s.batch = in.integer("batch");
  s.batch_auto = in.flag_or("batch_auto", s.batch_auto);
  s.infer_batch = in.integer("infer_batch");
  if (in.has("prompt")) s.prompt = in.integer("prompt");
  if (in.has("generate")) s.generate = in.integer("generate");
  s.epochs = in.integer("epochs");
  s.threads = in.integer("threads");
  s.seed = in.integer("seed");
  s.infer_seconds = in.real("infer_seconds");
  if (in.has("rate")) s.rate = in.real("rate");
  if (in.has("latency_limit")) s.latency_limit = in.real("latency_limit");
  s.repetitions = in.integer("repetitions");
  s.max_repetitions = in.integer("max_repetitions");
  s.precision_target = in.real("precision_target");
  if (in.present("target_accuracy")) s.target_accuracy = in.real("target_accuracy");
  s.device = in.text("device");
  if (in.has("devices")) s.devices = in.integer("devices");
  s.data = in.text("data");
  s.label_column = in.text_or("label_column", s.label_column);
  s.weights = in.text_or("weights", s.weights);
  s.command = in.texts("command");
  return s;
}

Error read_failure(JsonReader& in) {
  return {error_kind_from(in.text("kind")), in.text("message"), in.text("remedy")};
}

power::SamplerCost read_sampling(JsonReader& in) {
  power::SamplerCost cost;
  cost.cpu_time = Seconds(in.real("cpu_time_s"));
  cost.wall_time = Seconds(in.real("wall_time_s"));
  cost.rounds = in.natural("rounds");
  cost.lost = in.natural("lost");
  cost.worst_lateness = Seconds(in.real("worst_lateness_s"));
  return cost;
}

void read_identity(JsonReader& in, RunRecord& record) {
  record.id = in.text("id");
  record.campaign = in.text("campaign");
  record.suite = in.text("suite");
  record.entry = in.integer("entry");
  record.started_utc = in.text("started_utc");
  if (const auto status = status_from(in.text("status"))) {
    record.status = *status;
  } else {
    in.complain("status", "complete, failed or interrupted");
  }
  if (in.present("failure")) {
    in.object("failure", [&](JsonReader& failure) { record.failure = read_failure(failure); });
  }
}

void read_lists(JsonReader& in, RunRecord& record) {
  in.objects("checks", [&](JsonReader& check) {
    record.checks.push_back(
        {check.text("name"), check.integer("expected"), check.integer("actual")});
  });
  in.objects("windows", [&](JsonReader& window) { record.windows.push_back(read_window(window)); });
  if (in.has("baselines")) {
    in.objects("baselines",
               [&](JsonReader& idle) { record.baselines.push_back(read_baseline(idle)); });
  }
  in.objects("qualities", [&](JsonReader& quality) {
    record.qualities.push_back(
        {quality.text("metric"), quality.real("value"), quality.integer("index")});
  });
}

void read_loop(JsonReader& in, RunRecord& record) {
  if (!in.has("loop")) return;
  in.object("loop", [&](JsonReader& loop) {
    LoopFigure& figure = record.loop.emplace();
    figure.runs = loop.integer("runs");
    figure.groups = loop.integer("groups");
    figure.run = Seconds(loop.real("run_s"));
    figure.period = Seconds(loop.real("period_s"));
    figure.dithered = loop.flag_or("dithered", false);
    figure.learned = loop.flag_or("period_learned", false);
    figure.stop = loop.text("stop");
    loop.object("energy_per_run",
                [&](JsonReader& energy) { figure.energy_per_run = read_figure(energy); });
  });
}

void read_facility(JsonReader& in, RunRecord& record) {
  if (in.has("unmeasured")) record.unmeasured = in.texts("unmeasured");
  if (!in.has("facility")) return;
  in.object("facility", [&](JsonReader& facility) {
    record.facility.emplace();
    record.facility->pue = facility.real("pue");
    if (facility.has("pue_u95")) record.facility->pue_u95 = facility.real("pue_u95");
  });
}

void read_exit_code(JsonReader& in, RunRecord& record) {
  if (!in.present("exit_code")) return;
  const std::int64_t code = in.integer("exit_code");
  if (code < std::numeric_limits<int>::min() || code > std::numeric_limits<int>::max()) {
    in.complain("exit_code", "a 32-bit whole number");
    return;
  }
  record.exit_code = static_cast<int>(code);
}

/// False where the rest of the document means nothing to this program.
bool read_format(JsonReader& in, DecodeState& state) {
  if (in.text("format") != "btrack-run") in.complain("format", "\"btrack-run\"");
  const std::int64_t version = in.integer("version");
  if (version > kVersion) {
    state.complain(ErrorKind::unsupported,
                   fmt::format("the record has format version {}, this btrack reads up to {}",
                               version, kVersion),
                   "update btrack");
  } else if (version < 1) {
    in.complain("version", "1 or more");
  }
  return !state.problem;
}

}  // namespace

Result<RunRecord> record_from_json(std::string_view text) {
  RunRecord record;
  const auto done = decode_object(text, "record", [&](JsonReader& in, DecodeState& state) {
    if (!read_format(in, state)) return;
    read_identity(in, record);
    in.object("settings", [&](JsonReader& settings) { record.settings = read_settings(settings); });
    record.family = in.text("family");
    record.item_unit = in.text("item_unit");
    record.parameters = in.integer("parameters");
    record.macs_per_item = in.integer("macs_per_item");
    read_lists(in, record);
    read_loop(in, record);
    read_facility(in, record);
    read_exit_code(in, record);
    in.text_map("provenance", [&](const std::string& key, const std::string& value) {
      record.provenance[key] = value;
    });
    in.object("sampling", [&](JsonReader& cost) { record.sampling = read_sampling(cost); });
  });
  if (!done) return fail(done.error());
  return record;
}

Result<Settings> settings_from_json(std::string_view text) {
  Settings settings;
  const auto done = decode_object(
      text, "settings", [&](JsonReader& in, DecodeState&) { settings = read_settings(in); });
  if (!done) return fail(done.error());
  return settings;
}

Result<std::vector<Settings>> settings_list_from_json(std::string_view text) {
  std::vector<Settings> all;
  const auto done =
      decode_objects(text, "entries", [&](JsonReader& in) { all.push_back(read_settings(in)); });
  if (!done) return fail(done.error());
  return all;
}

}  // namespace btrack::results

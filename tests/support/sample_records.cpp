// SPDX-License-Identifier: Apache-2.0
// Run records made by hand.
#include "tests/support/sample_records.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace btrack::testing {
namespace {

using power::EnergyFigure;
using power::EnergySource;
using results::RunRecord;

constexpr double kIdleWatts = 9.0;
constexpr std::int64_t kTestItems = 10000;

EnergyFigure figure(double joules, SampleEnergy energy) {
  EnergyFigure out;
  if (energy == SampleEnergy::none) {
    out.note = "no power source could be read";
    return out;
  }
  const bool measured = energy == SampleEnergy::measured;
  out.source = measured ? EnergySource::measured : EnergySource::estimated;
  out.grade = measured ? power::Grade::C : power::Grade::E;
  out.value = Joules(joules);
  out.low = Joules(joules * (measured ? 0.95 : 0.6));
  out.high = Joules(joules * (measured ? 1.05 : 1.7));
  out.coverage = {measured ? "powercap/package-0" : "estimate/machine"};
  return out;
}

power::Channel channel(SampleEnergy energy) {
  power::Channel out;
  const bool measured = energy == SampleEnergy::measured;
  out.id = measured ? "powercap/package-0" : "estimate/machine";
  out.label = measured ? "CPU package 0" : "CPU, estimated";
  out.domain = power::Domain::package;
  out.kind = power::ChannelKind::power_gauge;
  out.evidence = measured ? power::Evidence::measured : power::Evidence::estimated;
  out.si_per_count = 0.001;
  return out;
}

class Timeline {
 public:
  Timeline(RunRecord& record, SampleEnergy energy) : record_(record), energy_(energy) {}

  void add(std::string_view phase, std::int64_t index, double length_s, double watts,
           std::int64_t items) {
    results::PhaseWindow window;
    window.phase = std::string(phase);
    window.index = index;
    window.items = items;
    window.window = {at(now_), at(now_ + length_s)};
    window.energy.total = figure(watts * length_s, energy_);
    record_.windows.push_back(std::move(window));
    levels_.push_back({now_, now_ + length_s, watts});
    now_ += length_s;
  }
  void pause(double length_s) { now_ += length_s; }

  /// 400 readings of the power that the windows used, with a small deterministic ripple.
  void add_trace() {
    if (energy_ == SampleEnergy::none) return;
    record_.trace.channels = {channel(energy_)};
    for (int i = 0; i <= 400; ++i) {
      const double t = now_ * i / 400.0;
      double watts = kIdleWatts;
      for (const Level& level : levels_) {
        if (t >= level.begin && t < level.end) watts = level.watts;
      }
      watts *= 1.0 + 0.03 * std::sin(0.9 * i) + 0.02 * std::sin(2.3 * i);
      record_.trace.readings.push_back(
          {0, power::reading_flags::ok, at(t), static_cast<std::uint64_t>(watts * 1000.0)});
    }
  }

 private:
  struct Level {
    double begin, end, watts;
  };
  static SteadyTime at(double seconds) {
    return steady_from_ns(1'000'000'000'000 + static_cast<std::int64_t>(seconds * 1e9));
  }
  RunRecord& record_;
  SampleEnergy energy_;
  double now_ = 0.0;
  std::vector<Level> levels_;
};

void add_windows(RunRecord& record, const SampleModel& model, SampleEnergy energy) {
  Timeline line(record, energy);
  const double infer_s = model.infer_s_per_1000 * 10.0;
  line.add(results::phase::setup, 0, 0.08 * model.epoch_s, 0.5 * model.watts, 0);
  line.add(results::phase::warmup, 0, 0.15 * model.epoch_s, 0.9 * model.watts, 0);
  for (std::size_t i = 0; i < model.accuracies.size(); ++i) {
    const auto epoch = static_cast<std::int64_t>(i);
    line.add(results::phase::train, epoch, model.epoch_s, model.watts, 60000);
    line.add(results::phase::evaluate, epoch, infer_s, 0.85 * model.watts, kTestItems);
    record.qualities.push_back({"accuracy", model.accuracies[i], epoch});
  }
  line.pause(0.1 * model.epoch_s);
  for (int i = 0; i < 5; ++i) {
    line.add(results::phase::infer, i, infer_s, 0.88 * model.watts, 10000);
  }
  line.add_trace();
}

}  // namespace

RunRecord sample_record(const SampleModel& model, SampleEnergy energy, int number) {
  RunRecord record;
  record.id =
      fmt::format("20261123T0102{:02d}Z-{}-{:06x}", number, model.workload, 0xa1b2c0 + number);
  record.suite = "ladder";
  record.entry = number;
  record.started_utc = fmt::format("2026-11-23T01:02:{:02d}Z", number);
  record.status = results::Status::complete;
  record.settings.workload = model.workload;
  record.settings.phases = {"train", "infer"};
  record.settings.epochs = static_cast<std::int64_t>(model.accuracies.size());
  record.family = "fashion-mnist";
  record.item_unit = "images";
  record.parameters = model.parameters;
  record.macs_per_item = model.macs;
  record.checks = {{"parameters", model.parameters, model.parameters},
                   {"macs", model.macs, model.macs}};
  record.provenance = {{"cpu.model", "Sample CPU (test data)"},
                       {"cpu.cores", "8"},
                       {"library.torch", "2.13.0"},
                       {"build.commit", "0000000"},
                       {"os.kernel", "6.1.0-sample"}};
  record.sampling = {Seconds(0.004), Seconds(20.0), 200, 0, Seconds(0.001)};
  add_windows(record, model, energy);
  return record;
}

std::vector<SampleModel> sample_ladder() {
  return {{"softmax", 7850, 7840, {0.801, 0.822, 0.832, 0.838, 0.842}, 0.24, 0.0008, 34.0},
          {"mlp_64", 50890, 50816, {0.838, 0.852, 0.861, 0.867, 0.871}, 0.5, 0.0023, 41.0},
          {"mlp_512_256", 535818, 535040, {0.852, 0.869, 0.878, 0.885, 0.889}, 3.6, 0.017, 62.0},
          {"lenet5", 61706, 416520, {0.812, 0.853, 0.872, 0.883, 0.890}, 10.8, 0.066, 55.0},
          {"vit_micro", 138890, 2430000, {0.802, 0.847, 0.866, 0.881, 0.887}, 48.0, 0.31, 58.0},
          {"cnn_s", 421642, 4240000, {0.872, 0.893, 0.902, 0.909, 0.912}, 50.6, 0.608, 64.0},
          {"cnn_m", 288170, 29100000, {0.891, 0.915, 0.926}, 272.0, 2.086, 66.0}};
}

std::vector<RunRecord> sample_ladder_records(SampleEnergy energy) {
  std::vector<RunRecord> records;
  int number = 0;
  for (const SampleModel& model : sample_ladder()) {
    records.push_back(sample_record(model, energy, ++number));
  }
  return records;
}

void become_server(results::RunRecord& record) {
  record.settings.phases = {"server"};
  record.settings.latency_limit = 0.1;
  record.qualities.clear();
  double rate = 10.0;
  for (auto& window : record.windows) {
    const bool probe = window.phase == results::phase::evaluate;
    if (!probe && window.phase != results::phase::infer) continue;
    if (probe) rate *= 2.0;
    window.phase = probe ? results::phase::server_probe : results::phase::server;
    window.items = probe ? 100 : 400;
    window.rate = rate;
    auto& latencies = window.latencies.emplace();
    for (std::int64_t i = 1; i <= window.items; ++i) latencies.add(i * 100'000 + window.items);
  }
}

}  // namespace btrack::testing

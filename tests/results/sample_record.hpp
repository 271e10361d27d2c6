// SPDX-License-Identifier: Apache-2.0
// A record with every field set to something that a careless round trip would lose.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

#include "btrack/results/record.hpp"

namespace btrack::results {

inline power::EnergyFigure figure(double value, double low, double high,
                                  power::Grade grade = power::Grade::C) {
  power::EnergyFigure f;
  f.source = power::EnergySource::measured;
  f.grade = grade;
  f.value = Joules(value);
  f.low = Joules(low);
  f.high = Joules(high);
  f.coverage = {"powercap/package-0", "powercap/package-0/dram"};
  f.flags = {"wrapped"};
  return f;
}

inline PhaseWindow window(std::string_view phase, std::int64_t index, std::int64_t begin_ns,
                          std::int64_t end_ns, std::int64_t items, power::EnergyFigure energy) {
  PhaseWindow w;
  w.phase = phase;
  w.index = index;
  w.window = {steady_from_ns(begin_ns), steady_from_ns(end_ns)};
  w.items = items;
  w.energy.channels.push_back({"powercap/package-0", energy});
  w.energy.total = std::move(energy);
  return w;
}

/// Two epochs of 2 s and 3 s (10 J, 20 J), inference of 4 x 500 items in 0.5 s at 1 J each.
inline RunRecord sample_record(std::string id = "20261123T010203Z-lenet5-1a2b3c") {
  RunRecord r;
  r.id = std::move(id);
  r.suite = "quick";
  r.entry = 3;
  r.started_utc = "2026-11-23T01:02:03Z";
  r.status = Status::complete;
  r.settings.workload = "lenet5";
  r.settings.variant = "28";
  r.settings.profile = "micro";
  r.settings.scale = "tiny";
  r.settings.precision = "bf16";
  r.settings.devices = 4;
  r.settings.phases = {"train", "infer"};
  r.settings.epochs = 2;
  r.settings.infer_seconds = 0.1 + 0.2;
  r.settings.target_accuracy = 0.88;
  r.settings.seed = std::numeric_limits<std::int64_t>::max();
  r.family = "convolutional";
  r.item_unit = "images";
  r.parameters = 61706;
  r.macs_per_item = 416520;
  r.checks = {{"parameters", 61706, 61706}, {"macs", 416520, 416520}};
  const std::int64_t start = 9007199254740993;  // no double holds it
  const std::int64_t s = 1'000'000'000;
  r.windows.push_back(window(phase::train, 0, start, start + 2 * s, 60000, figure(10, 9, 11)));
  r.windows.push_back(
      window(phase::train, 1, start + 3 * s, start + 6 * s, 60000, figure(20, 18, 22)));
  for (int i = 0; i < 4; ++i) {
    const std::int64_t begin = start + (10 + i) * s;
    r.windows.push_back(window(phase::infer, i, begin, begin + s / 2, 500, figure(1, 0.9, 1.1)));
  }
  r.qualities = {{"accuracy", 0.8, 0}, {"accuracy", 0.8912, 1}, {"loss", 0.3, 1}};
  r.provenance = {{"cpu.model", "Example CPU"}, {"library.torch", "2.13.0"}};
  r.sampling.cpu_time = Seconds(0.002);
  r.sampling.wall_time = Seconds(20.0);
  r.sampling.rounds = 200;
  r.sampling.lost = std::numeric_limits<std::uint64_t>::max();
  r.sampling.worst_lateness = Seconds(1.0 / 3.0);
  return r;
}

/// 4 W idle before and after, 5 % drift; no active baseline.
inline void add_sample_baselines(RunRecord& r) {
  power::IdleFigure idle;
  idle.source = power::EnergySource::measured;
  idle.grade = power::Grade::D;
  idle.value = Watts(4);
  idle.low = Watts(3.5);
  idle.high = Watts(4.5);
  idle.before = Watts(3.9);
  idle.after = Watts(4.1);
  idle.coverage = {"powercap/package-0", "powercap/package-0/dram"};
  idle.flags = {"baseline-drift"};
  idle.note = "idle power changed";
  power::IdleFigure missing;
  missing.note = "the worker had gone";
  r.baselines = {{std::string(baseline::cold), idle}, {std::string(baseline::active), missing}};
  for (PhaseWindow& w : r.windows) {
    const double net = (w.energy.total.value - Watts(4) * w.window.length()).value();
    power::EnergyFigure none;
    none.note = missing.note;
    w.net = {{std::string(baseline::cold), figure(net, 0.9 * net, 1.1 * net, power::Grade::D)},
             {std::string(baseline::active), none}};
  }
}

/// A folder of its own, gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "btrack-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace btrack::results

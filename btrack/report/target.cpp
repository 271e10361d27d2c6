// SPDX-License-Identifier: Apache-2.0
// Training to a target accuracy: median and range over the seeds of one model.
#include <algorithm>
#include <map>

#include "btrack/report/view.hpp"
#include "btrack/results/training_target.hpp"

namespace btrack::report {
namespace {

using results::RunRecord;
using results::TrainingTarget;

/// The settings without what differs from seed to seed, and without what came after training.
std::string subject_of(const RunRecord& record) {
  results::Settings settings = record.settings;
  settings.seed = 0;
  settings.phases.clear();
  return results::settings_to_json(settings);
}

/// The middle of what `order` sorts; the mean of the two where their number is even.
template <class T, class Order>
T median(std::vector<T> values, Order order) {
  std::ranges::sort(values, {}, order);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2.0;
}

std::optional<EnergySpread> spread_of(const std::vector<power::EnergyFigure>& energies) {
  const auto known = [](const power::EnergyFigure& energy) {
    return energy.source != power::EnergySource::missing;
  };
  if (!std::ranges::all_of(energies, known)) return std::nullopt;
  const auto [least, most] = std::ranges::minmax(energies, {}, &power::EnergyFigure::value);
  return EnergySpread{median(energies, &power::EnergyFigure::value), least.value, most.value};
}

TargetLine line_of(const std::map<std::int64_t, const RunRecord*>& by_seed) {
  TargetLine line;
  std::vector<power::EnergyFigure> energies;
  std::vector<double> times;
  for (const auto& [seed, record] : by_seed) {
    const auto target = results::training_target(*record);
    line.workload = record->settings.workload;
    line.accuracy = target->accuracy;
    ++line.seeds;
    if (!target->epochs) continue;
    line.epochs.push_back(*target->epochs);
    times.push_back(target->time.count());
    energies.push_back(target->energy);
  }
  std::ranges::sort(line.epochs);
  if (times.empty()) return line;
  const auto [fastest, slowest] = std::ranges::minmax(times);
  line.time = TimeSpread{Seconds(median(times, [](double t) { return t; })), Seconds(fastest),
                         Seconds(slowest)};
  line.energy = spread_of(energies);
  return line;
}

}  // namespace

std::vector<TargetLine> make_targets(const Report& report) {
  // Of each subject and seed the newest record counts.
  std::map<std::string, std::map<std::int64_t, const RunRecord*>> newest;
  for (const RunRecord& record : report.records) {
    if (record.status != results::Status::complete || !results::training_target(record)) continue;
    auto& known = newest[subject_of(record)][record.settings.seed];
    if (known == nullptr ||
        std::pair(known->started_utc, known->id) < std::pair(record.started_utc, record.id)) {
      known = &record;
    }
  }
  std::vector<TargetLine> lines;
  lines.reserve(newest.size());
  for (const auto& [subject, by_seed] : newest) lines.push_back(line_of(by_seed));
  std::ranges::stable_sort(lines, {}, &TargetLine::workload);
  return lines;
}

std::vector<Sentence> target_notes(const View& view) {
  if (view.targets.empty()) return {};
  std::vector<Sentence> notes{{"target.lead", {}}};
  const auto few = [](const TargetLine& line) { return line.seeds < kEnoughSeeds; };
  const auto missed = [](const TargetLine& line) { return line.epochs.size() < line.seeds; };
  if (std::ranges::any_of(view.targets, few)) {
    notes.push_back({"target.few_seeds", {{"n", std::to_string(kEnoughSeeds)}}});
  }
  if (std::ranges::any_of(view.targets, missed)) notes.push_back({"target.missed", {}});
  return notes;
}

}  // namespace btrack::report

// SPDX-License-Identifier: Apache-2.0
// Training energy per item against the number of devices, where one model was trained on several.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "btrack/report/view.hpp"

namespace btrack::report {
namespace {

using results::RunRecord;

/// What has to be the same for two lines to be compared; threads and batch may follow the devices.
std::string subject_of(const RunRecord& record) {
  results::Settings settings;
  settings.workload = record.settings.workload;
  settings.variant = record.settings.variant;
  settings.profile = record.settings.profile;
  settings.scale = record.settings.scale;
  settings.precision = record.settings.precision;
  settings.device = record.settings.device;
  settings.data = record.settings.data;
  return results::settings_to_json(settings);
}

ScalingLine line_of(const RunRecord& record) {
  const auto items = static_cast<double>(results::phase_items(record, results::phase::train));
  const auto time = results::phase_time(record, results::phase::train);
  ScalingLine line;
  line.workload = record.settings.workload;
  line.devices = record.settings.devices;
  line.batch = record.settings.batch;
  line.energy_per_item = results::phase_energy(record, results::phase::train) / items;
  if (time.count() > 0.0) line.items_per_second = items / time.count();
  return line;
}

}  // namespace

std::vector<ScalingLine> make_scaling(const Report& report) {
  // Subject, devices and batch: the newest record counts.
  std::map<std::tuple<std::string, std::int64_t, std::int64_t>, const RunRecord*> newest;
  std::map<std::string, std::set<std::int64_t>> devices;
  for (const RunRecord& record : report.records) {
    if (record.status != results::Status::complete) continue;
    if (results::phase_items(record, results::phase::train) <= 0) continue;
    const auto subject = subject_of(record);
    devices[subject].insert(record.settings.devices);
    auto& known = newest[{subject, record.settings.devices, record.settings.batch}];
    if (known == nullptr ||
        std::pair(known->started_utc, known->id) < std::pair(record.started_utc, record.id)) {
      known = &record;
    }
  }
  std::vector<ScalingLine> lines;
  for (const auto& [key, record] : newest) {
    if (devices[std::get<0>(key)].size() > 1) lines.push_back(line_of(*record));
  }
  return lines;
}

}  // namespace btrack::report

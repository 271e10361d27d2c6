// SPDX-License-Identifier: Apache-2.0
// Expected times, corrected by how the finished entries did against theirs.
#include "btrack/bench/forecast.hpp"

#include <algorithm>

namespace btrack::bench {
namespace {

// First guesses only, replaced by what is seen: an ordinary core's fp32 multiply-adds, starting and
// preparing one worker, the cost per item that does not depend on the model, one epoch's items.
constexpr double kMacsPerSecond = 3e10;
constexpr double kStartSeconds = 4.0;
constexpr double kSecondsPerItem = 2e-6;
constexpr double kItemsPerEpoch = 60000.0;
constexpr double kTrainingOverForward = 3.0;

bool has_phase(const results::Settings& settings, std::string_view name) {
  return std::find(settings.phases.begin(), settings.phases.end(), name) != settings.phases.end();
}

constexpr double kTinyOverFull = 1.0 / 64.0;

/// Multiply-adds of one item of the entry's variant.
double macs_of(const results::Settings& settings, const CatalogueRow& row) {
  double macs = static_cast<double>(row.macs_per_item);
  for (const auto& variant : row.variants) {
    if (variant.name == settings.variant) macs = static_cast<double>(variant.macs_per_item);
  }
  return settings.scale == "full" ? macs : macs * kTinyOverFull;
}

double items_per_epoch(const results::Settings& settings, const CatalogueRow& row) {
  const std::int64_t batches =
      settings.scale == "full" || row.epoch_batches > 0 ? row.epoch_batches : 1;
  return batches > 0 ? static_cast<double>(batches * settings.batch) : kItemsPerEpoch;
}

Seconds from_macs(const results::Settings& settings, std::span<const CatalogueRow> rows) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const auto& r) { return r.name == settings.workload; });
  const CatalogueRow row = found == rows.end() ? CatalogueRow{} : *found;
  double seconds = kStartSeconds;
  if (has_phase(settings, results::phase::train)) {
    seconds += static_cast<double>(settings.epochs) * items_per_epoch(settings, row) *
               (kSecondsPerItem + kTrainingOverForward * macs_of(settings, row) / kMacsPerSecond);
  }
  for (const auto& phase : settings.phases) {
    if (phase == results::phase::train) continue;
    seconds += static_cast<double>(settings.repetitions) * settings.infer_seconds;
  }
  return Seconds(seconds);
}

Seconds whole_time(const results::RunRecord& record) {
  if (record.windows.empty()) return Seconds(0.0);
  return record.windows.back().window.end - record.windows.front().window.begin;
}

}  // namespace

Forecast::Forecast(std::span<const results::Settings> entries, std::span<const CatalogueRow> rows,
                   std::span<const results::RunRecord> earlier)
    : done_(entries.size(), false) {
  for (const auto& entry : entries) {
    Seconds expected = from_macs(entry, rows);
    for (const auto& record : earlier) {  // the newest such record wins
      auto same = record.settings;
      same.threads = entry.threads;  // a record states the number, an entry may say 0
      if (record.status == results::Status::complete && same == entry) {
        expected = whole_time(record) + Seconds(1.0);
      }
    }
    expected_.push_back(expected);
  }
}

void Forecast::finished(std::size_t entry, Seconds took) {
  done_[entry] = true;
  took_ += took;
  took_expected_ += expected_[entry];
}

Forecast::State Forecast::at(std::size_t entry, Seconds elapsed) const {
  const double pace = took_expected_.count() > 0.0 ? took_ / took_expected_ : 1.0;
  Seconds left{};
  for (std::size_t i = 0; i < expected_.size(); ++i) {
    if (!done_[i] && i != entry) left += expected_[i] * pace;
  }
  if (!done_[entry]) left += std::max(expected_[entry] * pace - elapsed, elapsed * 0.1);
  const Seconds spent = took_ + (done_[entry] ? Seconds(0.0) : elapsed);
  const Seconds whole = spent + left;
  return {whole.count() > 0.0 ? spent / whole : 1.0, left};
}

}  // namespace btrack::bench

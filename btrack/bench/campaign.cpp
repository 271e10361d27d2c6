// SPDX-License-Identifier: Apache-2.0
// Entry after entry; a failed one is recorded and the campaign goes on.
#include "btrack/bench/campaign.hpp"

#include <set>

#include "btrack/bench/companion.hpp"

namespace btrack::bench {
namespace {

Result<std::set<std::size_t>> complete_entries(const results::Campaign& campaign,
                                               const results::ResultStore& store) {
  results::RunFilter filter;
  filter.campaign = campaign.id;
  filter.status = results::Status::complete;
  const auto records = store.runs(filter);
  if (!records) return fail(records.error());
  std::set<std::size_t> entries;
  for (const auto& record : *records) entries.insert(static_cast<std::size_t>(record.entry));
  return entries;
}

}  // namespace

results::Campaign new_campaign(const Suite& suite, const Clock& clock) {
  results::Campaign campaign;
  campaign.id = results::new_run_id(suite.name, clock.wall());
  campaign.suite = suite.name;
  campaign.started_utc = utc_text(clock.wall());
  campaign.entries = suite.entries;
  return campaign;
}

Result<CampaignOutcome> run_campaign(const results::Campaign& campaign, results::ResultStore& store,
                                     const RunnerContext& context,
                                     const std::vector<CatalogueRow>& rows,
                                     const CampaignObserver& observer) {
  const auto done = complete_entries(campaign, store);
  if (!done) return fail(done.error());
  const auto earlier = store.runs();
  if (!earlier) return fail(earlier.error());
  Forecast forecast(campaign.entries, rows, *earlier);
  for (const auto entry : *done) forecast.finished(entry, forecast.expected(entry));

  CampaignOutcome outcome;
  outcome.entries = campaign.entries.size();
  outcome.complete = done->size();
  for (std::size_t entry = 0; entry < campaign.entries.size() && !outcome.interrupted; ++entry) {
    if (done->contains(entry)) continue;
    if (!context.ranks.first() && !trains(campaign.entries[entry])) continue;
    CampaignProgress progress{
        entry, campaign.entries.size(), campaign.entries[entry].workload, "", 0, {}};
    const auto begin = std::chrono::steady_clock::now();
    const auto update = [&] {
      const auto state = forecast.at(entry, std::chrono::steady_clock::now() - begin);
      progress.share = state.share;
      progress.left = state.left;
    };
    RunnerContext own = context_of(entry, campaign.entries[entry], context);
    own.on_progress = [&](const Progress& worker) {
      progress.phase = worker.phase;
      update();
      if (observer.on_progress) observer.on_progress(progress);
    };
    own.on_progress(Progress{"start", 0, 0});
    auto record = run_workload(campaign.entries[entry], own);
    record.campaign = campaign.id;
    record.suite = campaign.suite;
    record.entry = static_cast<std::int64_t>(entry);
    if (auto added = store.add(record); !added) return fail(added.error());
    forecast.finished(entry, std::chrono::steady_clock::now() - begin);
    update();
    if (observer.on_record) observer.on_record(record, progress);
    outcome.interrupted = record.status == results::Status::interrupted;
    if (record.status == results::Status::complete) {
      ++outcome.complete;
    } else if (!outcome.interrupted) {
      outcome.failed.push_back(std::move(record));
    }
  }
  return outcome;
}

}  // namespace btrack::bench

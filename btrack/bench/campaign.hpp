// SPDX-License-Identifier: Apache-2.0
// A suite on its way: every finished entry is in the store at once, so it can always be resumed.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "btrack/bench/forecast.hpp"
#include "btrack/bench/runner.hpp"
#include "btrack/bench/suite.hpp"
#include "btrack/results/store.hpp"

namespace btrack::bench {

struct CampaignProgress {
  std::size_t entry = 0;  ///< being run, from 0
  std::size_t entries = 0;
  std::string workload;
  std::string phase;
  double share = 0.0;  ///< of the campaign's expected time, in [0, 1]
  Seconds left{};      ///< expected until the end
};

struct CampaignObserver {
  std::function<void(const CampaignProgress&)> on_progress;
  std::function<void(const results::RunRecord&, const CampaignProgress&)> on_record;
};

struct CampaignOutcome {
  std::size_t entries = 0;
  std::size_t complete = 0;                ///< over all sessions
  std::vector<results::RunRecord> failed;  ///< of this session
  bool interrupted = false;
};

/// A new campaign of that suite, not stored yet.
results::Campaign new_campaign(const Suite& suite, const Clock& clock);

/// Runs every entry that has no complete record yet, in order. An Error only where the store fails.
Result<CampaignOutcome> run_campaign(const results::Campaign& campaign, results::ResultStore& store,
                                     const RunnerContext& context,
                                     const std::vector<CatalogueRow>& rows,
                                     const CampaignObserver& observer);

}  // namespace btrack::bench

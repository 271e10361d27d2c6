// SPDX-License-Identifier: Apache-2.0
// Ranks beside rank 0: they start when it starts, train with it, and are done when it is.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "btrack/bench/catalogue.hpp"
#include "btrack/bench/runner.hpp"
#include "btrack/cluster/lifeline.hpp"

namespace btrack::bench {

/// True where the ranks have something to do together.
bool trains(const results::Settings& settings);
/// An error (usage) where an entry is nothing that several ranks can share.
Result<void> check_shared(const std::vector<results::Settings>& entries,
                          const std::vector<CatalogueRow>& rows, const cluster::Ranks& ranks);
/// CPU threads of each rank where the settings leave it open: the node's cores, shared evenly.
std::int64_t threads_of_rank(const RunnerContext& context);

/// Waits until rank 0's worker is there; twenty minutes, since it may measure an idle baseline.
Result<cluster::Lifeline> await_first_rank(const RunnerContext& context);
/// What stops a rank's worker early: the user, or the end of rank 0's.
std::function<bool()> stop_with(const cluster::Lifeline& line, const RunnerContext& context);
/// Says so where it was rank 0's end.
Result<void> explained(Result<void> outcome, const RunnerContext& context);
/// Waits until it is gone, so that the next run meets its successor; however long it infers.
void await_end(const cluster::Lifeline& line, const RunnerContext& context);

/// A rank that measures nothing: its worker trains, and that is all.
Result<void> accompany(const results::Settings& settings, const RunnerContext& context);
/// The same for every entry that trains; a failure is told, and the next entry follows.
void accompany_all(const std::vector<results::Settings>& entries, const RunnerContext& context,
                   const std::function<void(const results::Settings&, const Error&)>& on_failure);

/// The context of one entry of a campaign: ranks meet where it trains.
RunnerContext context_of(std::size_t entry, const results::Settings& settings,
                         const RunnerContext& context);

}  // namespace btrack::bench

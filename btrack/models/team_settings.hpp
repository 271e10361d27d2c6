// SPDX-License-Identifier: Apache-2.0
// What settings mean where several ranks train together.
#pragma once

#include "btrack/models/team.hpp"
#include "btrack/results/record.hpp"

namespace btrack::models {

/// The ranks that train together, where the runner has named their meeting; empty where it has not.
Result<std::unique_ptr<Team>> join_team(const results::Settings& settings);
/// "cuda" means each rank's own GPU.
std::string device_of(const results::Settings& settings, const Team* team);
/// Connects the devices. Errors (usage): a batch that cannot be split evenly.
Result<void> connect(Team& team, const results::Settings& settings, at::Device device);
/// With this rank's share of a batch.
results::Settings own_settings(results::Settings settings, const Team* team);

}  // namespace btrack::models

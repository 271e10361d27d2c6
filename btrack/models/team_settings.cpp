// SPDX-License-Identifier: Apache-2.0
// What settings mean where several ranks train together.
#include "btrack/models/team_settings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "btrack/bench/protocol.hpp"

namespace btrack::models {

Result<std::unique_ptr<Team>> join_team(const results::Settings& settings) {
  const auto environment = cluster::process_environment();
  const auto meeting = environment(bench::kMeetingVariable);
  const bool trains =
      std::ranges::find(settings.phases, results::phase::train) != settings.phases.end();
  if (!meeting || !trains) return std::unique_ptr<Team>();
  const auto ranks = cluster::ranks_from(environment);
  if (!ranks) return fail(ranks.error());
  return Team::join(*ranks, *meeting);
}

std::string device_of(const results::Settings& settings, const Team* team) {
  if (team == nullptr || settings.device != "cuda") return settings.device;
  return fmt::format("cuda:{}", team->ranks().local_rank);
}

Result<void> connect(Team& team, const results::Settings& settings, at::Device device) {
  const int size = team.ranks().size;
  if (settings.batch % size != 0) {
    return fail(
        ErrorKind::usage,
        fmt::format("a batch of {} cannot be split evenly over {} ranks", settings.batch, size),
        fmt::format("take --batch {}", (settings.batch / size + 1) * size));
  }
  return team.connect(device);
}

results::Settings own_settings(results::Settings settings, const Team* team) {
  if (team != nullptr) settings.batch /= team->ranks().size;
  return settings;
}

}  // namespace btrack::models

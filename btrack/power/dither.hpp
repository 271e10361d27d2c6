// SPDX-License-Identifier: Apache-2.0
// Loop mode: short or periodic work repeated in groups whose starts are spread over the sensor's
// period, and the groups' energies combined to one energy per repetition.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "btrack/power/energy.hpp"

namespace btrack::power {

/// n back-to-back repetitions in groups; each group starts at another phase of the period.
struct LoopPlan {
  Seconds period{};             ///< of the slowest sensor that matters
  Seconds read_every{};         ///< no look may be missed: twice a period
  std::size_t per_group = 1;    ///< repetitions of one group, back to back
  std::size_t padding = 1;      ///< more of them before and after it, outside the window
  std::vector<Seconds> phases;  ///< where in the period each group starts, in order of execution
  [[nodiscard]] std::size_t repetitions() const { return per_group * phases.size(); }
};

/// The period that a channel's readings show, for plan_loop(); nothing where they show none. Cards
/// differ from the nominal one by up to 4 % (measurement.md 1.2), and the phases of a loop slip by
/// that share of its whole length. Wants 40 s of changing work, read every `warm_up_reads()`.
std::optional<Seconds> learned_period(const PowerTrace& trace, std::uint32_t channel);
/// Sixteen times a period, and never in step with it: readings that are show their own rhythm.
Seconds warm_up_reads(Seconds nominal_period);

/// At least `repetitions`, rounded up to whole groups. A group lasts 20 periods or more, so that
/// its own edges are small; it is padded by two periods of the same work on both sides, for a
/// part-time sensor smears the idle time between groups over a period. The phases are spread evenly
/// over the period from a random first one, in random order: a load in step with the sensor is seen
/// at all its phases, and a drift of the machine does not line up with them. `period` must be the
/// sensor's to some 1e-5: see learned_period().
LoopPlan plan_loop(std::size_t repetitions, Seconds repetition, Seconds period, std::uint64_t seed);

/// When the padding of group `group` should start: the first instant from `not_before` on that is
/// at its phase, counted from any fixed `origin`. The wait is below one period.
SteadyTime group_start(const LoopPlan& plan, std::size_t group, SteadyTime origin,
                       SteadyTime not_before);

/// The energy of one repetition from the groups' windows: the mean, its type-A interval from the
/// groups' scatter, and gain, offset and edges from their budgets. What dithering settles
/// (part-time, aliasing) is in the scatter. Missing, with the reason, where fewer than four groups
/// have a value.
EnergyFigure energy_per_repetition(const EnergyMeter& meter, std::span<const Window> groups,
                                   const LoopPlan& plan);

}  // namespace btrack::power

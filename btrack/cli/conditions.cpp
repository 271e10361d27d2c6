// SPDX-License-Identifier: Apache-2.0
// Conditions from options, from a campaign, and for the runner.
#include "btrack/cli/conditions.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "btrack/cli/number_range.hpp"

namespace btrack::cli {

results::Conditions ConditionChoice::asked() const {
  results::Conditions conditions;
  conditions.sample_hz = sample_hz.value_or(conditions.sample_hz);
  conditions.baseline = baseline.length();
  conditions.pue = facility.pue;
  conditions.pue_u95 = facility.u95;
  return conditions;
}

Result<results::Conditions> ConditionChoice::of(const results::Campaign& campaign) const {
  const results::Conditions mine = asked();
  if (!campaign.conditions) return mine;
  const results::Conditions& begun = *campaign.conditions;
  const char* other = nullptr;
  if (facility.u95 && mine.pue_u95 != begun.pue_u95) other = "--pue-u95";
  if (facility.pue && mine.pue != begun.pue) other = "--pue";
  if (baseline.said() && mine.baseline != begun.baseline) other = "--baseline";
  if (sample_hz && mine.sample_hz != begun.sample_hz) other = "--sample-hz";
  if (other == nullptr) return begun;
  return fail(ErrorKind::usage,
              fmt::format("campaign {} was begun with another {}, or without", campaign.id, other),
              fmt::format("leave out {} to go on as it was begun, or start a new run", other));
}

void add_condition_options(CLI::App& sub, ConditionChoice& choice) {
  sub.add_option("--sample-hz", choice.sample_hz, "Sensor readings per second (10)")
      ->check(number_range(0.1, 1000.0))
      ->type_name("HZ");
  add_baseline_options(sub, choice.baseline);
  add_facility_options(sub, choice.facility);
}

void apply(const results::Conditions& conditions, bench::RunnerContext& context) {
  context.sample_period = Seconds(1.0 / conditions.sample_hz);
  context.baseline = conditions.baseline;
  context.facility.reset();
  if (conditions.pue) context.facility = results::Facility{*conditions.pue, conditions.pue_u95};
}

}  // namespace btrack::cli

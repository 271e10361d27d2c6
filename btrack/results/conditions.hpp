// SPDX-License-Identifier: Apache-2.0
// How a campaign is measured, the same for all its entries and for those that are resumed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "btrack/core/error.hpp"
#include "btrack/core/quantity.hpp"

namespace btrack::results {

struct Conditions {
  double sample_hz = 10.0;
  std::optional<Seconds> baseline;  ///< as bench::RunnerContext::baseline
  std::optional<double> pue;        ///< of Facility
  std::optional<double> pue_u95;

  friend bool operator==(const Conditions&, const Conditions&) = default;
};

std::string conditions_to_json(const Conditions& conditions);
/// Absent for "{}", which campaigns of earlier versions have.
Result<std::optional<Conditions>> conditions_from_json(std::string_view json);

}  // namespace btrack::results

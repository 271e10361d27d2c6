// SPDX-License-Identifier: Apache-2.0
// Kinds of energy that are never added: measured, modelled, of the facility; and what is not there.
#pragma once

#include <optional>
#include <string>

#include "btrack/results/record.hpp"

namespace CLI {
class App;
}

namespace btrack::cli {

/// What --pue and --pue-u95 say.
struct FacilityChoice {
  std::optional<double> pue;
  std::optional<double> u95;
  [[nodiscard]] std::optional<results::Facility> facility() const;
};

/// `choice` must outlive the parsing.
void add_facility_options(CLI::App& sub, FacilityChoice& choice);

/// One line each: the model's figure beside the counters', facility energy, what nothing measures.
std::string energy_kinds_text(const results::RunRecord& record);

/// One line where others had a share of the processors that matters; else nothing.
std::string neighbours_text(const results::RunRecord& record);

/// "1.2 J (1 J to 1.5 J at 95 %), grade E ESTIMATE", or why it is missing.
std::string figure_text(const power::EnergyFigure& energy);

}  // namespace btrack::cli

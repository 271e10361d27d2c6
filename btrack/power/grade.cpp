// SPDX-License-Identifier: Apache-2.0
// Rules of the trust grade.
#include "btrack/power/grade.hpp"

#include <algorithm>

namespace btrack::power {
namespace {

Grade one_down(Grade grade) {
  return grade < Grade::E ? static_cast<Grade>(static_cast<char>(grade) + 1) : grade;
}

Grade by_width(double relative, const GradeFacts& facts) {
  if (facts.basis == GainBasis::calibrated && facts.whole_node && relative <= 0.02) {
    return Grade::A;
  }
  if (facts.basis != GainBasis::documented && relative <= 0.05) return Grade::B;
  if (relative <= 0.10) return Grade::C;
  return relative <= 0.25 ? Grade::D : Grade::E;  // wider is no better than a model
}

}  // namespace

GainBasis gain_basis(const Channel& channel) {
  const std::string_view source = channel.gain_source;
  if (source.starts_with("calibration: ")) return GainBasis::calibrated;
  if (source.starts_with("characterised: ")) return GainBasis::characterised;
  return GainBasis::documented;
}

Grade grade_of(const EnergyFigure& figure, const GradeFacts& facts) {
  if (facts.invalid || facts.doubtful_share > 0.10) return Grade::F;
  if (figure.source != EnergySource::measured) return Grade::E;
  const Joules half = std::max(figure.high - figure.value, figure.value - figure.low);
  Grade grade = by_width(half / figure.value, facts);
  if (facts.partial) grade = std::max(grade, Grade::D);
  return facts.doubtful_share > 0.02 ? one_down(grade) : grade;
}

Grade grade_of_sum(const EnergyFigure& sum, std::span<const EnergyFigure* const> parts) {
  Grade worst = Grade::A;
  for (const EnergyFigure* part : parts) {
    const bool counts = part->value.value() > 0.05 * sum.value.value() || part->grade == Grade::F;
    if (counts) worst = std::max(worst, part->grade);
  }
  return worst;
}

}  // namespace btrack::power

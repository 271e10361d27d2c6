// SPDX-License-Identifier: Apache-2.0
// Names of sources, and the arithmetic of figures that carry an interval and a grade.
#include <algorithm>
#include <cmath>

#include "btrack/power/energy.hpp"

namespace btrack::power {
namespace {

template <class List>
void add_new(List& list, const List& more) {
  for (const auto& item : more) {
    if (std::ranges::find(list, item) == list.end()) list.push_back(item);
  }
}

/// Relative distances of the truth below and above the value, at 95 %.
struct Doubt {
  double below = 0.0;
  double above = 0.0;
};

Doubt doubt_of(const EnergyFigure& figure, bool gain_cancels) {
  const double value = figure.value.value();
  const double spread = figure.spread.value() / value;
  if (gain_cancels) return {spread, spread};
  return {(value - figure.low.value()) / value, (figure.high.value() - value) / value};
}

bool same_channels(const EnergyFigure& a, const EnergyFigure& b) {
  return !a.coverage.empty() && std::ranges::is_permutation(a.coverage, b.coverage);
}

std::string joined_note(const EnergyFigure& a, const EnergyFigure& b) {
  if (a.note.empty() || a.note == b.note) return b.note;
  return b.note.empty() ? a.note : a.note + "; " + b.note;
}

}  // namespace

std::string_view energy_source_name(EnergySource source) {
  switch (source) {
    case EnergySource::measured:
      return "measured";
    case EnergySource::estimated:
      return "estimated";
    case EnergySource::missing:
      break;
  }
  return "missing";
}

EnergySource energy_source_from(std::string_view name) {
  if (name == "measured") return EnergySource::measured;
  if (name == "estimated") return EnergySource::estimated;
  return EnergySource::missing;
}

EnergyFigure operator+(const EnergyFigure& a, const EnergyFigure& b) {
  EnergyFigure sum = a;
  sum.grade = std::max(a.grade, b.grade);
  sum.note = joined_note(a, b);
  add_new(sum.coverage, b.coverage);
  add_new(sum.flags, b.flags);
  const bool missing = a.source == EnergySource::missing || b.source == EnergySource::missing;
  if (!missing && a.source == b.source) {
    sum.value = a.value + b.value;
    sum.low = a.low + b.low;
    sum.high = a.high + b.high;
    sum.spread = a.spread + b.spread;
    return sum;
  }
  // What is left of a missing sum is its upper bound, where both parts have one.
  const bool bounded = missing && a.high > Joules(0) && b.high > Joules(0);
  if (!missing) sum.note = "a measured and an estimated energy are not added";
  sum.source = EnergySource::missing;
  sum.grade = Grade::F;
  sum.value = sum.low = sum.spread = Joules(0);
  sum.high = bounded ? a.high + b.high : Joules(0);
  return sum;
}

EnergyFigure operator/(const EnergyFigure& figure, double count) {
  EnergyFigure part = figure;
  if (count > 0) {
    part.value = figure.value / count;
    part.low = figure.low / count;
    part.high = figure.high / count;
    part.spread = figure.spread / count;
    return part;
  }
  part.source = EnergySource::missing;
  part.grade = Grade::F;
  part.value = part.low = part.high = part.spread = Joules(0);
  part.note = "energy for each of no items";
  return part;
}

Result<EnergyRatio> ratio(const EnergyFigure& a, const EnergyFigure& b) {
  for (const EnergyFigure* figure : {&a, &b}) {
    if (figure->source == EnergySource::missing || figure->value <= Joules(0)) {
      return fail(ErrorKind::incomplete,
                  "a ratio of energies needs both, and one is missing: " + figure->note,
                  "measure both windows longer than their sensors need");
    }
  }
  if (a.source != b.source) {
    return fail(ErrorKind::usage, "a measured energy is not compared with an estimated one",
                "compare runs with the same kind of energy");
  }
  EnergyRatio result;
  result.value = a.value / b.value;
  result.gain_cancels = same_channels(a, b);
  const Doubt da = doubt_of(a, result.gain_cancels);
  const Doubt db = doubt_of(b, result.gain_cancels);
  result.low = result.value / (1.0 + std::hypot(da.below, db.above));
  result.high = result.value * (1.0 + std::hypot(da.above, db.below));
  return result;
}

}  // namespace btrack::power

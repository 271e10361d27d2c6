// SPDX-License-Identifier: Apache-2.0
// Terms in quadrature, bounds linearly, and the factor between standard uncertainty and 95 %.
#include "btrack/power/budget.hpp"

#include <algorithm>
#include <cmath>

#include "btrack/stats/estimate.hpp"

namespace btrack::power {
namespace {

constexpr double kNormal95 = 1.959963984540054;
constexpr double kRectangleKurtosis = -1.2;

/// One independent standard uncertainty.
struct Part {
  double u = 0.0;
  double degrees_of_freedom = 0.0;
  TermShape shape = TermShape::normal;
};

struct Side {
  double half_width = 0.0;
  double k = kNormal95;
};

/// Independent parts of one side; common terms of one source become one part.
std::vector<Part> parts_of(const std::vector<BudgetTerm>& terms, Joules BudgetTerm::*side,
                           bool with_common) {
  std::vector<Part> parts;
  std::vector<const BudgetTerm*> leaders;  // of the common parts, by position
  std::vector<std::size_t> places;
  for (const BudgetTerm& term : terms) {
    if (term.kind == TermKind::bound || (term.common && !with_common)) continue;
    const double u = (term.*side).value();
    if (term.common) {
      const auto same = std::ranges::find_if(leaders, [&](const BudgetTerm* t) {
        return t->name == term.name && t->source == term.source;
      });
      if (same != leaders.end()) {
        parts[places[static_cast<std::size_t>(same - leaders.begin())]].u += u;
        continue;
      }
      leaders.push_back(&term);
      places.push_back(parts.size());
    }
    parts.push_back({u, term.degrees_of_freedom, term.shape});
  }
  return parts;
}

Side combined(const std::vector<BudgetTerm>& terms, Joules BudgetTerm::*side, bool with_common) {
  double variance = 0.0;
  double fourth = 0.0;       // of the rectangles, for the kurtosis
  double per_freedom = 0.0;  // sum of u^4 / nu
  for (const Part& part : parts_of(terms, side, with_common)) {
    const double square = part.u * part.u;
    variance += square;
    if (part.shape == TermShape::rectangular) fourth += square * square;
    per_freedom += square * square / part.degrees_of_freedom;
  }
  Side result;
  if (variance > 0.0) {
    const double freedom = per_freedom > 0.0 ? variance * variance / per_freedom
                                             : std::numeric_limits<double>::infinity();
    result.k = coverage_factor_95(freedom, kRectangleKurtosis * fourth / (variance * variance));
  }
  result.half_width = result.k * std::sqrt(variance);
  for (const BudgetTerm& term : terms) {
    if (term.kind == TermKind::bound) result.half_width += (term.*side).value();
  }
  return result;
}

}  // namespace

std::string_view term_kind_name(TermKind kind) {
  switch (kind) {
    case TermKind::type_a:
      return "A";
    case TermKind::type_b:
      return "B";
    case TermKind::bound:
      break;
  }
  return "bound";
}

double coverage_factor_95(double degrees_of_freedom, double excess_kurtosis) {
  constexpr double kExponent = 2.443;  // through -0.6 -> 1.9018 and -1.2 -> 1.6454
  constexpr double kScale = 0.2018;
  const double flatness = std::clamp(-excess_kurtosis, 0.0, -kRectangleKurtosis);
  const double k = kNormal95 - kScale * std::pow(flatness, kExponent);
  if (std::isinf(degrees_of_freedom)) return k;
  const double t = stats::student_t_quantile(0.975, std::max(1.0, degrees_of_freedom));
  return k * t / kNormal95;
}

EnergyBudget combine(Joules value, std::vector<BudgetTerm> terms) {
  EnergyBudget budget;
  budget.value = value;
  budget.terms = std::move(terms);
  const Side above = combined(budget.terms, &BudgetTerm::above, true);
  budget.above = Joules(above.half_width);
  budget.coverage_factor = above.k;
  budget.below = Joules(combined(budget.terms, &BudgetTerm::below, true).half_width);
  budget.spread = Joules(std::max(combined(budget.terms, &BudgetTerm::below, false).half_width,
                                  combined(budget.terms, &BudgetTerm::above, false).half_width));
  return budget;
}

EnergyBudget operator+(const EnergyBudget& a, const EnergyBudget& b) {
  std::vector<BudgetTerm> terms = a.terms;
  terms.insert(terms.end(), b.terms.begin(), b.terms.end());
  return combine(a.value + b.value, std::move(terms));
}

}  // namespace btrack::power

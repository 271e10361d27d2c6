// SPDX-License-Identifier: Apache-2.0
// The uncertainty budget of one energy: named terms, how they combine, and what cancels in a ratio.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/quantity.hpp"

namespace btrack::power {

/// A: from repeated readings; B: from other knowledge; bound: a limit, added linearly.
enum class TermKind { type_a, type_b, bound };
std::string_view term_kind_name(TermKind kind);  ///< "A", "B", "bound"

enum class TermShape { normal, rectangular };

/// One cause of doubt. `below` and `above` are standard uncertainties (A, B) or limits (bound) of
/// the truth below and above the value.
struct BudgetTerm {
  std::string name;     ///< "gain", "offset", "quantisation", "edges", "part-time" ...
  std::string channel;  ///< id of the channel it belongs to
  TermKind kind = TermKind::type_b;
  TermShape shape = TermShape::rectangular;
  Joules below{};
  Joules above{};
  double degrees_of_freedom = std::numeric_limits<double>::infinity();
  bool common = false;  ///< the same in every window of this device: cancels in a ratio
  std::string source;   ///< where the number comes from
};

/// value - below and value + above hold the truth with 95 %.
struct EnergyBudget {
  Joules value{};
  std::vector<BudgetTerm> terms;
  Joules below{};
  Joules above{};
  double coverage_factor = 0.0;  ///< k of the standard uncertainties (above the value)
  Joules spread{};               ///< 95 % half-width of all but the common terms
};

/// Combines `terms` around `value` (docs/method.md, interval):
/// - standard uncertainties in quadrature; common terms of one source, which are one doubt (the
/// gain
///   of the same policy in two sockets), are added linearly first;
/// - k from the degrees of freedom (Welch-Satterthwaite) and the shape (excess kurtosis);
/// - bounds linearly on top.
EnergyBudget combine(Joules value, std::vector<BudgetTerm> terms);

/// The budget of a sum over channels.
EnergyBudget operator+(const EnergyBudget& a, const EnergyBudget& b);

/// 95 % coverage factor of a sum of independent terms with these degrees of freedom and this excess
/// kurtosis: Student's t, narrowed from 1.96 (normal) towards 1.645 (one rectangle, which is -1.2).
/// The curve between was fitted to two equal rectangles (-0.6, exactly sqrt(6) (1 - sqrt(0.05))).
double coverage_factor_95(double degrees_of_freedom, double excess_kurtosis);

}  // namespace btrack::power

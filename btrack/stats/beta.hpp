// SPDX-License-Identifier: Apache-2.0
// The incomplete beta function and its inverse, behind Student's t and order statistics.
#pragma once

namespace btrack::stats {

/// Regularised incomplete beta function I_x(a, b), a and b > 0; `y` = 1 - x is given apart so that
/// it keeps its digits where x is near 1. DLMF 8.17.22.
double incomplete_beta(double a, double b, double x, double y);

/// The x at which I_x(a, b) reaches `probability` in (0, 1), to 1e-12; from a and b of 2,000 on by
/// the normal distribution of the same mean and variance.
double beta_quantile(double probability, double a, double b);

}  // namespace btrack::stats

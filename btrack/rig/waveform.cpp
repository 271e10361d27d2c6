// SPDX-License-Identifier: Apache-2.0
// Closed-form energies of the terms.
#include "btrack/rig/waveform.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace btrack::rig {

double Step::joules(double t) const {
  return power_w * std::clamp(t - begin_s, 0.0, end_s - begin_s);
}

double Ramp::joules(double t) const {
  const double length = end_s - begin_s;
  const double rising = std::clamp(t - begin_s, 0.0, length);
  return power_w * (rising * rising / (2 * length) + std::max(0.0, t - end_s));
}

double Square::joules(double t) const {
  const auto since_begin = [this](double x) {
    const double periods = std::floor(x / period_s);
    return duty * period_s * periods + std::min(x - periods * period_s, duty * period_s);
  };
  return power_w * (since_begin(t - begin_s) - since_begin(-begin_s));
}

double Sine::joules(double t) const {
  const double omega = 2 * std::numbers::pi / period_s;
  const double shift = 2 * std::numbers::pi * phase;
  return power_w / omega * (std::cos(shift) - std::cos(omega * t + shift));
}

Prbs::Prbs(double power, double bit) : power_w(power), bit_s(bit) {
  unsigned state = 1;
  for (std::size_t i = 0; i < 127; ++i) {
    const unsigned next = ((state >> 6U) ^ (state >> 5U)) & 1U;
    state = ((state << 1U) | next) & 0x7fU;
    ones[i + 1] = static_cast<std::uint8_t>(ones[i] + next);
  }
}

double Prbs::joules(double t) const {
  const double bits = std::floor(t / bit_s);
  const double rounds = std::floor(bits / 127);
  const auto bit = static_cast<std::size_t>(bits - rounds * 127);
  const double now = ones[bit + 1] - ones[bit];
  return power_w * bit_s * (rounds * ones[127] + ones[bit] + now * (t / bit_s - bits));
}

Recorded::Recorded(std::vector<double> lengths_s, std::vector<double> powers)
    : edges_s{0.0}, powers_w(std::move(powers)), sums_j{0.0} {
  for (std::size_t i = 0; i < powers_w.size(); ++i) {
    edges_s.push_back(edges_s.back() + lengths_s.at(i));
    sums_j.push_back(sums_j.back() + lengths_s[i] * powers_w[i]);
  }
}

double Recorded::joules(double t) const {
  const double rounds = std::floor(t / edges_s.back());
  const double rest = t - rounds * edges_s.back();
  const auto after = std::ranges::upper_bound(edges_s, rest) - edges_s.begin();
  const auto i = std::min(static_cast<std::size_t>(std::max<std::ptrdiff_t>(after, 1)) - 1,
                          powers_w.size() - 1);
  return rounds * sums_j.back() + sums_j[i] + powers_w[i] * (rest - edges_s[i]);
}

double Warming::joules(double t) const {
  const double since = std::max(0.0, t - begin_s);
  return power_w * (since + tau_s * std::expm1(-since / tau_s));
}

double Waveform::joules(double t_s) const {
  double sum = 0.0;
  for (const Term& term : terms_) {
    sum += std::visit([t_s](const auto& one) { return one.joules(t_s); }, term);
  }
  return sum;
}

Recorded training_like(double scale_w, double step_s) {
  return {{0.12 * step_s, 0.28 * step_s, 0.45 * step_s, 0.10 * step_s, 0.05 * step_s},
          {0.15 * scale_w, 0.85 * scale_w, scale_w, 0.60 * scale_w, 0.30 * scale_w}};
}

}  // namespace btrack::rig

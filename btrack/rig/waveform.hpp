// SPDX-License-Identifier: Apache-2.0
// The true power of a rail as a sum of terms whose energy is known in closed form.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "btrack/core/quantity.hpp"

namespace btrack::rig {

// Each term: watts at an instant, joules from 0 to that instant; seconds of the virtual clock.

struct Constant {
  double power_w = 0.0;
  [[nodiscard]] double joules(double t) const { return power_w * t; }
};

/// `power_w` more from `begin_s` to `end_s`.
struct Step {
  double power_w = 0.0;
  double begin_s = 0.0;
  double end_s = 1e18;
  [[nodiscard]] double joules(double t) const;
};

/// From 0 at `begin_s` to `power_w` at `end_s`, which stays.
struct Ramp {
  double power_w = 0.0;
  double begin_s = 0.0;
  double end_s = 1.0;
  [[nodiscard]] double joules(double t) const;
};

/// `power_w` for the first `duty` of each period, else 0; the first period begins at `begin_s`.
struct Square {
  double power_w = 0.0;
  double period_s = 1.0;
  double duty = 0.5;
  double begin_s = 0.0;
  [[nodiscard]] double joules(double t) const;
};

struct Sine {
  double power_w = 0.0;  ///< amplitude, around 0
  double period_s = 1.0;
  double phase = 0.0;  ///< of a period
  [[nodiscard]] double joules(double t) const;
};

/// PRBS-7 (x^7 + x^6 + 1): `power_w` while the bit is 1, 127 bits that repeat.
struct Prbs {
  explicit Prbs(double power_w, double bit_s);
  [[nodiscard]] double joules(double t) const;

  double power_w;
  double bit_s;
  std::array<std::uint8_t, 128> ones{};  ///< bits that are 1 before each
};

/// A recorded power: constant between `edges_s`, repeated for ever.
struct Recorded {
  Recorded(std::vector<double> lengths_s, std::vector<double> powers_w);
  [[nodiscard]] double joules(double t) const;

  std::vector<double> edges_s;  ///< begins with 0, one more than powers
  std::vector<double> powers_w;
  std::vector<double> sums_j;  ///< energy before each edge
};

/// Leakage that grows as the chip warms up: power_w * (1 - exp(-(t - begin)/tau)).
struct Warming {
  double power_w = 0.0;
  double tau_s = 30.0;
  double begin_s = 0.0;
  [[nodiscard]] double joules(double t) const;
};

class Waveform {
 public:
  using Term = std::variant<Constant, Step, Ramp, Square, Sine, Prbs, Recorded, Warming>;

  Waveform() = default;
  explicit Waveform(std::vector<Term> terms) : terms_(std::move(terms)) {}
  void add(Term term) { terms_.push_back(std::move(term)); }

  /// True energy from the clock's 0 to `t_s`.
  [[nodiscard]] double joules(double t_s) const;
  [[nodiscard]] double joules(double begin_s, double end_s) const {
    return joules(end_s) - joules(begin_s);
  }

 private:
  std::vector<Term> terms_;
};

/// One iteration after another of a training step, as a GPU draws it: transfer, forward, backward,
/// optimiser, with `scale_w` at its peak and `step_s` for each.
Recorded training_like(double scale_w, double step_s);

}  // namespace btrack::rig

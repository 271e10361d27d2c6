// SPDX-License-Identifier: Apache-2.0
// Idle power from windows before and after the work, and what is left of an energy without it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "btrack/power/energy.hpp"

namespace btrack::power {

/// The power of the machine with nothing to do: the mean of the windows before and after.
struct IdleFigure {
  EnergySource source = EnergySource::missing;
  Grade grade = Grade::F;
  Watts value{};
  Watts low{};  ///< 95 % interval, lower end
  Watts high{};
  Watts before{};
  Watts after{};
  std::vector<std::string> coverage;
  std::vector<std::string> flags;  ///< "baseline-drift", "unsettled", "short-baseline" ...
  std::string note;                ///< the reason, where missing or doubtful
  /// (after - before) / value; 0 where missing.
  [[nodiscard]] double change() const;
};

/// The longest update period among the channels that make the total; 0 without any.
Seconds slowest_period(std::span<const Channel> channels);

/// Length of an idle window: measurement.md 5 (c), at least 30 s and 20 updates of the slowest
/// channel.
Seconds idle_length(Seconds slowest_period);

/// Idle power over time: linear from the middle of the window before to the middle of that after.
class IdlePower {
 public:
  /// `meter` must outlive this object. `period`: slowest_period() of its channels.
  IdlePower(const EnergyMeter& meter, Seconds period, Window before, Window after);

  [[nodiscard]] const IdleFigure& figure() const { return figure_; }
  /// The energy of `window` without what the idle machine would have used. Gain and offset are the
  /// same in both: only the gain of the difference is left. May be below 0 J where nothing was
  /// above idle ("not-above-idle"). Missing, with the reason, where energy or idle power is.
  [[nodiscard]] EnergyFigure net(Window window) const;
  /// What its interval is made of; without terms where the net is missing.
  [[nodiscard]] EnergyBudget net_budget(Window window) const;

 private:
  struct Side {
    Window window;
    EnergyFigure figure;
    EnergyBudget budget;
    double watts = 0.0;
    bool settled = true;
  };
  [[nodiscard]] Side side_of(Window window) const;
  [[nodiscard]] bool drifted() const;
  void judge(Seconds period);

  const EnergyMeter* meter_;
  Side before_;
  Side after_;
  IdleFigure figure_;
};

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// Energy of a window, integrated afterwards from the trace, with its interval and its grade.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/clock.hpp"
#include "btrack/core/error.hpp"
#include "btrack/core/quantity.hpp"
#include "btrack/power/budget.hpp"
#include "btrack/power/trace.hpp"

namespace btrack::power {

/// Trust grade, measurement.md 5 (e): A calibrated system ... E model estimate, F invalid.
enum class Grade : char { A = 'A', B = 'B', C = 'C', D = 'D', E = 'E', F = 'F' };

enum class EnergySource { measured, estimated, missing };
std::string_view energy_source_name(EnergySource source);
EnergySource energy_source_from(std::string_view name);

/// One energy with everything needed to judge it. `missing` means value and bounds say nothing and
/// `note` says why; a short window is missing with `high` as its upper bound, never 0 J.
struct EnergyFigure {
  EnergySource source = EnergySource::missing;
  Grade grade = Grade::F;
  Joules value{};
  Joules low{};   ///< 95 % interval, lower end
  Joules high{};  ///< 95 % interval, upper end
  Joules
      spread{};  ///< 95 % half-width without the gain and offset that two arms on one device share
  std::vector<std::string> coverage;  ///< ids of the channels that were summed
  std::vector<std::string> flags;     ///< what happened on the way: "wrapped", "gap", "reset" ...
  std::string note;                   ///< the reason, where missing or doubtful
};

/// The sum of two figures: intervals added linearly, the worse grade kept, flags united. Missing
/// plus anything is missing; estimated plus measured is refused as missing with a note.
EnergyFigure operator+(const EnergyFigure& a, const EnergyFigure& b);
/// The figure per `count` items (value, both bounds and spread divided).
EnergyFigure operator/(const EnergyFigure& figure, double count);

/// One energy over another with its 95 % interval.
struct EnergyRatio {
  double value = 1.0;
  double low = 1.0;
  double high = 1.0;
  bool gain_cancels = false;  ///< both arms were read from the same channels
};
/// a / b. Where both were summed over the same channels, their gain and offset are one and the same
/// and only `spread` counts; otherwise both intervals count in full. The interval is symmetrical in
/// the logarithm: ratio(b, a) is exactly its inverse. An Error where either is missing or zero.
Result<EnergyRatio> ratio(const EnergyFigure& a, const EnergyFigure& b);

struct ChannelEnergy {
  std::string id;
  EnergyFigure energy;
};

struct EnergyReport {
  EnergyFigure total;                   ///< over total_channels(trace)
  std::vector<ChannelEnergy> channels;  ///< every channel, also those inside another
};

/// Where the doubt of a report's figures comes from.
struct BudgetReport {
  EnergyBudget total;
  struct Part {
    std::string id;
    EnergyBudget budget;
  };
  std::vector<Part> channels;  ///< a missing figure has a budget without terms
};

struct Track;       // the unwrapped counter of one channel (track.hpp)
struct Assessment;  // one channel's figure with its budget (assess.hpp)

/// Integrates one trace; holds the unwrapped counters so that many windows cost one pass.
class EnergyMeter {
 public:
  explicit EnergyMeter(const PowerTrace& trace);
  ~EnergyMeter();
  EnergyMeter(EnergyMeter&&) noexcept;
  EnergyMeter& operator=(EnergyMeter&&) noexcept;

  /// Energy between the window's edges, interpolated between counter updates (docs/method.md).
  [[nodiscard]] EnergyReport measure(Window window) const;
  /// The terms behind the intervals of measure(window).
  [[nodiscard]] BudgetReport budget(Window window) const;

 private:
  [[nodiscard]] std::vector<Assessment> assess_all(Window window) const;

  std::vector<Channel> channels_;
  std::vector<Track> tracks_;
  std::vector<Window> suspensions_;
  bool mirrored_ = false;    // two channels turned out to be one counter
  double lost_share_ = 0.0;  // of all readings, those that found the ring full
};

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// Energy of a window, integrated afterwards from the trace, with its interval and its grade.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/clock.hpp"
#include "btrack/core/quantity.hpp"
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
  Joules low{};                       ///< 95 % interval, lower end
  Joules high{};                      ///< 95 % interval, upper end
  std::vector<std::string> coverage;  ///< ids of the channels that were summed
  std::vector<std::string> flags;     ///< what happened on the way: "wrapped", "gap", "reset" ...
  std::string note;                   ///< the reason, where missing or doubtful
};

/// The sum of two figures: intervals added linearly, the worse grade kept, flags united. Missing
/// plus anything is missing; estimated plus measured is refused as missing with a note.
EnergyFigure operator+(const EnergyFigure& a, const EnergyFigure& b);
/// The figure per `count` items (value and both bounds divided).
EnergyFigure operator/(const EnergyFigure& figure, double count);

struct ChannelEnergy {
  std::string id;
  EnergyFigure energy;
};

struct EnergyReport {
  EnergyFigure total;                   ///< over total_channels(trace)
  std::vector<ChannelEnergy> channels;  ///< every channel, also those inside another
};

struct Track;  // the unwrapped counter of one channel (track.hpp)

/// Integrates one trace; holds the unwrapped counters so that many windows cost one pass.
class EnergyMeter {
 public:
  explicit EnergyMeter(const PowerTrace& trace);
  ~EnergyMeter();
  EnergyMeter(EnergyMeter&&) noexcept;
  EnergyMeter& operator=(EnergyMeter&&) noexcept;

  /// Energy between the window's edges, interpolated between counter updates (docs/method.md).
  [[nodiscard]] EnergyReport measure(Window window) const;

 private:
  std::vector<Channel> channels_;
  std::vector<Track> tracks_;
};

}  // namespace btrack::power

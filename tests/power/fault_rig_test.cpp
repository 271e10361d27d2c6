// SPDX-License-Identifier: Apache-2.0
// A million random wraps, resets, jumps, glitches and gaps: none goes undetected.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "btrack/power/track.hpp"

namespace btrack::power {
namespace {

enum class Event { nothing, wrap, reset, glitch, sentinel, short_gap, long_gap, frozen };

struct Case {
  Event event = Event::nothing;
  std::array<Reading, 14> readings{};
  std::size_t count = 0;
  double true_j = 0.0;  ///< from the first update to the last
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  /// A counter of 32 bits at 2^-14 J read at 10 Hz under a power of up to 910 W, limit 1000 W.
  Case next() {
    Case c;
    c.event = static_cast<Event>(below(8));
    const double watts = uniform(20.0, 700.0);
    const double ripple = uniform(0.0, 0.3);
    const std::size_t at = 4 + below(6);  // of the event
    double joules = uniform(0.0, kRangeJ);
    if (c.event == Event::wrap) joules = kRangeJ - watts * 0.1 * uniform(1.0, 9.0);
    double lost_j = 0.0;  // what resets took away
    double time = 1000.0;
    const double first_j = joules;
    for (std::size_t i = 0; i < c.readings.size(); ++i) {
      double step = uniform(0.09, 0.11);
      if (i == at && c.event == Event::short_gap) step = uniform(0.5, 9.0);
      if (i == at && c.event == Event::long_gap) step = uniform(300.0, 3000.0);
      const bool still = c.event == Event::frozen && i >= at;
      const double power = watts * (1.0 + ripple * uniform(-1.0, 1.0));
      if (i > 0) joules += power * step;
      if (i > 0) time += step;
      double shown = joules - lost_j;
      if (i == at && c.event == Event::reset) {
        // Below what it showed before: a restart that leaves a counter higher than it stood (just
        // after a wrap, by less than one gap's energy) is a smaller growth to every reader.
        const double before_j = static_cast<double>(c.readings[i - 1].count) * kUnit;
        const double after_j = std::min(power * step, before_j) * uniform(0.0, 0.99);
        lost_j = joules - after_j;
        shown = after_j;
      }
      auto count = static_cast<std::uint64_t>(shown / kUnit) % kModulus;
      if (i == at && c.event == Event::glitch)
        count = (count + kModulus - 1 - below(50)) % kModulus;
      if (i == at && c.event == Event::sentinel) count = kModulus - 1;
      if (still) count = c.readings[at - 1].count;
      c.readings[i] = {0, reading_flags::ok, steady_from_ns(static_cast<std::int64_t>(time * 1e9)),
                       count};
      c.true_j = joules - first_j;
    }
    return c;
  }

  static constexpr double kUnit = 1.0 / 16384;
  static constexpr std::uint64_t kModulus = 1ULL << 32;
  static constexpr double kRangeJ = 262'144.0;

 private:
  double uniform(double a, double b) {
    return std::uniform_real_distribution<double>(a, b)(random_);
  }
  std::size_t below(std::size_t n) { return random_() % n; }
  std::mt19937_64 random_;
};

/// Between the first and the last reading; the counter here shows its energy at the reading.
bool detected(const Case& c, const Track& track, std::string& why) {
  double low = static_cast<double>(track.nodes.back().count) * track.joules_per_count;
  double high = low;
  bool flagged = false;
  for (const FaultSpan& span : track.faults) {
    low -= span.low_j;
    high += span.high_j;
    flagged |= span.fault != Fault::wrapped;
  }
  const double rounding = 2.0 * Generator::kUnit;
  const bool inside = low - rounding <= c.true_j && c.true_j <= high + rounding;
  why = "event " + std::to_string(static_cast<int>(c.event)) + ": true " +
        std::to_string(c.true_j) + " J, stated " + std::to_string(low) + " to " +
        std::to_string(high);
  return inside || flagged;
}

TEST(FaultRig, AMillionCasesAndNoneUndetected) {
  Channel channel;
  channel.id = "rig";
  channel.domain = Domain::package;
  channel.si_per_count = Generator::kUnit;
  channel.modulus = Generator::kModulus;
  Generator generator(20261125);
#ifdef __SANITIZE_ADDRESS__
  constexpr int kCases = 50'000;  // ten times as slow there
#else
  constexpr int kCases = 1'000'000;
#endif
  int undetected = 0;
  int in_vain = 0;  // nothing happened, and something was flagged
  std::string why;
  for (int i = 0; i < kCases; ++i) {
    const Case c = generator.next();
    TrackBuilder builder(channel);
    for (const Reading& reading : c.readings) builder.add(reading);
    const Track track = std::move(builder).finish();
    if (!detected(c, track, why)) {
      if (++undetected <= 5) ADD_FAILURE() << why;
    }
    if (c.event != Event::nothing && c.event != Event::wrap) continue;
    for (const FaultSpan& span : track.faults) {
      if (span.fault == Fault::wrapped) continue;
      if (++in_vain <= 5) ADD_FAILURE() << "in vain: " << fault_flag(span.fault);
    }
  }
  RecordProperty("cases", kCases);
  RecordProperty("undetected", undetected);
  EXPECT_EQ(undetected, 0);
  EXPECT_EQ(in_vain, 0);
}

}  // namespace
}  // namespace btrack::power

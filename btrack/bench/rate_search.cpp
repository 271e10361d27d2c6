// SPDX-License-Identifier: Apache-2.0
// Doubling, then bisection, over probes.
#include "btrack/bench/rate_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "btrack/core/text.hpp"

namespace btrack::bench {
namespace {

constexpr double kPercentile = 0.99;
constexpr double kCloseEnough = 1.05;     // of the two rates between which the answer lies
constexpr double kLimitsPerProbe = 10.0;  // what a growing queue needs to show
constexpr double kOverrun = 1.1;          // past the last arrival, of the probe's length
constexpr int kHalvings = 4;
constexpr double kHighestRate = 1e6;  // queries per second; no worker sleeps shorter

class Search {
 public:
  Search(Seconds limit, Seconds shortest, const OfferProbe& offer)
      : limit_(limit), shortest_(shortest), offer_(offer) {}

  Result<double> run() {
    double good = 1.0 / limit_.count();
    double bad = 0.0;
    auto kept = keeps(good, coarse());
    for (int i = 0; kept && !*kept && i < kHalvings; ++i) {
      bad = good;
      good /= 2.0;
      kept = keeps(good, coarse());
    }
    if (!kept) return fail(kept.error());
    if (!*kept) return fail(missed(good));
    while (bad == 0.0 && good < kHighestRate) {
      kept = keeps(2.0 * good, coarse());
      if (!kept) return fail(kept.error());
      (*kept ? good : bad) = 2.0 * good;
    }
    while (bad > good * kCloseEnough) {
      const double middle = std::sqrt(good * bad);
      kept = keeps(middle, fine());
      if (!kept) return fail(kept.error());
      (*kept ? good : bad) = middle;
    }
    return good;
  }

 private:
  struct Effort {
    double queries = 0.0;
    double longest = 0.0;  // in repetitions
  };
  static Effort coarse() { return {100.0, 4.0}; }
  static Effort fine() { return {400.0, 8.0}; }

  Result<bool> keeps(double rate, Effort effort) {
    const Seconds enough = std::min(Seconds(effort.queries / rate), shortest_ * effort.longest);
    const Probe probe{rate, std::max({shortest_, enough, limit_ * kLimitsPerProbe})};
    const auto window = offer_(probe);
    if (!window) return fail(window.error());
    if (!window->latencies || window->latencies->count() == 0) {
      return fail(ErrorKind::incomplete, "the worker told no latencies of its queries",
                  "name a rate, or use a worker that sends 'latencies' (docs/protocol.md)");
    }
    last_ = window->latencies->quantile(kPercentile);
    return last_ <= limit_ && window->window.length() <= probe.length * kOverrun;
  }

  [[nodiscard]] Error missed(double rate) const {
    return {ErrorKind::incomplete,
            fmt::format("no rate keeps the latency limit of {} s: at {} queries/s the 99th "
                        "percentile is {} s",
                        significant(limit_.count()), significant(rate), significant(last_.count())),
            "raise --latency-limit, or take a smaller model or a faster device"};
  }

  Seconds limit_;
  Seconds shortest_;
  const OfferProbe& offer_;
  Seconds last_{};  // 99th percentile
};

}  // namespace

Result<double> highest_rate(Seconds latency_limit, Seconds shortest, const OfferProbe& offer) {
  return Search(latency_limit, shortest, offer).run();
}

}  // namespace btrack::bench

// SPDX-License-Identifier: Apache-2.0
// The queue against its own arrivals, and one stream against the clock.
#include "btrack/models/load_scenario.hpp"

#include <c10/core/Device.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <thread>

#include "btrack/stats/arrivals.hpp"

namespace btrack::models {
namespace {

constexpr std::chrono::milliseconds kService{2};

class Listener final : public Reporter {
 public:
  explicit Listener(std::int64_t stop_after = INT64_MAX) : stop_after_(stop_after) {}
  void begin_phase(std::string_view, std::int64_t) override {}
  bool advance(std::int64_t done) override { return done < stop_after_; }
  void window(const bench::WindowDone&) override {}
  void latencies(const bench::WindowDone&, std::span<const std::int64_t>) override {}
  void quality(const results::Quality&) override {}

 private:
  std::int64_t stop_after_;
};

/// Calls that take kService each; when they began and ended.
struct Calls {
  std::vector<std::pair<SteadyTime, SteadyTime>> times;
  RunBatches run = [this](const Advance& advance) {
    for (std::int64_t done = 1;; ++done) {
      const auto begin = SystemClock().now();
      std::this_thread::sleep_for(kService);
      times.emplace_back(begin, SystemClock().now());
      if (!advance(done)) return;
    }
  };
};

bench::Run asked(std::string_view phase, double seconds, double rate = 0.0) {
  return {std::string(phase), 0, seconds, 3, rate};
}

TEST(LoadScenario, ServerWorksOffItsArrivalsInOrderAndCountsTheWait) {
  constexpr double kRate = 400.0;  // of the 500 queries/s that it can do at best
  constexpr std::int64_t kSeed = 7;
  Calls calls;
  Listener listener;
  const auto timed = load_scenario(calls.run, c10::kCPU, asked(results::phase::server, 0.5, kRate),
                                   kSeed, listener);
  ASSERT_TRUE(timed);
  const auto& latencies = timed->latencies_ns;
  ASSERT_EQ(timed->window.items, static_cast<std::int64_t>(latencies.size()));
  ASSERT_EQ(calls.times.size(), latencies.size() + 1) << "the first call is outside the window";
  EXPECT_GE(timed->window.window.length(), Seconds(0.5));
  stats::PoissonArrivals arrivals(kRate, kSeed, 3);
  for (std::size_t i = 0; i < latencies.size(); ++i) {
    const auto due = timed->window.window.begin +
                     std::chrono::duration_cast<std::chrono::nanoseconds>(arrivals.next());
    const auto& [begin, end] = calls.times[i + 1];
    EXPECT_GE(begin, due) << "nothing is served before it is there";
    EXPECT_GE(latencies[i], (end - due).count());
    EXPECT_LT(latencies[i] - (end - due).count(), 20'000'000) << "the clock is read at once";
  }
  EXPECT_GT(arrivals.next(), Seconds(0.5)) << "all that arrived is served, and nothing else";
}

TEST(LoadScenario, AServerThatCannotKeepUpGivesUp) {
  Calls calls;
  Listener listener;
  const auto timed = load_scenario(calls.run, c10::kCPU,
                                   asked(results::phase::server, 0.02, 20'000.0), 1, listener);
  ASSERT_TRUE(timed);
  EXPECT_LT(timed->window.items, 150);
  EXPECT_GT(timed->latencies_ns.size(), 300U) << "the rest counts with its wait so far";
  EXPECT_LT(timed->window.window.length(), Seconds(1.0));
  EXPECT_GT(*std::ranges::max_element(timed->latencies_ns), 150'000'000);
}

TEST(LoadScenario, AStreamSendsTheNextQueryWhenTheLastIsDone) {
  for (const auto& [phase, samples] :
       {std::pair{results::phase::singlestream, 1}, {results::phase::multistream, 8}}) {
    Calls calls;
    Listener listener;
    const auto timed = load_scenario(calls.run, c10::kCPU, asked(phase, 0.1), 1, listener);
    ASSERT_TRUE(timed);
    const auto& latencies = timed->latencies_ns;
    EXPECT_EQ(timed->window.items, samples * static_cast<std::int64_t>(latencies.size()));
    EXPECT_EQ(timed->window.phase, phase);
    EXPECT_GE(*std::ranges::min_element(latencies), std::chrono::nanoseconds(kService).count());
    // Nothing lies between two queries.
    EXPECT_EQ(std::accumulate(latencies.begin(), latencies.end(), std::int64_t{0}),
              (timed->window.window.end - timed->window.window.begin).count());
  }
}

TEST(LoadScenario, StopsWhenAsked) {
  Calls calls;
  Listener listener(3);
  EXPECT_FALSE(
      load_scenario(calls.run, c10::kCPU, asked(results::phase::server, 60.0, 100.0), 1, listener));
}

}  // namespace
}  // namespace btrack::models

// SPDX-License-Identifier: Apache-2.0
// The progress bar's forecast: shares grow to one, earlier records beat the guess, pace is learned.
#include "btrack/bench/forecast.hpp"

#include <gtest/gtest.h>

namespace btrack::bench {
namespace {

std::vector<results::Settings> two_entries() {
  results::Settings small;
  small.workload = "small";
  small.phases = {"train"};
  small.epochs = 1;
  auto large = small;
  large.workload = "large";
  return {small, large};
}

const std::vector<CatalogueRow> kRows = {{"small", "", "", "", "", 0, 10'000, 1, 1, 5},
                                         {"large", "", "", "", "", 0, 50'000'000, 1, 1, 5}};

TEST(Forecast, MoreMultiplyAddsTakeLonger) {
  const Forecast forecast(two_entries(), kRows, {});
  EXPECT_GT(forecast.expected(1), 10.0 * forecast.expected(0));
}

TEST(Forecast, AnEarlierRecordBeatsTheGuess) {
  auto entries = two_entries();
  results::RunRecord record;
  record.settings = entries[1];
  record.settings.threads = 2;
  record.status = results::Status::complete;
  record.windows.push_back({"train", 0, {steady_from_ns(0), steady_from_ns(7'000'000'000)}, 1, {}});
  const Forecast forecast(entries, kRows, std::vector{record});
  EXPECT_NEAR(forecast.expected(1).count(), 8.0, 1e-9);
}

TEST(Forecast, SharesGrowToOneAndTimeLeftToZero) {
  Forecast forecast(two_entries(), kRows, {});
  const auto begin = forecast.at(0, Seconds(0.0));
  EXPECT_NEAR(begin.share, 0.0, 1e-9);
  const auto expected = forecast.expected(0);
  forecast.finished(0, 2.0 * expected);  // half as fast as thought
  const auto middle = forecast.at(1, Seconds(0.0));
  EXPECT_NEAR(middle.left.count(), 2.0 * forecast.expected(1).count(), 1e-9);
  forecast.finished(1, Seconds(100.0));
  const auto end = forecast.at(1, Seconds(0.0));
  EXPECT_DOUBLE_EQ(end.share, 1.0);
  EXPECT_DOUBLE_EQ(end.left.count(), 0.0);
}

}  // namespace
}  // namespace btrack::bench

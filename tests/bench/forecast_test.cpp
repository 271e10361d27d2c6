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

TEST(Forecast, VariantScaleAndSyntheticEpochsCount) {
  CatalogueRow row{"large", "", "", "", "", 0, 50'000'000'000, 1, 1, 5};
  row.epoch_batches = 8;
  row.variants = {{"224", "", 50'000'000'000, {}}, {"1024", "", 1'000'000'000'000, {}}};
  auto entries = two_entries();
  for (auto& entry : entries) entry = entries[1];
  for (auto& entry : entries) entry.batch = 4;
  entries[1].variant = "1024";
  auto tiny = entries[0];
  tiny.scale = "tiny";
  entries.push_back(tiny);
  const Forecast forecast(entries, std::vector{row}, {});
  // 32 items of 50 GMAC, three times forward, at 30 GMAC/s
  EXPECT_NEAR(forecast.expected(0).count(), 164.0, 1.0);
  EXPECT_GT(forecast.expected(1), 15.0 * forecast.expected(0));
  EXPECT_LT(forecast.expected(2).count(), 10.0);
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

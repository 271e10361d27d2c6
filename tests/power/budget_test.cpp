// SPDX-License-Identifier: Apache-2.0
// The budget: coverage of the combined interval, common terms, bounds, ratios.
#include "btrack/power/budget.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/power/synthetic.hpp"

namespace btrack::power {
namespace {

using test::every;
using test::rapl;
using test::trace_of;
using test::Wave;
using test::window;

BudgetTerm term(TermShape shape, double u) {
  return {"t", "", TermKind::type_b, shape, Joules(u), Joules(u)};
}

TEST(Budget, CoverageIsNinetyFivePerCentForAnyMixOfShapes) {
  std::mt19937_64 random(11);
  const auto draw = [&](TermShape shape, double u) {
    if (shape == TermShape::normal) return std::normal_distribution<double>(0, u)(random);
    const double half = u * std::sqrt(3.0);
    return std::uniform_real_distribution<double>(-half, half)(random);
  };
  using enum TermShape;
  const std::vector<std::vector<BudgetTerm>> mixes{
      {term(rectangular, 1)},
      {term(rectangular, 1), term(rectangular, 1)},
      {term(rectangular, 1), term(rectangular, 0.5)},
      {term(rectangular, 1), term(normal, 0.4)},
      {term(rectangular, 1), term(normal, 1)},
      {term(rectangular, 3), term(rectangular, 1), term(normal, 0.2), term(normal, 1)},
      {term(normal, 1)}};
  for (const auto& terms : mixes) {
    const auto budget = combine(Joules(100), terms);
    constexpr int kDraws = 40'000;
    int inside = 0;
    for (int i = 0; i < kDraws; ++i) {
      double error = 0.0;
      for (const auto& t : terms) error += draw(t.shape, t.above.value());
      inside += std::abs(error) <= budget.above.value() ? 1 : 0;
    }
    EXPECT_NEAR(inside / static_cast<double>(kDraws), 0.95, 0.012) << terms.size();
  }
}

TEST(Budget, FewDegreesOfFreedomWiden) {
  EXPECT_NEAR(coverage_factor_95(std::numeric_limits<double>::infinity(), 0.0), 1.95996, 1e-4);
  EXPECT_NEAR(coverage_factor_95(4, 0.0), 2.77645, 1e-4);
  EXPECT_NEAR(coverage_factor_95(std::numeric_limits<double>::infinity(), -1.2), 1.6454, 1e-3);
}

TEST(Budget, CommonTermsOfOneSourceAddLinearlyAndCancelInTheSpread) {
  BudgetTerm gain = term(TermShape::rectangular, 3);
  gain.common = true;
  gain.source = "policy";
  BudgetTerm other = gain;
  other.source = "another policy";
  const auto one = combine(Joules(100), {gain});
  EXPECT_NEAR((one + one).above.value(), 2 * one.above.value(), 1e-9);
  const auto two = combine(Joules(100), {gain, other});
  EXPECT_LT(two.above.value(), 1.7 * one.above.value());
  EXPECT_DOUBLE_EQ(two.spread.value(), 0.0);
}

TEST(Budget, BoundsAddLinearly) {
  BudgetTerm bound{"reset", "", TermKind::bound, TermShape::rectangular, Joules(2), Joules(5)};
  const auto budget = combine(Joules(100), {term(TermShape::normal, 1), bound});
  EXPECT_NEAR(budget.above.value(), 1.96 + 5, 1e-3);
  EXPECT_NEAR(budget.below.value(), 1.96 + 2, 1e-3);
}

TEST(Budget, OfAMeasurementNamesItsTermsAndAgreesWithTheFigure) {
  Channel c = rapl();
  c.offset = Watts(2);
  c.gain_source = "policy";
  const EnergyMeter meter(trace_of(c, Wave{100, 30, 0.7}, every(0.1, 0, 10)));
  const auto budget = meter.budget(window(1, 9));
  const auto figure = meter.measure(window(1, 9)).total;
  EXPECT_DOUBLE_EQ(budget.total.value.value(), figure.value.value());
  EXPECT_DOUBLE_EQ((budget.total.value + budget.total.above).value(), figure.high.value());
  EXPECT_DOUBLE_EQ(budget.total.spread.value(), figure.spread.value());
  ASSERT_EQ(budget.channels.size(), 1U);
  for (const std::string_view name : {"gain", "offset", "quantisation", "edges"}) {
    EXPECT_TRUE(std::ranges::any_of(budget.total.terms, [&](const BudgetTerm& t) {
      return t.name == name && t.channel == "package-0" && !t.source.empty();
    })) << name;
  }
  EXPECT_LT(figure.spread.value(), 0.05 * (figure.high - figure.value).value());
}

EnergyFigure figure(double value, std::string channel) {
  EnergyFigure f;
  f.source = EnergySource::measured;
  f.grade = Grade::C;
  f.value = Joules(value);
  f.low = Joules(0.9 * value);
  f.high = Joules(1.1 * value);
  f.spread = Joules(0.01 * value);
  f.coverage = {std::move(channel)};
  return f;
}

TEST(Ratio, GainCancelsOnOneDeviceOnly) {
  const auto same = ratio(figure(200, "a"), figure(100, "a"));
  ASSERT_TRUE(same);
  EXPECT_TRUE(same->gain_cancels);
  EXPECT_DOUBLE_EQ(same->value, 2.0);
  EXPECT_NEAR(same->high, 2.0 * (1 + 0.01 * std::sqrt(2.0)), 1e-9);
  const auto across = ratio(figure(200, "a"), figure(100, "b"));
  ASSERT_TRUE(across);
  EXPECT_FALSE(across->gain_cancels);
  EXPECT_NEAR(across->high, 2.0 * (1 + 0.1 * std::sqrt(2.0)), 1e-9);
  EXPECT_NEAR(ratio(figure(100, "a"), figure(200, "a"))->low, 1.0 / same->high, 1e-12);
  EXPECT_FALSE(ratio(figure(1, "a"), EnergyFigure{}));
}

}  // namespace
}  // namespace btrack::power

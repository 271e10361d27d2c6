// SPDX-License-Identifier: Apache-2.0
// Two channels that are one counter, and those that only look alike.
#include "btrack/power/mirror.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/power/synthetic.hpp"

namespace btrack::power {
namespace {

using test::at;
using test::every;
using test::rapl;
using test::shown;
using test::Wave;

constexpr double kBetweenReads = 5e-6;

struct Socket {
  std::string id;
  Wave wave;
  std::uint64_t start = 0;
  double phase = 0.0003;
};

PowerTrace read_all(const std::vector<Socket>& sockets, const std::vector<double>& times) {
  PowerTrace trace;
  for (const Socket& s : sockets) trace.channels.push_back(rapl(s.id));
  for (const double t : times) {
    for (std::uint32_t i = 0; i < sockets.size(); ++i) {
      const Socket& s = sockets[i];
      const double instant = t + kBetweenReads * i;
      trace.readings.push_back({i, reading_flags::ok, at(instant),
                                shown(trace.channels[i], s.wave, instant, s.start, s.phase)});
    }
  }
  return trace;
}

const Wave kChanging{80, 60, 1.7};

TEST(Mirror, OneCounterUnderAChangingLoadIsFound) {
  const auto trace = read_all(
      {{"msr/package-0-die-0", kChanging}, {"msr/package-0-die-1", kChanging}}, every(0.1, 0, 5));
  const auto found = find_mirrors(trace);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].original, 0U);
  EXPECT_EQ(found[0].copy, 1U);
}

TEST(Mirror, FourDiesAreOneAndAWrapInBetweenDoesNoHarm) {
  const std::uint64_t nearly = (1ULL << 32) - 500'000;
  std::vector<Socket> dies;
  for (int i = 0; i < 4; ++i) dies.push_back({"msr/die-" + std::to_string(i), kChanging, nearly});
  const auto found = find_mirrors(read_all(dies, every(0.1, 0, 5)));
  ASSERT_EQ(found.size(), 3U);
  EXPECT_TRUE(std::ranges::all_of(found, [](const MirrorPair& p) { return p.original == 0; }));
}

TEST(Mirror, AnUpdateBetweenTheTwoReadsIsNoDifference) {
  // Reads of random phase, 200 us apart: one in five sees an update in between.
  std::mt19937 random(7);
  std::uniform_real_distribution<double> jitter(0, 0.001);
  PowerTrace trace;
  trace.channels = {rapl("msr/a"), rapl("msr/b")};
  for (int i = 0; i < 400; ++i) {
    const double t = 0.1 * i + jitter(random);
    trace.readings.push_back({0, 0, at(t), shown(trace.channels[0], kChanging, t)});
    const double later = t + 20e-6;
    trace.readings.push_back({1, 0, at(later), shown(trace.channels[1], kChanging, later)});
  }
  EXPECT_EQ(find_mirrors(trace).size(), 1U);
}

TEST(Mirror, EqualSteadyLoadsSayNothing) {
  const Wave steady{100};
  EXPECT_TRUE(find_mirrors(read_all({{"msr/package-0", steady}, {"msr/package-1", steady}},
                                    every(0.1, 0, 20)))
                  .empty());
}

TEST(Mirror, NearMissesAreTwoCounters) {
  const auto none = [](const Socket& other) {
    const auto trace = read_all({{"msr/package-0", kChanging}, other}, every(0.1, 0, 20));
    return find_mirrors(trace).empty();
  };
  EXPECT_TRUE(none({"msr/package-1", {80, 60.01, 1.7}}));      // 10 mW more at the top
  EXPECT_TRUE(none({"msr/package-1", {80.01, 60, 1.7}}));      // 10 mW more throughout
  EXPECT_TRUE(none({"msr/package-1", {80, 60, 1.71}}));        // another rhythm
  EXPECT_TRUE(none({"msr/package-1", kChanging, 0, 0.0007}));  // updates at other instants
  EXPECT_TRUE(none({"powercap/package-1", kChanging}));        // other drivers: told by name
}

TEST(Mirror, TooFewStepsOrMarkedChannelsAreLeftAlone) {
  const std::vector<Socket> pair{{"msr/a", kChanging}, {"msr/b", kChanging}};
  EXPECT_TRUE(find_mirrors(read_all(pair, every(0.1, 0, 0.4))).empty());
  auto trace = read_all(pair, every(0.1, 0, 5));
  trace.channels[1].duplicate_of = "msr/a";
  EXPECT_TRUE(find_mirrors(trace).empty());
  trace.channels[1].duplicate_of.reset();
  trace.channels[1].domain = Domain::dram;
  EXPECT_TRUE(find_mirrors(trace).empty());
}

}  // namespace
}  // namespace btrack::power

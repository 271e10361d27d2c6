// SPDX-License-Identifier: Apache-2.0
// A measured command keeps its exit code and its signals.
#include <gtest/gtest.h>

#include <csignal>

#include "btrack/bench/runner.hpp"

namespace btrack::bench {
namespace {

Result<results::RunRecord> measure(std::vector<std::string> argv) {
  results::Settings settings;
  settings.workload = "command";
  settings.command = std::move(argv);
  return measure_command(settings, {});
}

TEST(MeasureCommand, ExitCodeAndEnergyOfTheWholeCommand) {
  const auto record = measure({"sh", "-c", "exit 7"});
  ASSERT_TRUE(record);
  EXPECT_EQ(record->exit_code, 7);
  ASSERT_EQ(record->windows.size(), 1U);
  EXPECT_GT(record->windows[0].window.length().count(), 0.0);
  EXPECT_NE(record->windows[0].energy.total.grade, power::Grade::A);
}

TEST(MeasureCommand, ASignalledCommandGives128PlusTheSignal) {
  EXPECT_EQ(measure({"sh", "-c", "kill -TERM $$"})->exit_code, 128 + SIGTERM);
}

TEST(MeasureCommand, ASignalSentToUsReachesTheCommand) {
  // The command signals its parent (us); we pass it on, and the command's trap answers.
  const auto record =
      measure({"sh", "-c", "trap 'exit 42' USR1; kill -USR1 $PPID; while :; do :; done"});
  ASSERT_TRUE(record);
  EXPECT_EQ(record->exit_code, 42);
}

TEST(MeasureCommand, IdleBeforeAndAfterOnlyWhereAskedFor) {
  const auto plain = measure({"true"});
  ASSERT_TRUE(plain);
  ASSERT_EQ(plain->baselines.size(), 1U);
  EXPECT_EQ(plain->baselines[0].power.source, power::EnergySource::missing);
  EXPECT_NE(plain->windows[0].net[0].energy.note.find("--baseline"), std::string::npos);

  results::Settings settings;
  settings.workload = "command";
  settings.command = {"sleep", "0.3"};
  RunnerContext context;
  context.baseline = Seconds(1.0);
  const auto record = measure_command(settings, context);
  ASSERT_TRUE(record) << record.error().message;
  ASSERT_EQ(record->windows.size(), 3U);
  for (const std::size_t i : {0U, 2U}) {
    EXPECT_EQ(record->windows[i].phase, results::phase::idle);
    EXPECT_GE(record->windows[i].window.length(), Seconds(1.0));
    EXPECT_TRUE(record->windows[i].net.empty()) << "idle has no net energy";
  }
  EXPECT_LE(record->windows[0].window.end, record->windows[1].window.begin);
  EXPECT_LE(record->windows[1].window.end, record->windows[2].window.begin);
  ASSERT_EQ(record->baselines.size(), 1U);
  EXPECT_EQ(record->baselines[0].kind, results::baseline::cold);
}

TEST(MeasureCommand, AnUnknownCommandIsAnError) {
  const auto record = measure({"/nowhere/command"});
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace btrack::bench

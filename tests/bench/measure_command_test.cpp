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

TEST(MeasureCommand, AnUnknownCommandIsAnError) {
  const auto record = measure({"/nowhere/command"});
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace btrack::bench

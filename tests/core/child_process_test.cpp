// SPDX-License-Identifier: Apache-2.0
// Programs run to their end: both streams, exit codes, the time limit, and output without end.
#include "btrack/core/child_process.hpp"

#include <gtest/gtest.h>

namespace btrack {
namespace {

Result<ProgramOutput> shell(const std::string& script, Seconds timeout = Seconds(20.0)) {
  ChildOptions options;
  options.argv = {"/bin/sh", "-c", script};
  return run_program(std::move(options), timeout);
}

TEST(RunProgram, GivesBothStreamsAndTheExitCode) {
  const auto ended = shell("echo out; echo err >&2; read line || echo no input; exit 7");
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(ended->output, "out\nno input\n");
  EXPECT_EQ(ended->errors, "err\n");
  EXPECT_EQ(ended->status.code, 7);
  EXPECT_EQ(ended->status.signal, 0);
}

TEST(RunProgram, KillsAProgramThatDoesNotEnd) {
  const auto began = std::chrono::steady_clock::now();
  const auto ended = shell("exec sleep 60", Seconds(0.05));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
}

TEST(RunProgram, OutputWithoutEndStaysWithinItsBound) {
  const auto ended = shell("head -c 3000000 /dev/zero");
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_LE(ended->output.size(), std::size_t{1} << 20);
  EXPECT_GT(ended->output.size(), 0U);
  EXPECT_NE(ended->status.code, 0);
}

TEST(RunProgram, SaysThatAProgramIsNotThere) {
  ChildOptions options;
  options.argv = {"/no/such/program"};
  const auto ended = run_program(std::move(options), Seconds(1.0));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::not_found);
}

}  // namespace
}  // namespace btrack

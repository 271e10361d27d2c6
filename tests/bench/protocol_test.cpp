// SPDX-License-Identifier: Apache-2.0
// Every message survives its line; lines that are none are refused with a sentence.
#include "btrack/bench/protocol.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

namespace btrack::bench {
namespace {

TEST(Protocol, CommandsSurviveTheirLine) {
  Prepare prepare;
  prepare.settings.workload = "lenet5";
  prepare.settings.phases = {"train", "infer"};
  prepare.settings.target_accuracy = 0.9;
  const auto back = decode_command(encode(Command{prepare}));
  ASSERT_TRUE(back);
  EXPECT_EQ(std::get<Prepare>(*back).settings, prepare.settings);

  const auto run = decode_command(encode(Command{bench::Run{"infer", 0, 1.25, 3, 12.5}}));
  ASSERT_TRUE(run);
  EXPECT_EQ(std::get<bench::Run>(*run).phase, "infer");
  EXPECT_DOUBLE_EQ(std::get<bench::Run>(*run).seconds, 1.25);
  EXPECT_EQ(std::get<bench::Run>(*run).index, 3);
  EXPECT_DOUBLE_EQ(std::get<bench::Run>(*run).rate, 12.5);
  EXPECT_TRUE(std::holds_alternative<Stop>(*decode_command(encode(Command{Stop{}}))));
}

TEST(Protocol, EventsSurviveTheirLine) {
  Hello hello;
  hello.workload = "x";
  hello.parameters = 7'850;
  hello.checks = {{"parameters", 7850, 7850}};
  hello.provenance = {{"library.torch", "2.13.0"}};
  const auto greeted = std::get<Hello>(*decode_event(encode(Event{hello})));
  EXPECT_EQ(greeted.parameters, 7850);
  EXPECT_TRUE(greeted.checks.at(0).passed());
  EXPECT_EQ(greeted.provenance.at("library.torch"), "2.13.0");

  const WindowDone done{
      "train", 2, {steady_from_ns(5), steady_from_ns(1'000'000'000'000'007)}, 60000};
  const auto window = std::get<WindowDone>(*decode_event(encode(Event{done})));
  EXPECT_EQ(to_ns(window.window.end), 1'000'000'000'000'007);
  EXPECT_EQ(window.items, 60000);

  Latencies latencies{"server", 4, std::vector<std::int64_t>(kLatenciesPerLine, INT64_MAX)};
  latencies.ns.front() = 0;
  const auto line = encode(Event{latencies});
  EXPECT_LT(line.size(), std::size_t{1} << 20U);
  const auto told = std::get<Latencies>(*decode_event(line));
  EXPECT_EQ(told.phase, "server");
  EXPECT_EQ(told.index, 4);
  EXPECT_EQ(told.ns, latencies.ns);

  const auto failed =
      std::get<Failed>(*decode_event(encode(Event{Failed{{ErrorKind::out_of_memory, "m", "r"}}})));
  EXPECT_EQ(failed.error.kind, ErrorKind::out_of_memory);
  const auto quality = std::get<QualityReached>(
      *decode_event(encode(Event{QualityReached{{"accuracy", 0.123456789012345, 4}}})));
  EXPECT_DOUBLE_EQ(quality.quality.value, 0.123456789012345);
}

TEST(Protocol, GarbageIsRefusedWithTheLine) {
  for (const auto* line :
       {"", "Killed", "{}", "[1]", R"({"type":"unheard_of"})", R"({"type":"window"})",
        R"({"type":"latencies","phase":"server","ns":[-1]})",
        R"({"type":"latencies","phase":"server","ns":[1.5]})",
        R"({"type":"hello","version":"one"})"}) {
    const auto event = decode_event(line);
    ASSERT_FALSE(event) << line;
    EXPECT_EQ(event.error().kind, ErrorKind::malformed);
  }
  EXPECT_NE(decode_event("Killed").error().message.find("'Killed'"), std::string::npos);
}

TEST(LineSocket, LinesArriveWholeHoweverTheyAreCut) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  LineSocket reader(ends[0]);
  {
    LineSocket writer(ends[1]);
    ASSERT_EQ(::send(ends[1], "one\ntw", 6, 0), 6);
    EXPECT_EQ(reader.receive(Seconds(1.0)).value(), "one");
    EXPECT_EQ(reader.receive(Seconds(0.0)).value(), std::nullopt);
    ASSERT_TRUE(writer.send("o"));
    EXPECT_EQ(reader.receive(Seconds(1.0)).value(), "two");
  }
  EXPECT_EQ(reader.receive(Seconds(1.0)).error().kind, ErrorKind::crashed);
  EXPECT_FALSE(reader.send("to nobody"));
}

}  // namespace
}  // namespace btrack::bench

// SPDX-License-Identifier: Apache-2.0
// Number files: the strict parser, impossible numbers, read errors, devices that come and go.
#include "btrack/power/file_sensor.hpp"

#include <gtest/gtest.h>

#include "btrack/power/track.hpp"
#include "tests/power/fake_tree.hpp"

namespace btrack::power {
namespace {

using test::FakeTree;
using namespace std::chrono_literals;

TEST(FileNumber, WholeNumbersOnly) {
  EXPECT_EQ(parse_file_number("42\n"), (FileNumber{42, false}));
  EXPECT_EQ(parse_file_number("-7 \n"), (FileNumber{7, true}));
  EXPECT_EQ(parse_file_number("18446744073709551615"), (FileNumber{UINT64_MAX, false}));
  for (const auto* text : {"", "\n", "-", "abc", "12 apples", "1.5", "0x10", "+1", " 1", "--1",
                           "18446744073709551616", "99999999999999999999999"}) {
    EXPECT_FALSE(parse_file_number(text)) << text;
  }
}

TEST(FileNumber, UnitsAndStampsWhereTheFormatHasThem) {
  constexpr NumberFormat kJoules{"J", true};
  EXPECT_EQ(parse_file_number("12 J 1384183337000000 us\n", kJoules), (FileNumber{12, false}));
  EXPECT_EQ(parse_file_number("12J", kJoules), (FileNumber{12, false}));
  for (const auto* text : {"12", "12 W 1", "12 Joules", "J 12"}) {
    EXPECT_FALSE(parse_file_number(text, kJoules)) << text;
  }
  constexpr NumberFormat kStamped{"", true};
  EXPECT_EQ(parse_file_number("9 1384183337000000 us", kStamped), (FileNumber{9, false}));
  EXPECT_FALSE(parse_file_number("9x", kStamped));
}

/// One gauge of at most 1000 W in microwatts, over a file of a fake tree.
class GaugeFile {
 public:
  explicit GaugeFile(FileSource extra = {}) {
    tree.write("sys/value", "1\n");
    extra.channel.kind = ChannelKind::power_gauge;
    extra.channel.si_per_count = 1e-6;
    extra.file = tree.sys() / "value";
    sensor = std::move(*FileSensor::open({std::move(extra)}, nullptr));
  }
  Reading read(std::string_view content) {
    tree.write("sys/value", content);
    Reading reading;
    EXPECT_TRUE(sensor->read({&reading, 1}));
    return reading;
  }
  FakeTree tree;
  std::unique_ptr<FileSensor> sensor;
};

TEST(FileSensor, ImpossibleNumbersAreRefusedAndKeptAsTheyWere) {
  GaugeFile gauge;
  EXPECT_EQ(gauge.read("1000000000\n").flags, reading_flags::ok);
  EXPECT_EQ(gauge.read("1000000001\n").flags, reading_flags::refused);  // above 1000 W
  const auto code = gauge.read("18446744073709551594\n");               // -EINVAL as unsigned
  EXPECT_EQ(code.flags, reading_flags::refused);
  EXPECT_EQ(code.count, 18446744073709551594U);
  const auto negative = gauge.read("-22\n");
  EXPECT_EQ(negative.flags, reading_flags::refused);
  EXPECT_EQ(negative.count, 18446744073709551594U);
  EXPECT_EQ(gauge.read("18446744073709551616\n").flags, reading_flags::failed);  // 65 bits
  EXPECT_EQ(gauge.read(std::string(200, '0') + "1").flags, reading_flags::failed);
  EXPECT_EQ(gauge.read("0\n").flags, reading_flags::ok);
}

TEST(FileSensor, ACounterWithoutModulusEndsWhereKernelNumbersEnd) {
  const FakeTree tree;
  tree.write("sys/energy", "9223372036854775807\n");
  auto sensor = FileSensor::open({{.channel = {}, .file = tree.sys() / "energy"}}, nullptr);
  Reading reading;
  ASSERT_TRUE((*sensor)->read({&reading, 1}));
  EXPECT_EQ(reading.flags, reading_flags::ok);
  tree.write("sys/energy", "9223372036854775808\n");
  ASSERT_TRUE((*sensor)->read({&reading, 1}));
  EXPECT_EQ(reading.flags, reading_flags::refused);
}

TEST(FileSensor, EverySeventhReadFailsAndTheOthersStand) {
  GaugeFile gauge;
  int failed = 0;
  for (int i = 1; i <= 70; ++i) {
    const auto reading = gauge.read(i % 7 == 0 ? "" : std::to_string(i));
    failed += reading.flags == reading_flags::failed ? 1 : 0;
    if (i % 7 != 0) {
      EXPECT_EQ(reading.count, static_cast<std::uint64_t>(i));
    }
  }
  EXPECT_EQ(failed, 10);
}

TEST(FileSensor, ADeviceThatComesBackAsAnotherIsNotTakenForTheFirst) {
  GaugeFile gauge;
  gauge.read("5\n");
  std::filesystem::remove(gauge.tree.sys() / "value");
  EXPECT_NE(gauge.read("77\n").count, 77U);  // a new file of the same name
}

TEST(FileSensor, ProductsGuardsAndRests) {
  const FakeTree tree;
  tree.write("sys/mv", "5000\n");
  tree.write("sys/ma", "-300\n");
  tree.write("sys/left", "40\n");
  tree.write("sys/status", "Discharging\n");
  Channel watts;
  watts.kind = ChannelKind::power_gauge;
  watts.si_per_count = 1e-6;
  auto sensor =
      FileSensor::open({{.channel = watts,
                         .file = tree.sys() / "ma",
                         .factor = tree.sys() / "mv",
                         .sign_is_direction = true,
                         .valid_if = tree.sys() / "status",
                         .says = "Discharging"},
                        {.channel = watts, .file = tree.sys() / "ma", .factor = tree.sys() / "mv"},
                        {.channel = {}, .file = tree.sys() / "left", .full = 100}},
                       nullptr);
  ASSERT_TRUE(sensor);
  std::array<Reading, 3> readings;
  ASSERT_TRUE((*sensor)->read(readings));
  EXPECT_EQ(readings[0].flags, reading_flags::ok);
  EXPECT_EQ(readings[0].count, 1'500'000U);
  EXPECT_EQ(readings[1].flags, reading_flags::refused);
  EXPECT_EQ(readings[2].count, 60U);
  tree.write("sys/status", "Charging\n");
  tree.write("sys/left", "101\n");
  tree.write("sys/mv", "18446744073709551615\n");
  ASSERT_TRUE((*sensor)->read(readings));
  EXPECT_EQ(readings[0].flags, reading_flags::failed);
  EXPECT_EQ(readings[1].flags, reading_flags::failed);  // the product has more than 64 bits
  EXPECT_EQ(readings[2].flags, reading_flags::refused);
}

TEST(Track, RefusedReadingsAreNoReadings) {
  Channel channel;
  channel.kind = ChannelKind::power_gauge;
  TrackBuilder builder(channel);
  builder.add({0, reading_flags::ok, SteadyTime(1s), 5});
  builder.add({0, reading_flags::refused, SteadyTime(2s), UINT64_MAX});
  builder.add({0, reading_flags::ok, SteadyTime(3s), 5});
  const Track track = std::move(builder).finish();
  EXPECT_EQ(track.readings, 2U);
  ASSERT_FALSE(track.faults.empty());
  EXPECT_EQ(track.faults.front().fault, Fault::refused);
}

}  // namespace
}  // namespace btrack::power

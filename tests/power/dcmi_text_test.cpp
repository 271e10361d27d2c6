// SPDX-License-Identifier: Apache-2.0
// ipmitool's text: both spellings of the period, and everything that is not a power reading.
#include "btrack/power/dcmi_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace btrack::power {
namespace {

const std::string kGood =
    "\n    Instantaneous power reading:                   214 Watts\n"
    "    Minimum during sampling period:                  2 Watts\n"
    "    Maximum during sampling period:                468 Watts\n"
    "    Average power reading over sample period:      184 Watts\n"
    "    IPMI timestamp:                           Sun May  5 13:06:44 2024\n"
    "    Sampling period:                          00001500 Milliseconds\n"
    "    Power reading state is:                   activated\n\n\n";

std::string with(const std::string& from, const std::string& to) {
  std::string text = kGood;
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(DcmiText, ReadsEveryField) {
  const auto reading = parse_dcmi_text(kGood);
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_EQ(reading->current_w, 214);
  EXPECT_EQ(reading->minimum_w, 2);
  EXPECT_EQ(reading->maximum_w, 468);
  EXPECT_EQ(reading->average_w, 184);
  EXPECT_DOUBLE_EQ(reading->statistics_period.count(), 1.5);
  EXPECT_TRUE(reading->active);
}

TEST(DcmiText, ReadsThePeriodOfOlderVersionsAndAnInactiveBmc) {
  const auto older = parse_dcmi_text(with("00001500 Milliseconds", "00000005 Seconds."));
  ASSERT_TRUE(older);
  EXPECT_DOUBLE_EQ(older->statistics_period.count(), 5.0);
  const auto inactive = parse_dcmi_text(with("is:                   activated", "is: deactivated"));
  ASSERT_TRUE(inactive);
  EXPECT_FALSE(inactive->active);
}

TEST(DcmiText, RefusesWhatIsNoReading) {
  const std::string broken[] = {
      "",
      "<html><body>503</body></html>",
      "null",
      std::string("\0\x1b[2J", 5),
      kGood.substr(0, 200),
      kGood + kGood,
      with("214 Watts", "-214 Watts"),
      with("214 Watts", "65536 Watts"),
      with("214 Watts", "214 kW"),
      with("214 Watts", "214"),
      with("214 Watts", "2x4 Watts"),
      with("214 Watts", "Watts"),
      with("activated", "maybe"),
      with("Milliseconds", "Minutes"),
      with("    Sampling period:                          00001500 Milliseconds\n", ""),
  };
  for (const auto& text : broken) {
    const auto reading = parse_dcmi_text(text);
    ASSERT_FALSE(reading) << text;
    EXPECT_EQ(reading.error().kind, ErrorKind::malformed);
    for (const char c : reading.error().message) EXPECT_GE(c, ' ');
  }
}

}  // namespace
}  // namespace btrack::power

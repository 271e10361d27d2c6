// SPDX-License-Identifier: Apache-2.0
// Redfish resources as text: what is read from good ones, and what never is from others.
#include "btrack/power/redfish_json.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "btrack/power/redfish_sensor.hpp"

namespace btrack::power {
namespace {

TEST(RedfishJson, EnvironmentMetrics) {
  const auto metrics = parse_environment_metrics(
      R"({"PowerWatts": {"Reading": 374.5, "DataSourceUri": "/redfish/v1/Chassis/1/Sensors/P"},
          "EnergykWh": {"Reading": 4855.25}, "EnergyJoules": {"Reading": null}})");
  ASSERT_TRUE(metrics) << metrics.error().message;
  EXPECT_EQ(metrics->power_w->value, 374.5);
  EXPECT_EQ(metrics->power_w->source, "/redfish/v1/Chassis/1/Sensors/P");
  EXPECT_EQ(metrics->energy_kwh->value, 4855.25);
  ASSERT_TRUE(metrics->energy_j);
  EXPECT_TRUE(std::isnan(metrics->energy_j->value));
  EXPECT_FALSE(metrics->average_w);
}

TEST(RedfishJson, PowerTakesTheChassisAndMinutes) {
  const auto metrics = parse_power(
      R"({"PowerControl": [{"PhysicalContext": "CPU", "PowerConsumedWatts": 80},
          {"PowerConsumedWatts": 590, "PowerMetrics": {"AverageConsumedWatts": 587,
           "IntervalInMin": 20}}]})");
  ASSERT_TRUE(metrics) << metrics.error().message;
  EXPECT_EQ(metrics->power_w->value, 590);
  EXPECT_EQ(metrics->average_w->value, 587);
  EXPECT_EQ(metrics->average_window, Seconds(1200));
}

TEST(RedfishJson, AnAverageOverNoKnownTimeIsNone) {
  for (const char* interval : {"0", "-5", "null", "\"20\"", "1e99"}) {
    const auto metrics = parse_power(
        std::string(R"({"PowerControl": [{"PowerMetrics": {"AverageConsumedWatts": 1, )") +
        "\"IntervalInMin\": " + interval + "}}]}");
    ASSERT_TRUE(metrics);
    EXPECT_FALSE(metrics->average_w) << interval;
  }
}

TEST(RedfishJson, SensorByItsUnit) {
  const auto watts = parse_sensor(
      R"({"Reading": 12.5, "ReadingUnits": "W", "Accuracy": 2, "SensingInterval": "PT3S",
          "PhysicalContext": "Chassis"})");
  ASSERT_TRUE(watts);
  EXPECT_EQ(watts->power_w->value, 12.5);
  EXPECT_EQ(watts->accuracy_percent, 2.0);
  EXPECT_EQ(watts->sensing_interval, Seconds(3));
  const auto joules = parse_sensor(R"({"Reading": 7, "ReadingUnits": "J"})");
  EXPECT_EQ(joules->energy_j->value, 7);
  EXPECT_FALSE(joules->power_w);
  const auto celsius = parse_sensor(R"({"Reading": 41, "ReadingUnits": "Cel"})");
  ASSERT_TRUE(celsius);
  EXPECT_FALSE(celsius->power_w || celsius->energy_j || celsius->energy_kwh);
}

TEST(RedfishJson, ChassisAndCollection) {
  const auto chassis = parse_chassis(
      R"({"Id": "GPU", "Name": "GPUs", "ChassisType": "Module", "Sensors": {"@odata.id": "/redfish/v1/S"},
          "Links": {"ContainedBy": {"@odata.id": "/redfish/v1/Chassis/1"}}, "Power": 5})");
  ASSERT_TRUE(chassis);
  EXPECT_EQ(chassis->parent, "/redfish/v1/Chassis/1");
  EXPECT_EQ(chassis->sensors, "/redfish/v1/S");
  EXPECT_EQ(chassis->power, "");
  const auto members = parse_collection(
      R"({"Members": [{"@odata.id": "/redfish/v1/a"}, 7, {"@odata.id": "https://evil.example/"},
          {"@odata.id": "/redfish/../etc"}, {"@odata.id": "@evil.example/redfish/"}],
          "Members@odata.nextLink": "/redfish/v1/b?page=2"})");
  ASSERT_TRUE(members);
  EXPECT_EQ(members->members, std::vector<std::string>{"/redfish/v1/a"});
  EXPECT_EQ(members->next, "/redfish/v1/b?page=2");
}

TEST(RedfishJson, NonsenseIsMalformedEverywhere) {
  const std::string deep(200000, '[');
  for (const std::string& text :
       {std::string(), std::string("<html>"), std::string("null"), std::string("42"),
        std::string("[]"), std::string("{\"a\":"), std::string("{\"a\": \"\xff\xfe\"}"), deep}) {
    EXPECT_FALSE(parse_service_root(text));
    EXPECT_FALSE(parse_collection(text));
    EXPECT_FALSE(parse_chassis(text));
    EXPECT_FALSE(parse_environment_metrics(text));
    EXPECT_FALSE(parse_power(text));
    const auto sensor = parse_sensor(text);
    ASSERT_FALSE(sensor);
    EXPECT_EQ(sensor.error().kind, ErrorKind::malformed);
  }
}

TEST(RedfishJson, WrongTypesAreAbsentOrNaN) {
  const auto flat = parse_environment_metrics(R"({"PowerWatts": 300, "EnergyJoules": []})");
  ASSERT_TRUE(flat);
  EXPECT_FALSE(flat->power_w || flat->energy_j);
  const auto text = parse_environment_metrics(R"({"PowerWatts": {"Reading": "210 W"}})");
  EXPECT_TRUE(std::isnan(text->power_w->value));
  EXPECT_TRUE(parse_power(R"({"PowerControl": {"PowerConsumedWatts": 1}})"));
  EXPECT_TRUE(parse_power(R"({"PowerControl": [null, 3, {"PowerMetrics": 9}]})"));
}

TEST(RedfishJson, Durations) {
  EXPECT_EQ(parse_duration("PT0.5S"), Seconds(0.5));
  EXPECT_EQ(parse_duration("PT1M30S"), Seconds(90));
  EXPECT_EQ(parse_duration("P1DT2H"), Seconds(86400 + 7200));
  for (const char* text :
       {"", "P", "PT", "3S", "PT3", "PT3X", "P3M", "PTS", "PT3S1M", "PT1.2.3S"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(RedfishReading, KeepsOnlyPossibleValues) {
  const RedfishQuantity* watts = nullptr;
  const RedfishQuantity* joules = nullptr;
  for (const auto& q : redfish_quantities()) {
    if (q.name == "power") watts = &q;
    if (q.name == "energy") joules = &q;
  }
  const auto reading = [](double value, const RedfishQuantity& q) {
    return redfish_reading(RedfishValue{value, {}}, q, Watts(1000.0));
  };
  EXPECT_EQ(reading(300.5, *watts).count, 300500U);
  EXPECT_EQ(reading(300.5, *watts).flags, reading_flags::ok);
  EXPECT_EQ(reading(0.0, *watts).flags, reading_flags::refused);
  EXPECT_EQ(reading(1001.0, *watts).flags, reading_flags::refused);
  EXPECT_EQ(reading(-1.0, *watts).flags, reading_flags::failed);
  EXPECT_EQ(reading(1e300, *watts).flags, reading_flags::failed);
  EXPECT_EQ(reading(std::nan(""), *watts).flags, reading_flags::failed);
  EXPECT_EQ(redfish_reading(std::nullopt, *watts, Watts(1.0)).flags, reading_flags::failed);
  EXPECT_EQ(reading(0.0, *joules).flags, reading_flags::ok);
  EXPECT_EQ(reading(2.5, *joules).count, 2500U);
}

}  // namespace
}  // namespace btrack::power

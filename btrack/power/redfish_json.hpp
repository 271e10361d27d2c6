// SPDX-License-Identifier: Apache-2.0
// The Redfish resources that carry power and energy, parsed: pure functions of one JSON text each.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/core/quantity.hpp"

namespace btrack::power {

/// A property that is there. NaN: null, or not a number ("210 W"): the BMC has no value now.
struct RedfishValue {
  double value = 0.0;
  std::string source;  ///< path of the Sensor behind it (DataSourceUri); may be empty
};

/// What one resource says about power and energy; absent where the resource lacks the property.
struct RedfishMetrics {
  std::optional<RedfishValue> power_w;
  std::optional<RedfishValue> average_w;  ///< over `average_window`
  std::optional<RedfishValue> energy_j;
  std::optional<RedfishValue> energy_kwh;
  Seconds average_window{};
  std::string unit;                        ///< Sensor: ReadingUnits (UCUM: "W", "J", "kW.h")
  std::string physical_context;            ///< Sensor, PowerControl: "Chassis", "CPU"; may be empty
  std::optional<double> accuracy_percent;  ///< Sensor: error of measured against actual values
  std::optional<Seconds> sensing_interval;  ///< Sensor: time between two of its readings
};

struct RedfishCollection {
  std::vector<std::string> members;  ///< paths
  std::string next;                  ///< path of the next page; empty: none
};

struct RedfishChassis {
  std::string id;
  std::string name;
  std::string type;    ///< ChassisType: "RackMount", "Module", "Enclosure"
  std::string parent;  ///< path of the chassis it is contained in; empty: none
  std::string environment_metrics;
  std::string power;
  std::string sensors;
};

/// All errors are malformed: no JSON object, or a property that the resource must have is not
/// there. Only paths of this service ("/redfish/...") are taken as links. Properties as in DMTF
/// DSP8010: Chassis 1.24, EnvironmentMetrics 1.5, Power 1.7, Sensor 1.8.
Result<std::string> parse_service_root(std::string_view text);  ///< path of the chassis collection
Result<RedfishCollection> parse_collection(std::string_view text);
Result<RedfishChassis> parse_chassis(std::string_view text);
Result<RedfishMetrics> parse_environment_metrics(std::string_view text);
/// Of PowerControl the first entry that is about the whole chassis. IntervalInMin counts minutes.
Result<RedfishMetrics> parse_power(std::string_view text);
Result<RedfishMetrics> parse_sensor(std::string_view text);
/// ISO 8601 durations without years and months, as Redfish writes them: "PT3S", "P1DT2H", "PT0.5S".
std::optional<Seconds> parse_duration(std::string_view text);

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// Redfish resources from JSON that may be anything at all: every property is looked at before use.
#include "btrack/power/redfish_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "btrack/core/text.hpp"

namespace btrack::power {
namespace {

using Json = nlohmann::json;

tl::unexpected<Error> nonsense(std::string_view what) {
  return fail(ErrorKind::malformed, fmt::format("the BMC's answer is no {}", what));
}

/// Whether brackets nest deeper than any resource's: such a text costs the parser seconds.
bool too_deep(std::string_view text) {
  constexpr int kDeepest = 64;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '[' || c == '{')) {
      if (++depth > kDeepest) return true;
    } else if (!quoted && (c == ']' || c == '}')) {
      --depth;
    }
  }
  return false;
}

Result<Json> object(std::string_view text, std::string_view what) {
  if (too_deep(text)) return nonsense(what);
  auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return nonsense(what);
  return json;
}

/// The property, or null: also where `json` is no object.
const Json& property(const Json& json, const char* name) {
  static const Json nothing;
  if (!json.is_object()) return nothing;
  const auto found = json.find(name);
  return found == json.end() ? nothing : *found;
}

std::string text_of(const Json& json, const char* name) {
  const Json& value = property(json, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

/// A link into this service, never to another place.
std::string path_of(const std::string& path) {
  const auto allowed = [](char c) { return c > ' ' && c <= '~' && c != '\\'; };
  constexpr std::size_t kLongest = 1024;
  const bool good = path.starts_with("/redfish/") && path.size() <= kLongest &&
                    path.find("..") == std::string::npos && std::ranges::all_of(path, allowed);
  return good ? path : std::string();
}

std::string link(const Json& json, const char* name) {
  return path_of(text_of(property(json, name), "@odata.id"));
}

double number_of(const Json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

/// A number property itself (Power, Sensor).
std::optional<RedfishValue> plain(const Json& json, const char* name) {
  if (!json.is_object() || !json.contains(name)) return std::nullopt;
  return RedfishValue{number_of(property(json, name)), {}};
}

/// A copy of a Sensor's reading inside another resource (a Redfish "excerpt").
std::optional<RedfishValue> excerpt(const Json& json, const char* name) {
  const Json& inner = property(json, name);
  if (!inner.is_object()) return std::nullopt;
  return RedfishValue{number_of(property(inner, "Reading")),
                      path_of(text_of(inner, "DataSourceUri"))};
}

/// PowerControl's first entry about all of the chassis: others are its CPUs or its memory.
const Json* whole_chassis(const Json& controls) {
  if (!controls.is_array()) return nullptr;
  for (const Json& control : controls) {
    if (!control.is_object()) continue;
    const auto context = text_of(control, "PhysicalContext");
    if (context.empty() || context == "Chassis") return &control;
  }
  return nullptr;
}

}  // namespace

Result<std::string> parse_service_root(std::string_view text) {
  const auto root = object(text, "Redfish service root");
  if (!root) return fail(root.error());
  auto path = link(*root, "Chassis");
  if (path.empty()) return nonsense("Redfish service root with chassis");
  return path;
}

Result<RedfishCollection> parse_collection(std::string_view text) {
  const auto json = object(text, "Redfish collection");
  if (!json) return fail(json.error());
  const Json& members = property(*json, "Members");
  if (!members.is_array()) return nonsense("Redfish collection");
  RedfishCollection collection;
  for (const Json& member : members) {
    auto path = path_of(text_of(member, "@odata.id"));
    if (!path.empty()) collection.members.push_back(std::move(path));
  }
  collection.next = path_of(text_of(*json, "Members@odata.nextLink"));
  return collection;
}

Result<RedfishChassis> parse_chassis(std::string_view text) {
  const auto json = object(text, "Redfish chassis");
  if (!json) return fail(json.error());
  RedfishChassis chassis;
  chassis.id = text_of(*json, "Id");
  if (chassis.id.empty()) return nonsense("Redfish chassis");
  chassis.name = text_of(*json, "Name");
  chassis.type = text_of(*json, "ChassisType");
  chassis.parent = link(property(*json, "Links"), "ContainedBy");
  chassis.environment_metrics = link(*json, "EnvironmentMetrics");
  chassis.power = link(*json, "Power");
  chassis.sensors = link(*json, "Sensors");
  return chassis;
}

Result<RedfishMetrics> parse_environment_metrics(std::string_view text) {
  const auto json = object(text, "Redfish EnvironmentMetrics");
  if (!json) return fail(json.error());
  RedfishMetrics metrics;
  metrics.power_w = excerpt(*json, "PowerWatts");
  metrics.energy_j = excerpt(*json, "EnergyJoules");
  metrics.energy_kwh = excerpt(*json, "EnergykWh");
  return metrics;
}

Result<RedfishMetrics> parse_power(std::string_view text) {
  const auto json = object(text, "Redfish Power");
  if (!json) return fail(json.error());
  RedfishMetrics metrics;
  const Json* control = whole_chassis(property(*json, "PowerControl"));
  if (control == nullptr) return metrics;
  metrics.physical_context = text_of(*control, "PhysicalContext");
  metrics.power_w = plain(*control, "PowerConsumedWatts");
  const Json& averages = property(*control, "PowerMetrics");
  const double minutes = number_of(property(averages, "IntervalInMin"));
  constexpr double kMostMinutes = 60.0 * 24.0 * 366.0;
  if (minutes > 0.0 && minutes <= kMostMinutes) {
    metrics.average_w = plain(averages, "AverageConsumedWatts");
    metrics.average_window = Seconds(minutes * 60.0);
  }
  return metrics;
}

Result<RedfishMetrics> parse_sensor(std::string_view text) {
  const auto json = object(text, "Redfish Sensor");
  if (!json) return fail(json.error());
  RedfishMetrics metrics;
  metrics.unit = text_of(*json, "ReadingUnits");
  metrics.physical_context = text_of(*json, "PhysicalContext");
  if (metrics.unit == "W") metrics.power_w = plain(*json, "Reading");
  if (metrics.unit == "J") metrics.energy_j = plain(*json, "Reading");
  if (metrics.unit == "kW.h") metrics.energy_kwh = plain(*json, "Reading");
  if (const double percent = number_of(property(*json, "Accuracy")); percent > 0.0) {
    metrics.accuracy_percent = percent;
  }
  metrics.sensing_interval = parse_duration(text_of(*json, "SensingInterval"));
  return metrics;
}

std::optional<Seconds> parse_duration(std::string_view text) {
  if (!text.starts_with('P')) return std::nullopt;
  text.remove_prefix(1);
  struct Unit {
    char letter;
    bool after_t;
    double seconds;
  };
  constexpr std::array kUnits{Unit{'D', false, 86400.0}, Unit{'H', true, 3600.0},
                              Unit{'M', true, 60.0}, Unit{'S', true, 1.0}};
  auto unit = kUnits.begin();
  bool after_t = false;
  bool any = false;
  Seconds sum{0.0};
  while (!text.empty()) {
    if (text.front() == 'T' && !after_t) {
      after_t = true;
      text.remove_prefix(1);
      continue;
    }
    const auto length = text.find_first_not_of("0123456789.");
    if (length == std::string_view::npos) return std::nullopt;
    const auto number = parse_number<double>(text.substr(0, length));
    unit = std::find_if(unit, kUnits.end(), [&](const Unit& u) {
      return u.letter == text[length] && u.after_t == after_t;
    });
    if (!number || unit == kUnits.end()) return std::nullopt;
    sum += Seconds(*number * unit->seconds);
    ++unit;
    any = true;
    text.remove_prefix(length + 1);
  }
  return any ? std::optional(sum) : std::nullopt;
}

}  // namespace btrack::power

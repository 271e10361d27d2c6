// SPDX-License-Identifier: Apache-2.0
// The redfish driver: which chassis a BMC has, what each can tell, and which contains which.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "btrack/power/bmc.hpp"
#include "btrack/power/drivers.hpp"
#include "btrack/power/file_sensor.hpp"
#include "btrack/power/redfish_config.hpp"
#include "btrack/power/redfish_sensor.hpp"

namespace btrack::power {
namespace {

constexpr std::size_t kMostMembers = 64;  // of one collection: more is a mistake or an attack
constexpr int kMostPages = 8;
constexpr Watts kMostPower{200e3};  // a rack

/// What a BMC says of itself goes to terminals and into ids: only harmless letters, not too many.
std::string tame(std::string_view text, std::string_view also) {
  constexpr std::size_t kLongest = 60;
  std::string out;
  for (const char c : text.substr(0, kLongest)) {
    const bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    out += letter || also.find(c) != std::string_view::npos ? c : '-';
  }
  return out;
}

/// A chassis with what it offers, and the id of its main channel once it has one.
struct Found {
  std::string path;
  RedfishChassis chassis;
  std::string main_id;
};

class Discovery {
 public:
  Discovery(HttpsClient& client, Seconds timeout) : client_(client), timeout_(timeout) {}

  void run();
  std::vector<RedfishSensor::Source> sources;
  std::vector<Channel> channels;
  std::optional<Error> problem;  ///< the first

 private:
  /// GET and parse; nothing, with the problem noted, where either fails.
  template <class T>
  std::optional<T> ask(const std::string& path, Result<T> (*parse)(std::string_view));
  void note(Error error);
  std::vector<std::string> members(std::string path);
  void add_chassis(Found& found);
  bool add_resource(Found& found, const std::string& path, RedfishResource kind);
  void add_sensors(Found& found);
  void add_channels(Found& found, const std::string& path, RedfishResource kind,
                    const RedfishMetrics& metrics);
  [[nodiscard]] std::string base_id(const Found& found) const;
  std::optional<RedfishMetrics> sensor_behind(const RedfishValue& value,
                                              const RedfishQuantity& quantity);
  void contain();

  HttpsClient& client_;
  Seconds timeout_;
  bool over_ = false;  ///< the BMC stopped answering: no more questions
  std::vector<Found> found_;
  std::map<std::string, std::string> chassis_of_;  ///< main channel id of a path
};

void Discovery::note(Error error) {
  over_ = over_ || error.kind == ErrorKind::timeout;
  if (!problem) problem = std::move(error);
}

template <class T>
std::optional<T> Discovery::ask(const std::string& path, Result<T> (*parse)(std::string_view)) {
  if (over_ || path.empty()) return std::nullopt;
  auto text = client_.get(path, timeout_);
  if (!text) {
    note(std::move(text.error()));
    return std::nullopt;
  }
  auto parsed = parse(*text);
  if (!parsed) {
    Error error = std::move(parsed.error());
    error.message += fmt::format(" ({})", path);
    error.remedy = "check that 'url' is the BMC's own address";
    note(std::move(error));
    return std::nullopt;
  }
  return std::move(*parsed);
}

std::vector<std::string> Discovery::members(std::string path) {
  std::vector<std::string> all;
  for (int page = 0; page < kMostPages && !path.empty(); ++page) {
    const auto collection = ask(path, parse_collection);
    if (!collection) break;
    all.insert(all.end(), collection->members.begin(), collection->members.end());
    path = collection->next;
  }
  if (all.size() > kMostMembers) all.resize(kMostMembers);
  return all;
}

void Discovery::run() {
  const auto collection = ask("/redfish/v1/", parse_service_root);
  if (!collection) return;
  std::set<std::string> seen;
  for (const auto& path : members(*collection)) {
    if (!seen.insert(path).second) continue;
    if (auto chassis = ask(path, parse_chassis)) found_.push_back({path, std::move(*chassis), {}});
  }
  for (Found& found : found_) add_chassis(found);
  contain();
}

void Discovery::add_chassis(Found& found) {
  // the newest schema first; the others repeat it
  if (add_resource(found, found.chassis.environment_metrics,
                   RedfishResource::environment_metrics) ||
      add_resource(found, found.chassis.power, RedfishResource::power)) {
    return;
  }
  add_sensors(found);
}

bool Discovery::add_resource(Found& found, const std::string& path, RedfishResource kind) {
  const auto metrics = kind == RedfishResource::power ? ask(path, parse_power)
                                                      : ask(path, parse_environment_metrics);
  if (metrics) add_channels(found, path, kind, *metrics);
  return !found.main_id.empty();
}

void Discovery::add_sensors(Found& found) {
  for (const auto& path : members(found.chassis.sensors)) {
    const auto metrics = ask(path, parse_sensor);
    // a Sensor of a part (a supply, a fan) is not the chassis
    if (metrics && metrics->physical_context == "Chassis") {
      add_channels(found, path, RedfishResource::sensor, *metrics);
    }
  }
}

/// "redfish/node" for the one chassis that is the machine, as the other BMC driver calls it;
/// else "redfish/" and the chassis' own id.
std::string Discovery::base_id(const Found& found) const {
  const auto roots =
      std::ranges::count_if(found_, [](const Found& f) { return f.chassis.parent.empty(); });
  const bool machine = roots == 1 && found.chassis.parent.empty() &&
                       found.chassis.type != "Enclosure" && found.chassis.type != "Rack";
  return "redfish/" + (machine ? std::string("node") : tame(found.chassis.id, "._-"));
}

/// The Sensor that an excerpt is copied from tells accuracy and interval, and its unit must agree.
std::optional<RedfishMetrics> Discovery::sensor_behind(const RedfishValue& value,
                                                       const RedfishQuantity& quantity) {
  auto sensor = ask(value.source, parse_sensor);
  if (!sensor) return RedfishMetrics{};
  if (sensor->unit.empty() || sensor->unit == quantity.unit) return sensor;
  note({ErrorKind::malformed,
        fmt::format("{} is in '{}' where '{}' is due, and is not used", value.source,
                    tame(sensor->unit, "/."), quantity.unit),
        "the BMC's firmware is wrong; look for a newer one"});
  return std::nullopt;
}

void describe(Channel& channel, const RedfishMetrics& metrics, const RedfishQuantity& quantity) {
  constexpr double kMostPercent = 50.0;
  if (metrics.accuracy_percent && *metrics.accuracy_percent <= kMostPercent) {
    const double share = *metrics.accuracy_percent / 100.0;
    channel.gain = {1.0 - share, 1.0 + share};
    channel.gain_source = fmt::format("Accuracy of the Redfish sensor: {:.3g} %", share * 100.0);
  }
  if (metrics.sensing_interval) {
    channel.update_period = std::max(channel.update_period, *metrics.sensing_interval);
  }
  if (quantity.property == &RedfishMetrics::average_w) {
    channel.update_period = std::max(channel.update_period, metrics.average_window);
  }
  channel.kind = quantity.kind;
  channel.si_per_count = quantity.si_per_count;
  channel.power_limit = kMostPower;
}

void Discovery::add_channels(Found& found, const std::string& path, RedfishResource kind,
                             const RedfishMetrics& metrics) {
  RedfishSensor::Source source{path, kind, {}, {}};
  for (const RedfishQuantity& quantity : redfish_quantities()) {
    const auto& value = metrics.*quantity.property;
    const bool average = quantity.property == &RedfishMetrics::average_w;
    if (!value || (average && metrics.power_w)) continue;
    auto about = metrics;
    if (!value->source.empty()) {
      auto sensor = sensor_behind(*value, quantity);
      if (!sensor) continue;
      about = std::move(*sensor);
    }
    const bool main = found.main_id.empty();
    auto id = main ? base_id(found) : fmt::format("{}/{}", found.main_id, quantity.name);
    while (std::ranges::find(channels, id, &Channel::id) != channels.end()) id += "+";
    Channel channel = bmc_channel(id, fmt::format("{} of chassis {} (BMC, Redfish)", quantity.name,
                                                  tame(found.chassis.name, " ._-()")));
    describe(channel, about, quantity);
    channel.device = id == "redfish/node" ? "node" : path;
    // one physical quantity, told twice: only the first is ever summed
    if (main) {
      found.main_id = id;
      chassis_of_[found.path] = id;
    } else {
      channel.duplicate_of = found.main_id;
    }
    source.channels.push_back(static_cast<std::uint32_t>(channels.size()));
    source.quantities.push_back(&quantity);
    channels.push_back(std::move(channel));
  }
  if (!source.channels.empty()) sources.push_back(std::move(source));
}

/// A chassis' main channel is part of the nearest chassis around it that has one.
void Discovery::contain() {
  std::map<std::string, std::string> parent;
  for (const Found& found : found_) parent[found.path] = found.chassis.parent;
  for (const Found& found : found_) {
    if (found.main_id.empty()) continue;
    std::set<std::string> passed = {found.path};  // a BMC may name a circle
    std::string up = found.chassis.parent;
    while (!up.empty() && passed.insert(up).second && !chassis_of_.contains(up)) up = parent[up];
    const auto around = chassis_of_.find(up);
    if (around == chassis_of_.end() || around->second == found.main_id) continue;
    std::ranges::find(channels, found.main_id, &Channel::id)->part_of = around->second;
  }
}

std::vector<std::string> libraries(const ProbeContext& context) {
  const auto given = context.libraries.find("curl");
  if (given != context.libraries.end()) return {given->second.string()};
  return {"libcurl.so.4", "libcurl-gnutls.so.4"};
}

}  // namespace

DriverProbe probe_redfish(const ProbeContext& context) {
  DriverProbe probe;
  if (context.redfish_config.empty()) {
    probe.absent = {ErrorKind::not_found, "no BMC is named, so none is asked over the network",
                    "describe it in a file (docs/sensors/redfish.md) and give --redfish FILE"};
    return probe;
  }
  auto config = load_redfish_config(context);
  if (!config) {
    probe.absent = std::move(config.error());
    return probe;
  }
  auto client = HttpsClient::open(std::move(config->server), libraries(context));
  if (!client) {
    probe.absent = std::move(client.error());
    return probe;
  }
  Discovery discovery(**client, config->timeout);
  discovery.run();
  probe.absent = std::move(discovery.problem);
  if (discovery.channels.empty()) {
    if (!probe.absent) {
      probe.absent = {ErrorKind::unsupported, "the BMC offers no power and no energy of a chassis",
                      "look for newer firmware, or try IPMI (docs/sensors/ipmi.md)"};
    }
    return probe;
  }
  probe.sensors.push_back(std::make_unique<RedfishSensor>(
      std::move(*client), std::move(discovery.sources), std::move(discovery.channels),
      config->timeout, clock_or_system(context.clock)));
  return probe;
}

}  // namespace btrack::power

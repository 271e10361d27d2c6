// SPDX-License-Identifier: Apache-2.0
// Power and energy of chassis as a BMC reports them by Redfish: one GET for each resource.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/power/https_client.hpp"
#include "btrack/power/redfish_json.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

enum class RedfishResource { environment_metrics, power, sensor };
/// The parser that belongs to the resource.
Result<RedfishMetrics> parse_redfish(RedfishResource kind, std::string_view text);

using RedfishProperty = std::optional<RedfishValue> RedfishMetrics::*;

/// A property that becomes a channel: counts are mW (gauges), mJ or 3.6 J (counters).
struct RedfishQuantity {
  RedfishProperty property;
  std::string_view name;  ///< in ids
  std::string_view unit;  ///< ReadingUnits of the Sensor behind it
  ChannelKind kind;
  double counts_per_unit;
  double si_per_count;  ///< watts or joules
};
/// Most useful first: joules, watts, kilowatt-hours (steps of 3.6 kJ on many BMCs), average watts.
std::span<const RedfishQuantity> redfish_quantities();

/// The reading for a value: `failed` for none, NaN or a negative one, `refused` for one that no
/// running chassis can have (0 W, above `limit`).
Reading redfish_reading(const std::optional<RedfishValue>& value, const RedfishQuantity& quantity,
                        Watts limit);

class RedfishSensor final : public Sensor {
 public:
  struct Source {
    std::string path;
    RedfishResource kind;
    std::vector<std::uint32_t> channels;             ///< what it gives, by index into `channels`
    std::vector<const RedfishQuantity*> quantities;  ///< for each of those
  };
  RedfishSensor(std::unique_ptr<HttpsClient> client, std::vector<Source> sources,
                std::vector<Channel> channels, Seconds timeout, const Clock& clock);

  [[nodiscard]] std::span<const Channel> channels() const override { return channels_; }
  /// Returns within the timeout, whatever the BMC does: resources that had no turn are `failed`. An
  /// Error (nothing could be read) says why; the next read tries again.
  Result<void> read(std::span<Reading> out) override;

 private:
  Result<void> read_source(const Source& source, Seconds timeout, std::span<Reading> out);
  std::unique_ptr<HttpsClient> client_;
  std::vector<Source> sources_;
  std::vector<Channel> channels_;
  Seconds timeout_;
  const Clock& clock_;
};

}  // namespace btrack::power

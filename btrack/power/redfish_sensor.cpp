// SPDX-License-Identifier: Apache-2.0
// Reading the resources in turn within one time limit, and what a value may be.
#include "btrack/power/redfish_sensor.hpp"

#include <array>
#include <cmath>
#include <utility>

namespace btrack::power {
namespace {

constexpr std::array kQuantities{
    RedfishQuantity{&RedfishMetrics::energy_j, "energy", "J", ChannelKind::energy_counter, 1e3,
                    1e-3},
    RedfishQuantity{&RedfishMetrics::power_w, "power", "W", ChannelKind::power_gauge, 1e3, 1e-3},
    RedfishQuantity{&RedfishMetrics::energy_kwh, "energy_kwh", "kW.h", ChannelKind::energy_counter,
                    1e6, 3.6},
    RedfishQuantity{&RedfishMetrics::average_w, "average_power", "W", ChannelKind::power_gauge, 1e3,
                    1e-3},
};

}  // namespace

Result<RedfishMetrics> parse_redfish(RedfishResource kind, std::string_view text) {
  switch (kind) {
    case RedfishResource::environment_metrics:
      return parse_environment_metrics(text);
    case RedfishResource::power:
      return parse_power(text);
    case RedfishResource::sensor:
      break;
  }
  return parse_sensor(text);
}

std::span<const RedfishQuantity> redfish_quantities() { return kQuantities; }

Reading redfish_reading(const std::optional<RedfishValue>& value, const RedfishQuantity& quantity,
                        Watts limit) {
  Reading reading;
  reading.flags = reading_flags::failed;
  if (!value) return reading;
  constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it doubles skip whole numbers
  const double counts = value->value * quantity.counts_per_unit;
  if (!(counts >= 0.0 && counts <= kExact)) return reading;  // NaN as well
  reading.count = static_cast<std::uint64_t>(std::llround(counts));
  const bool gauge = quantity.kind == ChannelKind::power_gauge;
  const bool impossible = gauge && (reading.count == 0 || Watts(value->value) > limit);
  reading.flags = impossible ? reading_flags::refused : reading_flags::ok;
  return reading;
}

RedfishSensor::RedfishSensor(std::unique_ptr<HttpsClient> client, std::vector<Source> sources,
                             std::vector<Channel> channels, Seconds timeout, const Clock& clock)
    : client_(std::move(client)),
      sources_(std::move(sources)),
      channels_(std::move(channels)),
      timeout_(timeout),
      clock_(clock) {}

Result<void> RedfishSensor::read_source(const Source& source, Seconds timeout,
                                        std::span<Reading> out) {
  const SteadyTime before = clock_.now();
  const auto text = client_->get(source.path, timeout);
  const SteadyTime time = before + (clock_.now() - before) / 2;
  if (!text) return fail(text.error());
  const auto metrics = parse_redfish(source.kind, *text);
  if (!metrics) return fail(metrics.error());
  for (std::size_t i = 0; i < source.channels.size(); ++i) {
    const std::uint32_t c = source.channels[i];
    const RedfishQuantity& quantity = *source.quantities[i];
    out[c] = redfish_reading((*metrics).*quantity.property, quantity, channels_[c].power_limit);
    out[c].channel = c;
    out[c].time = time;
  }
  return {};
}

Result<void> RedfishSensor::read(std::span<Reading> out) {
  const auto began = std::chrono::steady_clock::now();  // libcurl's clock: this is about waiting
  const SteadyTime now = clock_.now();
  for (std::uint32_t c = 0; c < out.size(); ++c) out[c] = {c, reading_flags::failed, now, 0};
  std::optional<Error> first;
  bool any = false;
  for (const Source& source : sources_) {
    const Seconds left = timeout_ - (std::chrono::steady_clock::now() - began);
    if (left.count() <= 0.0) break;
    const auto done = read_source(source, left, out);
    any = any || done.has_value();
    if (!done && !first) first = done.error();
  }
  if (!any && first) return fail(std::move(*first));
  return {};
}

}  // namespace btrack::power

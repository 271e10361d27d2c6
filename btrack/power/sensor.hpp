// SPDX-License-Identifier: Apache-2.0
// What a sensor is: channels (what can be read, in which unit, part of what) and one read call.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/clock.hpp"
#include "btrack/core/error.hpp"
#include "btrack/core/quantity.hpp"

namespace btrack::power {

enum class ChannelKind { energy_counter, power_gauge };  // subtract, or integrate

/// The part of the machine a channel covers.
enum class Domain { board, package, core, uncore, dram, gpu, module, node, machine, other };
std::string_view domain_name(Domain domain);
/// The domain of that name; `other` for a name this version does not know.
Domain domain_from(std::string_view name);

/// Read from a counter, or modelled. The two are never added.
enum class Evidence { measured, estimated };

/// true = reading x factor, factor in [low, high] at 95 %: the type-B gain of measurement.md 5 (e).
struct GainInterval {
  double low = 1.0;
  double high = 1.0;
};

struct Channel {
  std::string id;     ///< unique in the machine and stable over reboots: "powercap/package-0/dram"
  std::string label;  ///< for people: "CPU package 0 DRAM"
  Domain domain = Domain::other;
  ChannelKind kind = ChannelKind::energy_counter;
  Evidence evidence = Evidence::measured;
  double si_per_count = 1.0;     ///< joules (counter) or watts (gauge) of one count
  std::uint64_t modulus = 0;     ///< the counter returns to 0 here; 0 = the full 64 bits
  Seconds update_period{0.001};  ///< how often the hardware renews the value
  Watts power_limit{1000.0};     ///< more than this is not physical: tells a reset from a wrap
  GainInterval gain;
  std::string gain_source;             ///< where the interval comes from (paper, policy, model)
  std::optional<std::string> part_of;  ///< id of the channel that already contains this one
  std::optional<std::string> duplicate_of;  ///< id of the channel that reads the same counter
};

namespace reading_flags {
constexpr std::uint32_t ok = 0;
constexpr std::uint32_t failed = 1;  ///< the read failed; `count` means nothing
}  // namespace reading_flags

/// One value of one channel. `channel` indexes the trace's channel list.
struct Reading {
  std::uint32_t channel = 0;
  std::uint32_t flags = reading_flags::ok;
  SteadyTime time{};
  std::uint64_t count = 0;
};
static_assert(sizeof(Reading) == 24);

class Sensor {
 public:
  virtual ~Sensor() = default;
  [[nodiscard]] virtual std::span<const Channel> channels() const = 0;
  /// Fills one reading per channel, `out[i].channel` = i; never allocates. A channel that cannot be
  /// read is flagged `failed`; an Error means that nothing could be read.
  virtual Result<void> read(std::span<Reading> out) = 0;
};

}  // namespace btrack::power

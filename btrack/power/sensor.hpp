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

/// The part of the machine a channel covers, outer before inner.
enum class Domain {
  node,        ///< everything behind the node's supplies: BMC, Cray node, PSU, battery
  board,       ///< the platform counter (psys)
  module,      ///< a superchip or system on module with its processors, memory and GPUs
  cpu,         ///< all processors of a node or module together
  package,     ///< one processor package or die
  core,        ///< the cores inside a package
  uncore,      ///< the rest of a package: integrated GPU, fabric
  dram,        ///< memory modules of the host
  gpu_card,    ///< a whole accelerator board, where it is told apart from its GPU
  gpu,         ///< one accelerator device
  gpu_tile,    ///< a die, stack or tile inside an accelerator
  gpu_memory,  ///< memory inside an accelerator
  io,          ///< other rails of a module
  machine,     ///< what a model covers
  other,
};
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
  Seconds window{0};          ///< the part of each period that a value really covers; 0: all of it
  Seconds latency{0};         ///< from the end of that part to the renewed value
  Seconds safe_period{0};     ///< reading more often than this disturbs the machine or the counter
  Watts power_limit{1000.0};  ///< more than this is not physical: tells a reset from a wrap
  GainInterval gain;
  Watts offset{};           ///< true power = reading +- this at 95 %, beside the gain
  std::string gain_source;  ///< where gain and offset come from (paper, policy, model)
  bool filtered = false;    ///< noise is added on purpose: see the gain's source, grade D below 1 s
  std::string device;       ///< what is measured, the same for every driver: a PCI address, UUID
  std::string note;     ///< what is special, in words for programs: "mig" "not-visible", by commas
  bool beside = false;  ///< too slow or coarse for a total while other channels measure parts of it
  std::optional<std::string> part_of;       ///< id of the channel that already contains this one
  std::optional<std::string> duplicate_of;  ///< id of the channel that reads the same counter
};

namespace reading_flags {
constexpr std::uint32_t ok = 0;
constexpr std::uint32_t failed = 1;  ///< the read failed; `count` means nothing
constexpr std::uint32_t stamped =
    2;  ///< `time` is when the hardware renewed the value, not the read
constexpr std::uint32_t refused = 4;  ///< `count` is what was read, and is no possible value
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

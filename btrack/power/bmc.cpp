// SPDX-License-Identifier: Apache-2.0
// Policy values for power that a BMC measures, until calibrated.
#include "btrack/power/bmc.hpp"

#include <utility>

namespace btrack::power {

Channel bmc_channel(std::string id, std::string label) {
  Channel c;
  c.id = std::move(id);
  c.label = std::move(label);
  c.domain = Domain::node;
  c.kind = ChannelKind::power_gauge;
  c.update_period = Seconds(1.0);
  c.safe_period = Seconds(1.0);
  // Unknown, 0 to 1 s, and nothing tells it: the middle, so that edges err to both sides.
  c.latency = Seconds(0.5);
  c.gain = {0.95, 1.05};
  c.gain_source = "policy: +-5 %, a BMC that states no accuracy";
  c.device = "node";
  c.beside = true;
  return c;
}

}  // namespace btrack::power

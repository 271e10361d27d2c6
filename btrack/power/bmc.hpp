// SPDX-License-Identifier: Apache-2.0
// What holds for every channel that a BMC measures, whatever the protocol that reads it.
#pragma once

#include <string>

#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// A power gauge of the node in watts, beside the components, with the policy values for BMCs:
/// renewed once a second (BMCs are rarely faster), somewhere in the second before it is read.
Channel bmc_channel(std::string id, std::string label);

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// Machines as data (data/topologies.json): is any true rail counted twice in the total, or missed?
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/error.hpp"

namespace btrack::rig {

struct TopologyResult {
  std::string name;                   ///< "xeon-2-sockets-psys"
  std::string about;                  ///< one line for people
  std::vector<std::string> total;     ///< ids of the channels that were summed
  std::vector<std::string> problems;  ///< rails counted twice, missed; unknown channels
};

/// Builds each machine's fake root in a temporary folder, asks the real drivers and the real
/// relations, and compares with the rails that are truly there. Channels of drivers that need a
/// library or a BMC come from the data. An Error where the data are malformed or no folder can be
/// made.
Result<std::vector<TopologyResult>> check_topologies();
/// The same for machines of one's own, in the form of data/topologies.json.
Result<std::vector<TopologyResult>> check_topologies(std::string_view json);

}  // namespace btrack::rig

// SPDX-License-Identifier: Apache-2.0
// Which BMC to ask, as whom, and how it is known to be the right one: a private TOML file.
#pragma once

#include <filesystem>

#include "btrack/core/error.hpp"
#include "btrack/core/quantity.hpp"
#include "btrack/power/https_client.hpp"
#include "btrack/power/probe.hpp"

namespace btrack::power {

struct RedfishConfig {
  HttpsServer server;
  Seconds timeout{5.0};  ///< of one read of all channels
};

/// Reads `context.redfish_config`; relative paths in it start at its folder. Credentials come from
/// files or from BTRACK_REDFISH_PASSWORD and BTRACK_REDFISH_TOKEN, and stand in no message. Errors:
/// denied for a file that others may read; usage for a key or value that is wrong.
Result<RedfishConfig> load_redfish_config(const ProbeContext& context);

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// What `ipmitool dcmi power reading` prints, read strictly.
#pragma once

#include <cstdint>
#include <string_view>

#include "btrack/core/error.hpp"
#include "btrack/core/quantity.hpp"

namespace btrack::power {

/// The answer to DCMI Get Power Reading (DCMI 1.5, 6.6.1): four 16-bit powers in watts.
struct DcmiReading {
  std::uint16_t current_w = 0;
  std::uint16_t minimum_w = 0;  ///< minimum, maximum and average over `statistics_period`
  std::uint16_t maximum_w = 0;
  std::uint16_t average_w = 0;
  Seconds statistics_period{};  ///< often since the BMC's start: no update period
  bool active = false;          ///< false: the BMC does not measure, the powers mean nothing
};

/// Every line must be known, and each of the seven must be there once. The BMC's time stamp must be
/// there and is not kept: whole seconds of a clock that is often unset. Error: malformed.
Result<DcmiReading> parse_dcmi_text(std::string_view text);

}  // namespace btrack::power

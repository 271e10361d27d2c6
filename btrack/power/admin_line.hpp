// SPDX-License-Identifier: Apache-2.0
// The one line by which an administrator opens a source that is closed to us.
#pragma once

#include <string_view>

#include "btrack/core/error.hpp"

namespace btrack::power {

/// A line for a shell, for good (it survives a reboot where it can) and with no right beyond
/// reading; empty where no line helps. `driver` as in sensor_drivers().
std::string_view admin_line(std::string_view driver, ErrorKind kind);

}  // namespace btrack::power

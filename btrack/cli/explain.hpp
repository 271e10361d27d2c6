// SPDX-License-Identifier: Apache-2.0
// The containment graph of a machine's channels in words, for `btrack sensors --explain`.
#pragma once

#include <span>
#include <string>

#include "btrack/power/sensor.hpp"

namespace btrack::cli {

/// What is summed with all that is inside it, what is shown beside, and what nothing measures.
std::string explanation(std::span<const power::Channel> channels);

}  // namespace btrack::cli

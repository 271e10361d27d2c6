// SPDX-License-Identifier: Apache-2.0
// The channels of one NVIDIA GPU: what it answers, and how the answers relate.
#pragma once

#include <string_view>
#include <vector>

#include "btrack/power/nvml_library.hpp"
#include "btrack/power/nvml_sensor.hpp"

namespace btrack::power {

/// Asks the GPU once for everything and keeps what it answers. One channel is the GPU's energy (the
/// counter; where there is none or it loses energy, the instant power), the others are its
/// duplicates, the memory in it, the module around it. A GPU without
/// a sensor that tells its utilisation and its power limit has one channel, estimated from them.
/// Empty: it tells nothing.
std::vector<NvmlSource> nvml_sources(const NvmlLibrary& library, const NvmlGpu& gpu);

/// Adds a word to the channel's note.
void add_note(Channel& channel, std::string_view word);

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// The facts of machine, system and build that a result depends on.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "btrack/power/probe.hpp"

namespace btrack::bench {

/// Keys such as "cpu.model", "cpu.cores", "memory.bytes", "os.kernel", "build.version"; a fact the
/// system does not offer is left out. Reads below the context's roots only.
std::map<std::string, std::string> machine_facts(const power::ProbeContext& context);

/// Physical cores this process may run on, at least 1: the default number of threads.
std::int64_t physical_cores(const power::ProbeContext& context);

}  // namespace btrack::bench

// SPDX-License-Identifier: Apache-2.0
// Latencies and load scenarios of one record, for people.
#pragma once

#include <string>

#include "btrack/results/record.hpp"

namespace btrack::cli {

/// Lines for every phase with latencies, and the rates that were tried; empty where there are none.
std::string latencies_text(const results::RunRecord& record);

}  // namespace btrack::cli

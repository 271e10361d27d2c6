// SPDX-License-Identifier: Apache-2.0
// `btrack show --budget`: every term behind the intervals of a record, computed again from its
// trace.
#pragma once

#include <string>

#include "btrack/results/record.hpp"

namespace btrack::cli {

/// A table for each window, gross and above each idle baseline.
std::string budget_text(const results::RunRecord& record);
/// The same as one JSON document of format "btrack-budget".
std::string budget_json(const results::RunRecord& record);

}  // namespace btrack::cli

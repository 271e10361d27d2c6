// SPDX-License-Identifier: Apache-2.0
// The worker's side of the protocol: commands in, one workload, events out.
#pragma once

#include <filesystem>
#include <string>

#include "btrack/core/error.hpp"

namespace btrack::models {

/// Serves the runner at the other end of `fd` until it says stop or goes away. The exit code: 0,
/// or 3 after a `failed` event.
int serve(int fd);

/// Prepares a workload and writes one pass of it to `folder` (Workload::save_pass). `settings`: the
/// JSON object of the protocol's `prepare`; what it leaves out has its default.
Result<void> export_pass(const std::string& settings, const std::filesystem::path& folder);

}  // namespace btrack::models

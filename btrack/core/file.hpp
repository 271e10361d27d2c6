// SPDX-License-Identifier: Apache-2.0
// Whole-file reads and all-or-nothing writes, with errors that name the file and the remedy.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "btrack/core/error.hpp"

namespace btrack {

Result<std::string> read_file(const std::filesystem::path& path);

/// Writes beside the target and renames, so that no reader ever sees half a file. Devices, pipes
/// and /dev/stdout are written to as they are; a link stays, and what it leads to is replaced.
Result<void> write_file(const std::filesystem::path& path, std::string_view content);

/// The Error for an errno of a call on `path`; `denied` and `not_found` are told apart.
Error system_error(int error_number, std::string_view action, const std::filesystem::path& path);

/// Folder of the running program, to find its siblings (btrack-worker, ../share/btrack).
std::filesystem::path program_folder();

}  // namespace btrack

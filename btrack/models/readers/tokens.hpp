// SPDX-License-Identifier: Apache-2.0
// Reads files of tokens: bare 16-bit numbers, or llm.c's with a header. Needs no LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "btrack/core/error.hpp"

namespace btrack::models {

/// Little-endian. Without a header: 16-bit tokens (nanoGPT). With one of 256 32-bit numbers:
/// {20240520, 1, count}, 16-bit tokens, or {20240801, 7, count}, 32-bit tokens (llm.c,
/// dataloader.h). Errors name the file: another version, a count that the file does not have, a
/// token that is not below `vocabulary`.
Result<std::vector<std::int32_t>> read_tokens(const std::filesystem::path& file,
                                              std::int64_t vocabulary);

}  // namespace btrack::models

// SPDX-License-Identifier: Apache-2.0
// Reads IDX arrays (the MNIST format), raw or gzip, all six element types. Needs no LibTorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "btrack/core/error.hpp"

namespace btrack::models {

/// The third byte of the file. Format: two zero bytes, type, rank, big-endian 32-bit sizes, then
/// the elements, big-endian, row-major (Y. LeCun, "The MNIST database").
enum class IdxType : std::uint8_t {
  u8 = 0x08,
  i8 = 0x09,
  i16 = 0x0B,
  i32 = 0x0C,
  f32 = 0x0D,
  f64 = 0x0E,
};
std::size_t idx_type_size(IdxType type);

struct IdxArray {
  IdxType type = IdxType::u8;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;  ///< elements in the byte order of this machine

  [[nodiscard]] std::int64_t count() const;
};

/// Errors name the file: not an IDX file, truncated, bytes after the end, sizes beyond `limit`.
Result<IdxArray> read_idx(const std::filesystem::path& path,
                          std::int64_t limit_bytes = std::int64_t{1} << 34);

}  // namespace btrack::models

// SPDX-License-Identifier: Apache-2.0
// Files of named tensors in the safetensors format, read and written. Needs no LibTorch.
//
// The format: the length of the header as 8 bytes, little-endian; the header, a JSON object
// {name: {dtype, shape, data_offsets: [begin, end]}}, where "__metadata__" may hold texts; then the
// values of all tensors, row by row, little-endian, without a gap and without an overlap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/error.hpp"

namespace btrack::models {

struct StoredTensor {
  std::string name;
  std::string dtype;  ///< as the format writes it: "F32"
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  ///< of its bytes, from the end of the header
  std::uint64_t end = 0;

  friend bool operator==(const StoredTensor&, const StoredTensor&) = default;
};

/// Bytes of one value of that type; 0 where the format knows none of that name.
std::uint64_t dtype_bytes(std::string_view dtype);

/// The header and the length before it, in the order of the tensors, whose offsets are put.
std::string safetensors_header(std::span<StoredTensor> tensors);
/// In the order of their bytes. `header` is without its length, `data_bytes` what follows it.
/// Errors (malformed) name the tensor, but no file.
Result<std::vector<StoredTensor>> parse_safetensors_header(std::string_view header,
                                                           std::uint64_t data_bytes);

/// An open file. The values are read when they are asked for, straight to where they belong.
class SafetensorsFile {
 public:
  /// Errors name the file and, where it is malformed, what is wrong.
  static Result<SafetensorsFile> open(const std::filesystem::path& path);
  SafetensorsFile(SafetensorsFile&& other) noexcept;
  SafetensorsFile& operator=(SafetensorsFile&&) = delete;
  ~SafetensorsFile();

  [[nodiscard]] const std::vector<StoredTensor>& tensors() const { return tensors_; }
  /// `into`: room for all bytes of one of tensors().
  Result<void> read(const StoredTensor& tensor, std::span<std::byte> into) const;
  /// The Error of a file that does not fit.
  [[nodiscard]] tl::unexpected<Error> malformed(std::string_view what) const;

 private:
  SafetensorsFile(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}
  Result<void> read_at(std::uint64_t offset, std::span<std::byte> into) const;
  Result<void> read_header();

  std::filesystem::path path_;
  int fd_;
  std::uint64_t data_begin_ = 0;
  std::vector<StoredTensor> tensors_;
};

}  // namespace btrack::models

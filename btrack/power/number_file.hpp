// SPDX-License-Identifier: Apache-2.0
// One file that holds a number: kept open, read without allocating, parsed strictly.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "btrack/core/error.hpp"

namespace btrack::power {

/// What may stand behind the number; blanks and line ends always may.
struct NumberFormat {
  std::string_view unit{};  ///< this word must follow ("J"); a literal, or longer lived
  bool more = false;        ///< anything may follow after a blank, such as a time stamp
};

struct FileNumber {
  std::uint64_t magnitude = 0;
  bool negative = false;
  bool operator==(const FileNumber&) const = default;
};

/// Nothing where the text is no whole number of at most 64 bits in that format.
std::optional<FileNumber> parse_file_number(std::string_view text, NumberFormat format = {});

class NumberFile {
 public:
  static Result<NumberFile> open(const std::filesystem::path& path, NumberFormat format = {});
  ~NumberFile();
  NumberFile(NumberFile&& other) noexcept;
  NumberFile& operator=(NumberFile&& other) noexcept;

  /// One pread from the begin; nothing where that fails or shows no number.
  [[nodiscard]] std::optional<FileNumber> read() const;
  /// Whether the file's text, blanks and line ends apart, is this.
  [[nodiscard]] bool says(std::string_view text) const;

 private:
  NumberFile(int descriptor, NumberFormat format) : descriptor_(descriptor), format_(format) {}
  int descriptor_;
  NumberFormat format_;
};

}  // namespace btrack::power

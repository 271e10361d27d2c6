// SPDX-License-Identifier: Apache-2.0
// A file read from front to back, whether it is compressed by gzip or not.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "btrack/core/error.hpp"

namespace btrack::models {

class GzipFile {
 public:
  static Result<GzipFile> open(const std::filesystem::path& path);
  /// As many of `size` bytes as there are left; an error where the compressed stream is broken.
  Result<std::size_t> read_up_to(std::byte* into, std::size_t size);
  /// The Error of a file that is not what its format says.
  [[nodiscard]] tl::unexpected<Error> malformed(const std::string& what) const;

 private:
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };
  std::unique_ptr<gzFile_s, Close> file_;
  std::filesystem::path path_;
};

/// What to do about a file of a data set that cannot be read.
inline constexpr const char* kReadAgain =
    "fetch the file again, or name another folder with --data DIR";

}  // namespace btrack::models

// SPDX-License-Identifier: Apache-2.0
// zlib passes files that are not compressed through unchanged.
#include "btrack/models/readers/gzip_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "btrack/core/file.hpp"

namespace btrack::models {

Result<GzipFile> GzipFile::open(const std::filesystem::path& path) {
  GzipFile opened;
  errno = 0;
  opened.file_.reset(gzopen(path.c_str(), "rb"));
  if (!opened.file_) return fail(system_error(errno != 0 ? errno : ENOMEM, "open", path));
  opened.path_ = path;
  return opened;
}

Result<std::size_t> GzipFile::read_up_to(std::byte* into, std::size_t size) {
  constexpr std::size_t kChunk = std::size_t{1} << 20;
  std::size_t done = 0;
  while (done < size) {
    const auto part = static_cast<unsigned>(std::min(kChunk, size - done));
    const int n = gzread(file_.get(), into + done, part);
    if (n == 0) break;
    if (n < 0) {
      int code = Z_OK;
      const char* text = gzerror(file_.get(), &code);
      if (code == Z_ERRNO) return fail(system_error(errno, "read", path_));
      return malformed(fmt::format("the gzip stream is broken ({})", text));
    }
    done += static_cast<std::size_t>(n);
  }
  return done;
}

tl::unexpected<Error> GzipFile::malformed(const std::string& what) const {
  return fail(ErrorKind::malformed, fmt::format("{}: {}", path_.string(), what), kReadAgain);
}

}  // namespace btrack::models

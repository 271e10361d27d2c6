// SPDX-License-Identifier: Apache-2.0
// Opening and reading a register file.
#include "btrack/power/msr_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "btrack/core/file.hpp"

namespace btrack::power {

Result<MsrFile> MsrFile::open(const std::filesystem::path& device_root, int cpu) {
  const auto path = device_root / fmt::format("cpu/{}/msr", cpu);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(system_error(errno, "open", path));
  return MsrFile(fd);
}

MsrFile::MsrFile(MsrFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

MsrFile& MsrFile::operator=(MsrFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

MsrFile::~MsrFile() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<std::uint64_t> MsrFile::read(std::uint32_t address) const {
  std::uint64_t value = 0;
  const ssize_t size = ::pread(fd_, &value, sizeof value, static_cast<off_t>(address));
  return size == sizeof value ? std::optional(value) : std::nullopt;
}

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// Whole-file reads and all-or-nothing writes.
#include "btrack/core/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace btrack {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// Whether there is something at `path` that a new file must not replace: a device, a pipe, or what
/// /dev/stdout leads to.
bool is_no_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) return false;
  const auto folder = std::filesystem::absolute(path, error).parent_path().string();
  return status.type() != std::filesystem::file_type::regular || folder == "/dev" ||
         folder.starts_with("/proc/") || folder.starts_with("/dev/");
}

int write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return ::fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
}

}  // namespace

Error system_error(int error_number, std::string_view action, const std::filesystem::path& path) {
  ErrorKind kind = ErrorKind::io;
  std::string remedy;
  if (error_number == ENOENT || error_number == ENOTDIR) {
    kind = ErrorKind::not_found;
    remedy = "check the path";
  } else if (error_number == EACCES || error_number == EPERM || error_number == EROFS) {
    kind = ErrorKind::denied;
    remedy = "check the permissions of the file and of its folder";
  } else if (error_number == ENOSPC || error_number == EDQUOT) {
    remedy = "free some space on that disk";
  }
  return {kind, fmt::format("cannot {} {}: {}", action, path.string(), std::strerror(error_number)),
          remedy};
}

Result<std::string> read_file(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return fail(system_error(errno, "read", path));
  std::string content;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t n = ::read(file.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(system_error(errno, "read", path));
    if (n == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

Result<void> write_file(const std::filesystem::path& path, std::string_view content) {
  if (is_no_file(path)) {
    const Descriptor device(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    const int error = device.get() < 0 ? errno : write_all(device.get(), content);
    if (error != 0) return fail(system_error(error, "write", path));
    return {};
  }
  // A link stays a link, and its target is replaced.
  std::error_code no_link;
  const auto target = std::filesystem::canonical(path, no_link);
  const auto& real = no_link ? path : target;
  const auto temporary =
      real.parent_path() / fmt::format(".{}.{}.part", real.filename().string(), ::getpid());
  int error = 0;
  {
    const Descriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (file.get() < 0) return fail(system_error(errno, "write", path));
    error = write_all(file.get(), content);
  }
  if (error == 0 && ::rename(temporary.c_str(), real.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary.c_str());
    return fail(system_error(error, "write", path));
  }
  return {};
}

std::filesystem::path program_folder() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path(".") : self.parent_path();
}

}  // namespace btrack

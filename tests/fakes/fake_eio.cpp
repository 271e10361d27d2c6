// SPDX-License-Identifier: Apache-2.0
// Preloaded into a program: of all files below $BTRACK_FAKE_EIO every 7th pread fails with EIO, as
// a counter behind a flaky bus does.
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

bool is_flaky(int fd) {
  const char* below = std::getenv("BTRACK_FAKE_EIO");
  if (below == nullptr) return false;
  std::array<char, 4096> target{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
  return size > 0 &&
         std::string_view(target.data(), static_cast<std::size_t>(size)).starts_with(below);
}

ssize_t flaky_pread(int fd, void* buffer, std::size_t size, off_t offset) {
  static std::atomic<unsigned> reads{0};
  if (is_flaky(fd) && ++reads % 7 == 0) {
    errno = EIO;
    return -1;
  }
  return ::syscall(SYS_pread64, fd, buffer, size, offset);
}

}  // namespace

extern "C" ssize_t pread(int fd, void* buffer, std::size_t size, off_t offset) {
  return flaky_pread(fd, buffer, size, offset);
}
extern "C" ssize_t pread64(int fd, void* buffer, std::size_t size, off_t offset) {
  return flaky_pread(fd, buffer, size, offset);
}

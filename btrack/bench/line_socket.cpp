// SPDX-License-Identifier: Apache-2.0
// Whole lines over a stream socket, with a time limit and without SIGPIPE.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <utility>

#include "btrack/bench/protocol.hpp"

namespace btrack::bench {
namespace {

constexpr std::size_t kLongestLine = 1U << 20;

std::optional<std::string> take_line(std::string& buffer) {
  const auto end = buffer.find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string line = buffer.substr(0, end);
  buffer.erase(0, end + 1);
  return line;
}

}  // namespace

LineSocket::LineSocket(int fd) : fd_(fd) {}

LineSocket::LineSocket(LineSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

LineSocket::~LineSocket() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> LineSocket::send(std::string_view line) {
  std::string whole(line);
  whole += '\n';
  std::string_view rest = whole;
  while (!rest.empty()) {
    const ssize_t n = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      return fail(ErrorKind::crashed, std::string("the other end of the worker socket is gone: ") +
                                          std::strerror(errno));
    }
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::optional<std::string>> LineSocket::receive(Seconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    if (auto line = take_line(buffer_)) return line;
    if (buffer_.size() > kLongestLine) {
      return fail(ErrorKind::malformed, "a line of the worker protocol is longer than 1 MiB");
    }
    const Seconds left = deadline - std::chrono::steady_clock::now();
    pollfd waiting{fd_, POLLIN, 0};
    const int ready =
        ::poll(&waiting, 1, static_cast<int>(std::ceil(std::max(0.0, left.count() * 1e3))));
    if (ready < 0 && errno == EINTR) return fail(ErrorKind::interrupted, "interrupted");
    if (ready < 0) return fail(ErrorKind::io, std::string("poll: ") + std::strerror(errno));
    if (ready == 0) return std::optional<std::string>{};
    std::array<char, 65536> chunk{};
    const ssize_t n = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail(ErrorKind::crashed, "the worker socket was closed");
    buffer_.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace btrack::bench

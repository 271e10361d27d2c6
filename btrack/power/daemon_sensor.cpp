// SPDX-License-Identifier: Apache-2.0
// The client of btrackd, and its driver.
#include "btrack/power/daemon_sensor.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "btrack/core/file.hpp"
#include "btrack/power/drivers.hpp"

namespace btrack::power {
namespace {

constexpr int kReadPatienceMs = 100;
constexpr int kOpenPatienceMs = 2000;
constexpr std::string_view kPrefix = "daemon/";

tl::unexpected<Error> gone(std::string_view why) {
  return fail(ErrorKind::io, fmt::format("btrackd does not answer: {}", why),
              "see 'systemctl status btrackd'");
}

Error refusal(int error, const std::filesystem::path& socket) {
  if (error == EACCES || error == EPERM) {
    return {
        ErrorKind::denied, fmt::format("we may not use {}", socket.string()),
        "an administrator adds you to the socket's group: 'usermod -aG btrack USER', then log in "
        "again"};
  }
  if (error == ENOENT || error == ECONNREFUSED) {
    return {ErrorKind::not_found, fmt::format("btrackd does not listen at {}", socket.string()),
            "where counters are root's, an administrator starts it: 'systemctl enable --now "
            "btrackd.socket'"};
  }
  return system_error(error, "connect to", socket);
}

Result<int> connect_to(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof address.sun_path) {
    return fail(ErrorKind::usage, fmt::format("the socket's path is too long: {}", name),
                fmt::format("give one of fewer than {} bytes", sizeof address.sun_path));
  }
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(system_error(errno, "make a socket for", path));
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    ::close(fd);
    return fail(refusal(error, path));
  }
  return fd;
}

/// "powercap/package-0/dram" -> "daemon/package-0/dram": the same counter by another way, which is
/// how relate() finds that we may read it ourselves.
std::string renamed(std::string_view id) {
  const auto slash = id.find('/');
  return std::string(kPrefix).append(slash == std::string_view::npos ? id : id.substr(slash + 1));
}

}  // namespace

DaemonSensor::~DaemonSensor() { ::close(socket_); }

Result<std::unique_ptr<DaemonSensor>> DaemonSensor::open(const std::filesystem::path& socket) {
  const auto fd = connect_to(socket);
  if (!fd) return fail(fd.error());
  std::unique_ptr<DaemonSensor> sensor(new DaemonSensor(*fd));
  sensor->packet_.resize(kLargestAnswer);
  const auto answer = sensor->ask(kAskChannels, kOpenPatienceMs);
  if (!answer) return fail(answer.error());
  auto channels = channels_from_answer(*answer);
  if (!channels) return fail(channels.error());
  for (Channel& channel : *channels) {
    channel.id = renamed(channel.id);
    if (channel.part_of) channel.part_of = renamed(*channel.part_of);
    if (channel.duplicate_of) channel.duplicate_of = renamed(*channel.duplicate_of);
  }
  sensor->channels_ = std::move(*channels);
  return sensor;
}

Result<std::string_view> DaemonSensor::ask(std::string_view question, int patience_ms) {
  // An answer that came too late for the question before it must not be taken for this one's.
  while (::recv(socket_, packet_.data(), packet_.size(), MSG_DONTWAIT) > 0) {
  }
  if (::send(socket_, question.data(), question.size(), MSG_NOSIGNAL) < 0) {
    return gone(std::strerror(errno));
  }
  pollfd waiting{socket_, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&waiting, 1, patience_ms);
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) return gone("no answer in time");
  const ssize_t size = ::recv(socket_, packet_.data(), packet_.size(), MSG_DONTWAIT);
  if (size <= 0) return gone(size == 0 ? "it closed the socket" : std::strerror(errno));
  return std::string_view(packet_.data(), static_cast<std::size_t>(size));
}

Result<void> DaemonSensor::read(std::span<Reading> out) {
  const auto answer = ask(kAskRead, kReadPatienceMs);
  if (!answer) return fail(answer.error());
  return readings_from_answer(*answer, out.first(channels_.size()));
}

DriverProbe probe_daemon(const ProbeContext& context) {
  if (context.daemon_socket.empty()) {
    return {{},
            Error{ErrorKind::not_found, "no btrackd is asked beside another --sysfs",
                  "give its socket with --daemon FILE"}};
  }
  return offer(DaemonSensor::open(context.daemon_socket));
}

}  // namespace btrack::power

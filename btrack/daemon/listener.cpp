// SPDX-License-Identifier: Apache-2.0
// Socket activation, and a socket file with the right owner from its first moment.
#include "btrack/daemon/listener.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::daemon {
namespace {

constexpr int kFirstHandedOver = 3;  // SD_LISTEN_FDS_START
constexpr int kBacklog = 16;

/// A descriptor that is closed unless it is taken.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  int take() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::optional<int> handed_over() {
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  if (pid == nullptr || count == nullptr) return std::nullopt;
  if (parse_number<int>(pid) != ::getpid() || parse_number<int>(count) != 1) return std::nullopt;
  ::fcntl(kFirstHandedOver, F_SETFD, FD_CLOEXEC);
  ::fcntl(kFirstHandedOver, F_SETFL, O_NONBLOCK);
  return kFirstHandedOver;
}

Result<gid_t> group_id(const std::string& name) {
  const group* found = ::getgrnam(name.c_str());
  if (found == nullptr) {
    return fail(ErrorKind::usage, fmt::format("there is no group '{}'", name),
                fmt::format("make it: 'groupadd {}'", name));
  }
  return found->gr_gid;
}

bool somebody_listens(const sockaddr_un& address) {
  const Descriptor probe(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Result<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.empty() || name.size() >= sizeof address.sun_path) {
    return fail(ErrorKind::usage, fmt::format("'{}' cannot be the name of a socket", name),
                fmt::format("give one of fewer than {} bytes", sizeof address.sun_path));
  }
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  return address;
}

}  // namespace

Result<int> open_listener(const ListenerOptions& options) {
  if (const auto fd = handed_over()) return *fd;
  const auto address = address_of(options.socket);
  if (!address) return fail(address.error());
  std::optional<gid_t> owner;
  if (!options.group.empty()) {
    const auto id = group_id(options.group);
    if (!id) return fail(id.error());
    owner = *id;
  }
  struct stat status {};
  if (::lstat(options.socket.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode) || somebody_listens(*address)) {
      return fail(ErrorKind::usage, fmt::format("{} is in use", options.socket.string()),
                  "stop the other btrackd, or give another --socket");
    }
    ::unlink(options.socket.c_str());
  }
  Descriptor fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return fail(system_error(errno, "make a socket for", options.socket));
  const mode_t before = ::umask(0777);  // closed to all until its group is set
  const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
  const int error = errno;
  ::umask(before);
  if (bound != 0) return fail(system_error(error, "listen at", options.socket));
  const bool owned = !owner || ::chown(options.socket.c_str(), static_cast<uid_t>(-1), *owner) == 0;
  if (!owned || ::chmod(options.socket.c_str(), owner ? 0660 : 0600) != 0 ||
      ::listen(fd.get(), kBacklog) != 0) {
    return fail(system_error(errno, "listen at", options.socket));
  }
  return fd.take();
}

}  // namespace btrack::daemon

// SPDX-License-Identifier: Apache-2.0
// A TCP connection on which nothing is ever said.
#include "btrack/cluster/lifeline.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <thread>
#include <utility>

#include "btrack/core/text.hpp"

namespace btrack::cluster {
namespace {

constexpr Seconds kTryEvery{0.2};
/// A worker of rank 0 that is just ending may still take a connection, and then drops it.
constexpr Seconds kSettled{1.0};

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<Addresses> addresses_of(const Ranks& ranks) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(ranks.master_address.c_str(),
                                   std::to_string(ranks.master_port).c_str(), &hints, &found);
  if (failed != 0) {
    return fail(ErrorKind::not_found,
                fmt::format("rank 0's host '{}' is not known here: {}", ranks.master_address,
                            ::gai_strerror(failed)),
                "set MASTER_ADDR to a name or address that every node knows");
  }
  return Addresses(found, &::freeaddrinfo);
}

/// A connected socket, or -1.
int try_once(const addrinfo* address) {
  for (; address != nullptr; address = address->ai_next) {
    const int fd = ::socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    if (::connect(fd, address->ai_addr, address->ai_addrlen) == 0) return fd;
    ::close(fd);
  }
  return -1;
}

}  // namespace

Result<Lifeline> Lifeline::connect(const Ranks& ranks, Seconds patience,
                                   const std::function<bool()>& stop) {
  const auto addresses = addresses_of(ranks);
  if (!addresses) return fail(addresses.error());
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    if (const int fd = try_once(addresses->get()); fd >= 0) {
      Lifeline line(fd);
      if (!line.ended(kSettled)) return line;
    }
    if (stop && stop()) return fail(ErrorKind::interrupted, "stopped on request");
    if (std::chrono::steady_clock::now() - begin > patience) {
      return fail(
          ErrorKind::timeout,
          fmt::format("rank {} waited {} s for rank 0 at {} port {}", ranks.rank,
                      significant(patience.count()), ranks.master_address, ranks.master_port),
          "see what rank 0 said");
    }
    std::this_thread::sleep_for(kTryEvery);
  }
}

Lifeline::~Lifeline() {
  if (fd_ >= 0) ::close(fd_);
}

Lifeline::Lifeline(Lifeline&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

bool Lifeline::ended(Seconds patience) const {
  pollfd watched{fd_, POLLIN, 0};
  if (::poll(&watched, 1, static_cast<int>(patience.count() * 1000.0)) <= 0) return false;
  std::array<char, 64> said{};
  return ::recv(fd_, said.data(), said.size(), MSG_DONTWAIT) <= 0;
}

}  // namespace btrack::cluster

// SPDX-License-Identifier: Apache-2.0
// poll(2) over the listener, the wake-up and the clients.
#include "btrack/daemon/server.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "btrack/power/daemon_protocol.hpp"

namespace btrack::daemon {
namespace {

bool send_packet(int client, std::string_view packet) {
  const ssize_t sent = ::send(client, packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent == static_cast<ssize_t>(packet.size());
}

}  // namespace

Server::Server(int listener, int wake, CounterCache cache)
    : listener_(listener),
      wake_(wake),
      cache_(std::move(cache)),
      channels_(power::channels_answer(cache_.channels())) {}

Server::~Server() {
  for (const int client : clients_) ::close(client);
  ::close(listener_);
}

void Server::welcome() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  if (clients_.size() < kMostClients) {
    clients_.push_back(client);
    return;
  }
  send_packet(client, power::error_answer("too many programs are connected"));
  ::close(client);
}

bool Server::answer(int client) {
  std::array<char, power::kLargestQuestion> buffer{};
  const ssize_t size = ::recv(client, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (size <= 0) return false;
  const std::string_view question(buffer.data(), static_cast<std::size_t>(size));
  if (question == power::kAskChannels) return send_packet(client, channels_);
  if (question == power::kAskRead) {
    power::put_readings_answer(cache_.readings(), packet_);
    return send_packet(client, packet_);
  }
  send_packet(client, power::error_answer("the question should be 'channels' or 'read'"));
  return false;
}

Result<void> Server::run() {
  std::vector<pollfd> waiting;
  for (;;) {
    waiting.assign({{wake_, POLLIN, 0}, {listener_, POLLIN, 0}});
    for (const int client : clients_) waiting.push_back({client, POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return fail(ErrorKind::io, fmt::format("poll: {}", std::strerror(errno)));
    }
    if (waiting[0].revents != 0) return {};
    std::vector<int> staying;
    staying.reserve(clients_.size());
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      const bool stays = waiting[i + 2].revents == 0 || answer(clients_[i]);
      if (stays) {
        staying.push_back(clients_[i]);
      } else {
        ::close(clients_[i]);
      }
    }
    clients_ = std::move(staying);
    if (waiting[1].revents != 0) welcome();
  }
}

}  // namespace btrack::daemon

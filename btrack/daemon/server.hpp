// SPDX-License-Identifier: Apache-2.0
// One loop that answers questions about the counters, and nothing else.
#pragma once

#include <string>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/daemon/counter_cache.hpp"

namespace btrack::daemon {

/// Read-only, one thread, no buffer for any client: who does not fetch an answer, or asks nonsense,
/// is disconnected; who comes beyond `kMostClients` is told so. One question of each client a
/// round, so that a flood delays the others by one answer.
class Server {
 public:
  static constexpr std::size_t kMostClients = 64;
  /// Takes the listening socket over. `wake` is a descriptor that becomes readable when it is to
  /// end (a signalfd, a pipe).
  Server(int listener, int wake, CounterCache cache);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Until `wake`; an Error where the system refuses to wait.
  Result<void> run();

 private:
  void welcome();
  /// Whether the client stays.
  bool answer(int client);

  int listener_;
  int wake_;
  CounterCache cache_;
  std::string channels_;  ///< the packet, made once
  std::string packet_;
  std::vector<int> clients_;
};

}  // namespace btrack::daemon

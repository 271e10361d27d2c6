// SPDX-License-Identifier: Apache-2.0
// One worker process and its socket; however it ends, the reason comes back as one sentence.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "btrack/bench/protocol.hpp"
#include "btrack/core/child_process.hpp"

namespace btrack::bench {

struct WorkerOptions {
  std::filesystem::path program;
  Seconds silence_limit{120.0};          ///< no message for so long: it hangs
  std::function<bool()> stop_requested;  ///< asked several times a second
  std::function<void()> on_tick;         ///< called several times a second while waiting
  std::string meeting;                   ///< of ranks that train together; empty: there are none
};

class WorkerSession {
 public:
  static Result<WorkerSession> start(WorkerOptions options);
  ~WorkerSession();
  WorkerSession(WorkerSession&& other) noexcept;
  WorkerSession& operator=(WorkerSession&&) = delete;

  Result<void> send(const Command& command);
  /// The worker's next event. Errors: interrupted (stop was requested; the worker is killed),
  /// timeout (it hangs; killed), malformed (garbage; killed), out_of_memory, crashed, or what the
  /// worker itself sent as `failed`.
  Result<Event> next();
  /// Asks it to stop and waits; kills it after five seconds.
  void stop();

 private:
  WorkerSession(WorkerOptions options, ChildProcess child, LineSocket socket, int output);
  Error ended();
  Error broken(const Error& reason);
  [[nodiscard]] std::string last_words() const;

  WorkerOptions options_;
  std::optional<ChildProcess> child_;
  std::optional<LineSocket> socket_;
  int output_ = -1;             // memfd with what the worker printed
  std::int64_t oom_kills_ = 0;  // of this machine or cgroup, before the start
};

}  // namespace btrack::bench

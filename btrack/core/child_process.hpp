// SPDX-License-Identifier: Apache-2.0
// A program started with fork and exec, waited for through a pidfd; or run to its end for its
// output.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "btrack/core/clock.hpp"
#include "btrack/core/error.hpp"
#include "btrack/core/quantity.hpp"

namespace btrack {

struct ChildOptions {
  std::vector<std::string> argv;
  std::vector<std::pair<int, int>>
      descriptors;  ///< (ours, the child's): everything else is closed on exec
  std::vector<std::pair<std::string, std::string>> environment;  ///< added to ours
  bool own_group = false;                 ///< a terminal's Ctrl-C does not reach it
  bool die_with_parent = false;           ///< SIGKILL when this thread ends, however it ends
  const sigset_t* signal_mask = nullptr;  ///< of the child; null: this thread's
};

struct ExitStatus {
  int code = 0;    ///< exit code, or 128 + signal
  int signal = 0;  ///< 0: it ended by itself
};

class ChildProcess {
 public:
  /// not_found or denied when the program cannot be started; nothing runs then.
  static Result<ChildProcess> start(const ChildOptions& options);
  /// Kills and reaps a child that still runs.
  ~ChildProcess();
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// Its end, or nothing after `timeout`.
  std::optional<ExitStatus> wait(Seconds timeout);
  void send_signal(int signal) const;
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int pidfd() const { return pidfd_; }  ///< readable when the child has ended

 private:
  ChildProcess(pid_t pid, int pidfd) : pid_(pid), pidfd_(pidfd) {}
  pid_t pid_;
  int pidfd_;
  std::optional<ExitStatus> status_;
};

struct ProgramOutput {
  ExitStatus status;
  std::string output;  ///< stdout, at most 1 MiB: the program's further writes fail
  std::string errors;  ///< stderr, likewise
};

/// Runs the program to its end, with an empty stdin. `options.descriptors` are not for the caller.
/// Errors: those of start; timeout when it had to be killed. An exit code is no Error.
Result<ProgramOutput> run_program(ChildOptions options, Seconds timeout);

}  // namespace btrack

// SPDX-License-Identifier: Apache-2.0
// Waiting for a measured command while signals pass through to it; private to this room.
#pragma once

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

#include "btrack/bench/measurement.hpp"
#include "btrack/core/child_process.hpp"

namespace btrack::bench {

/// While it lives, the signals of interest come through a descriptor instead of ending us.
class CaughtSignals {
 public:
  CaughtSignals() {
    sigemptyset(&caught_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH}) {
      sigaddset(&caught_, signal);
    }
    ::pthread_sigmask(SIG_BLOCK, &caught_, &before_);
    descriptor_ = ::signalfd(-1, &caught_, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  CaughtSignals(const CaughtSignals&) = delete;
  CaughtSignals& operator=(const CaughtSignals&) = delete;
  ~CaughtSignals() {
    signalfd_siginfo info{};
    while (::read(descriptor_, &info, sizeof info) > 0) {  // what came too late to be passed on
    }
    ::close(descriptor_);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  [[nodiscard]] const sigset_t* before() const { return &before_; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

  /// A signal that a process sent to us alone goes on to the child; one from the terminal's keys
  /// has already reached it, since it shares our process group.
  void pass_on(const ChildProcess& child) const {
    signalfd_siginfo info{};
    while (::read(descriptor_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      if (info.ssi_code == SI_KERNEL) continue;
      child.send_signal(static_cast<int>(info.ssi_signo));
    }
  }

  /// Whether one came that means to end; for times without a child.
  [[nodiscard]] bool stop_asked() const {
    bool asked = false;
    signalfd_siginfo info{};
    while (::read(descriptor_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      asked |= info.ssi_signo != SIGWINCH && info.ssi_signo != SIGUSR1;
    }
    return asked;
  }

 private:
  sigset_t caught_{};
  sigset_t before_{};
  int descriptor_ = -1;
};

/// Waits that long; false where a signal came that means to end.
bool rest(const CaughtSignals& signals, Seconds length);

/// Waits for the child's end, passing signals on.
ExitStatus watch(ChildProcess& child, const CaughtSignals& signals, Measurement& measurement);

}  // namespace btrack::bench

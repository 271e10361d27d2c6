// SPDX-License-Identifier: Apache-2.0
// `btrack measure -- CMD`: the command keeps terminal, streams and signals; we only watch.
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "btrack/bench/measurement.hpp"
#include "btrack/bench/runner.hpp"
#include "btrack/core/child_process.hpp"

namespace btrack::bench {
namespace {

constexpr int kDrainPeriodMs = 1000;

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

/// Waits that long, or until a signal says that the user does not want to.
bool rest(const CaughtSignals& signals, Seconds length) {
  pollfd waiting{signals.descriptor(), POLLIN, 0};
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(length);
  ::poll(&waiting, 1, static_cast<int>(milliseconds.count()));
  return !signals.stop_asked();
}

ExitStatus watch(ChildProcess& child, const CaughtSignals& signals, Measurement& measurement) {
  for (;;) {
    std::array<pollfd, 2> waiting = {pollfd{child.pidfd(), POLLIN, 0},
                                     pollfd{signals.descriptor(), POLLIN, 0}};
    ::poll(waiting.data(), waiting.size(), kDrainPeriodMs);
    if (waiting[1].revents != 0) signals.pass_on(child);
    if (const auto status = child.wait(Seconds(0.0))) return *status;
    measurement.drain();
  }
}

}  // namespace

Result<results::RunRecord> measure_command(const results::Settings& settings,
                                           const RunnerContext& context) {
  auto record = new_record(settings, context);
  const CaughtSignals signals;
  auto measurement = Measurement::start(context);
  if (!measurement) return fail(measurement.error());

  const auto pause = [&](Seconds length) { return rest(signals, length); };
  if (!measurement->idle(record, results::phase::idle, pause)) {
    return fail(ErrorKind::interrupted, "stopped before the command was started");
  }

  ChildOptions options;
  options.argv = settings.command;
  options.signal_mask = signals.before();
  measurement->edge();
  const auto begin = std::chrono::steady_clock::now();
  auto child = ChildProcess::start(options);
  if (!child) return fail(child.error());
  const auto status = watch(*child, signals, *measurement);
  const auto end = std::chrono::steady_clock::now();
  measurement->edge();

  results::PhaseWindow whole;
  whole.phase = results::phase::command;
  whole.window = {begin, end};
  whole.items = 1;
  record.windows.push_back(std::move(whole));
  record.item_unit = "runs";
  record.exit_code = status.code;
  measurement->idle(record, results::phase::idle, pause);  // stopped here, only the net is missing
  measurement->finish(record);
  record.status = results::Status::complete;
  return record;
}

}  // namespace btrack::bench

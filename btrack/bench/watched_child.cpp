// SPDX-License-Identifier: Apache-2.0
// One poll over the child's end and the signals.
#include "btrack/bench/watched_child.hpp"

#include <poll.h>

#include <array>

namespace btrack::bench {
namespace {

constexpr int kDrainPeriodMs = 1000;

}  // namespace

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

}  // namespace btrack::bench

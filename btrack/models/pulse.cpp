// SPDX-License-Identifier: Apache-2.0
// Events and signs of life over the worker's socket.
#include "btrack/models/pulse.hpp"

#include <chrono>

namespace btrack::models {
namespace {

constexpr std::chrono::milliseconds kPeriod{500};
constexpr std::chrono::minutes kLongestSilence{10};  // of one batch, without any movement

}  // namespace

Pulse::Pulse(bench::LineSocket& socket) : socket_(socket), thread_([this] { repeat(); }) {}

Pulse::~Pulse() {
  {
    const std::lock_guard lock(state_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Pulse::send(const bench::Event& event) {
  const std::string line = bench::encode(event);
  const std::lock_guard lock(sending_);
  if (!socket_.send(line)) alone_ = true;
}

void Pulse::begin(std::string_view phase, std::int64_t total) {
  const std::lock_guard lock(state_);
  phase_ = phase;
  total_ = total;
  working_ = true;
  done_ = 0;
}

void Pulse::end() {
  const std::lock_guard lock(state_);
  working_ = false;
}

void Pulse::repeat() {
  auto moved = std::chrono::steady_clock::now();
  bench::Progress last;
  std::unique_lock lock(state_);
  while (!wake_.wait_for(lock, kPeriod, [this] { return stopping_; })) {
    beat_ = true;
    if (!working_) {
      moved = std::chrono::steady_clock::now();
      continue;
    }
    const bench::Progress now{phase_, done_.load(), total_};
    if (now.done != last.done || now.phase != last.phase) moved = std::chrono::steady_clock::now();
    last = now;
    if (std::chrono::steady_clock::now() - moved > kLongestSilence) continue;
    lock.unlock();
    send(now);
    lock.lock();
  }
}

}  // namespace btrack::models

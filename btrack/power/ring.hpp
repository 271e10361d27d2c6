// SPDX-License-Identifier: Apache-2.0
// A bounded single-producer, single-consumer queue of readings without locks or allocation.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <span>

#include "btrack/power/sensor.hpp"

namespace btrack::power {

class ReadingRing {
 public:
  /// Room for `capacity` readings, rounded up to a power of two.
  explicit ReadingRing(std::size_t capacity)
      : mask_(std::bit_ceil(std::max<std::size_t>(capacity, 2)) - 1),
        slots_(std::make_unique<Reading[]>(mask_ + 1)) {}

  [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }

  /// All of `readings`, or none where there is no room for all. Producer only.
  bool push(std::span<const Reading> readings) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail + readings.size() - seen_head_ > mask_ + 1) {
      seen_head_ = head_.load(std::memory_order_acquire);
      if (tail + readings.size() - seen_head_ > mask_ + 1) return false;
    }
    for (std::size_t i = 0; i < readings.size(); ++i) slots_[(tail + i) & mask_] = readings[i];
    tail_.store(tail + readings.size(), std::memory_order_release);
    return true;
  }

  /// Hands every waiting reading to `take`, oldest first. Consumer only.
  template <class Take>
  void pop_all(Take take) {
    std::size_t head = head_.load(std::memory_order_relaxed);
    const std::size_t tail = tail_.load(std::memory_order_acquire);
    for (; head != tail; ++head) take(slots_[head & mask_]);
    head_.store(head, std::memory_order_release);
  }

 private:
  static constexpr std::size_t kCacheLine = 64;
  std::size_t mask_;
  std::unique_ptr<Reading[]> slots_;
  alignas(kCacheLine) std::atomic<std::size_t> tail_{0};
  std::size_t seen_head_ = 0;  // the producer's last look at head_
  alignas(kCacheLine) std::atomic<std::size_t> head_{0};
};

}  // namespace btrack::power

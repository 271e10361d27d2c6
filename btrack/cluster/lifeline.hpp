// SPDX-License-Identifier: Apache-2.0
// Whether rank 0 is at work: a connection that opens when its worker listens and ends with it.
#pragma once

#include <functional>

#include "btrack/cluster/ranks.hpp"
#include "btrack/core/quantity.hpp"

namespace btrack::cluster {

class Lifeline {
 public:
  /// Waits until somebody listens at the ranks' meeting place and keeps the connection. Errors:
  /// timeout; interrupted, where `stop` said so; not_found for an address without a host.
  static Result<Lifeline> connect(const Ranks& ranks, Seconds patience,
                                  const std::function<bool()>& stop);
  ~Lifeline();
  Lifeline(Lifeline&& other) noexcept;
  Lifeline& operator=(Lifeline&&) = delete;

  /// True once rank 0's worker has ended; waits up to `patience` for it.
  [[nodiscard]] bool ended(Seconds patience = Seconds(0)) const;

 private:
  explicit Lifeline(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace btrack::cluster

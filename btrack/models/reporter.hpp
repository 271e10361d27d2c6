// SPDX-License-Identifier: Apache-2.0
// Where the windows, qualities and signs of life of a workload go.
#pragma once

#include <cstdint>
#include <span>

#include "btrack/bench/protocol.hpp"

namespace btrack::models {

class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void begin_phase(std::string_view phase, std::int64_t total) = 0;
  /// False: stop soon.
  virtual bool advance(std::int64_t done) = 0;
  virtual void window(const bench::WindowDone& done) = 0;
  /// How long the queries of that window took, after it.
  virtual void latencies(const bench::WindowDone& of, std::span<const std::int64_t> ns) = 0;
  virtual void quality(const results::Quality& quality) = 0;
};

}  // namespace btrack::models

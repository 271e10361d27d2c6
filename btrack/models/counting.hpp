// SPDX-License-Identifier: Apache-2.0
// Multiply-adds of any pass of operators.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace btrack::models {

/// Convolutions, matrix products, attention and recurrent layers; not normalisation, activation or
/// pooling.
struct CountedMacs {
  std::int64_t macs = 0;
  std::string hidden;  ///< a called operator that may multiply unseen; empty: all were seen
};

/// Counted from the operators that `pass` calls in this thread.
CountedMacs count_macs(const std::function<void()>& pass);

}  // namespace btrack::models

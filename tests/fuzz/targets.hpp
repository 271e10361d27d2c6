// SPDX-License-Identifier: Apache-2.0
// Every parser of text that comes from outside, as a function that any bytes may be given to.
#pragma once

#include <span>
#include <string_view>

namespace btrack::fuzz {

/// Calls one parser; aborts where what it accepts does not survive being written and read again.
struct Target {
  std::string_view name;  ///< also the folder of its corpus
  void (*run)(std::string_view bytes);
};

std::span<const Target> targets();

}  // namespace btrack::fuzz

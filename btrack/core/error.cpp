// SPDX-License-Identifier: Apache-2.0
// The names of error kinds in JSON and in the store.
#include "btrack/core/error.hpp"

#include <array>

namespace btrack {
namespace {

constexpr std::array<std::string_view, 11> kNames = {
    "usage",   "not_found", "denied",        "unsupported", "malformed", "io",
    "timeout", "crashed",   "out_of_memory", "interrupted", "incomplete"};

}  // namespace

std::string_view error_kind_name(ErrorKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

ErrorKind error_kind_from(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<ErrorKind>(i);
  }
  return ErrorKind::crashed;
}

}  // namespace btrack

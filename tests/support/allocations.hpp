// SPDX-License-Identifier: Apache-2.0
// How often this thread has asked for memory, for tests of paths that must not.
#pragma once

#include <cstddef>

namespace btrack::test {

/// Calls of operator new by this thread so far; link allocations.cpp.
std::size_t allocations();

}  // namespace btrack::test

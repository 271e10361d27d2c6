// SPDX-License-Identifier: Apache-2.0
// The file that the build puts into this room (cmake/embed.cmake).
#pragma once

#include <string_view>

namespace btrack::embedded {

/// data/ai_benchmark.csv
std::string_view ai_benchmark_csv();

}  // namespace btrack::embedded

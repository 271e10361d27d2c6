// SPDX-License-Identifier: Apache-2.0
// Data that are part of the program.
#pragma once

#include <string_view>

namespace btrack::embedded {

/// data/topologies.json
std::string_view topologies_json();

}  // namespace btrack::embedded

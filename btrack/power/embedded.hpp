// SPDX-License-Identifier: Apache-2.0
// Data that are part of the program.
#pragma once

#include <string_view>

namespace btrack::embedded {

/// data/power_model.csv
std::string_view power_model_csv();

}  // namespace btrack::embedded

// SPDX-License-Identifier: Apache-2.0
// The catalogue as JSON, for programs that do not link LibTorch.
#pragma once

#include <string>

namespace btrack::models {

/// An array with one object per model: name, family, task, input, item_unit, parameters,
/// macs_per_item, source, defaults.
std::string catalogue_json();

}  // namespace btrack::models

// SPDX-License-Identifier: Apache-2.0
// The catalogue as JSON, for programs that do not link LibTorch.
#pragma once

#include <span>
#include <string>

namespace btrack::models {

/// An array with one object per model: name, family, task, input, item_unit, parameters,
/// macs_per_item, source, defaults.
std::string catalogue_json();

/// The same of model files, in their order; of one that cannot be run `file` and `error` (kind,
/// message, remedy). Nothing is loaded.
std::string description_json(std::span<const std::string> files);

}  // namespace btrack::models

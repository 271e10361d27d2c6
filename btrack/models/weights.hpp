// SPDX-License-Identifier: Apache-2.0
// A network's values from and to safetensors files, so that other programs can compute the same.
#pragma once

#include <filesystem>

#include "btrack/models/data.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// Replaces every value of the network by the file's tensor of that name, converted to float32.
/// Errors name the file and the tensor: one that is missing, one that the network does not have,
/// another shape, values that are no floating-point numbers.
Result<void> load_weights(Network& network, const std::filesystem::path& file);
Result<void> save_tensors(const NamedTensors& tensors, const std::filesystem::path& file);

/// The values under their paths, as load_weights wants them.
NamedTensors weights_of(Network& network);
struct PassPlan {
  std::int64_t items = 0;  ///< at most as many as the split has
  std::int64_t seed = 0;   ///< of what a network draws in a pass
};
/// One pass over the first items: "input.INDEX.NAME", "target", "output" in inference mode; then in
/// training mode, "loss", "gradient.PATH" of what is trained, and "statistic.PATH".
NamedTensors pass_of(Network& network, const Selection& selected, const Split& split,
                     const PassPlan& plan);

}  // namespace btrack::models

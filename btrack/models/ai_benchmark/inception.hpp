// SPDX-License-Identifier: Apache-2.0
// What the three Inception networks are made of: blocks of branches, written down as tables.
#pragma once

#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ai_benchmark::inception {

/// A convolution is one without bias, batch normalisation without gamma, and ReLU.
struct Step {
  enum class Kind {
    convolution,
    fork,     ///< 1x3 and 3x1 convolutions of the same input, side by side
    average,  ///< of 3x3, as many pixels as before
    maximum,  ///< of 3x3, half the pixels
  };
  Kind kind = Kind::convolution;
  std::int64_t width = 0;  ///< channels out of a convolution, at full scale
  Pair kernel{3, 3};
  std::int64_t stride = 1;
  Padding padding = Padding::same;
};

constexpr Step square(std::int64_t size, std::int64_t width) {
  return {.width = width, .kernel = {size, size}};
}
constexpr Step row(std::int64_t size, std::int64_t width) {
  return {.width = width, .kernel = {1, size}};
}
constexpr Step column(std::int64_t size, std::int64_t width) {
  return {.width = width, .kernel = {size, 1}};
}
constexpr Step inside(std::int64_t size, std::int64_t width) {
  return {.width = width, .kernel = {size, size}, .padding = Padding::valid};
}
constexpr Step halve(std::int64_t width) {
  return {.width = width, .stride = 2, .padding = Padding::valid};
}
constexpr Step fork(std::int64_t width) { return {.kind = Step::Kind::fork, .width = width}; }
inline constexpr Step kAverage{.kind = Step::Kind::average};
inline constexpr Step kMaximum{.kind = Step::Kind::maximum};

/// Steps one after another.
using Branch = std::vector<Step>;

/// Branches of the same input, their channels one after another.
struct Block {
  std::vector<Branch> branches;
  /// Not 0: a 1x1 convolution with bias brings the channels back to the input's, and the input plus
  /// this many times that is the output.
  double residual = 0.0;
  bool relu = true;  ///< after that sum
};

struct Plan {
  std::vector<Block> blocks;
  std::int64_t head_window = 0;  ///< side of the average before the classes; 0: the whole map
};

/// Makes the network of a plan: blocks, average, classes; a softmax in mode faithful, as the graphs
/// have one, and logits in mode standard.
NetworkPtr make(const Config& config, const Plan& plan);

/// Stem of Inception-V3 and Inception-ResNet-V2: 192 channels.
Block stem();
/// Appends `count` times (at full scale) the same block.
void repeat(Plan& plan, const Config& config, std::int64_t count, const Block& block);

inline constexpr InputSpec k346[] = {pixels(346)};
/// Five halvings without padding leave nothing of 64 pixels.
inline constexpr InputSpec kTinyInput[] = {pixels(128)};

}  // namespace btrack::models::ai_benchmark::inception

// SPDX-License-Identifier: Apache-2.0
// The residual network with dilated stages that PSPNet and DeepLab look at an image with.
#pragma once

#include "btrack/models/layers.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models::ai_benchmark {

/// Four stages of bottlenecks, the second of which halves the map; the last two look with 3x3
/// windows whose pixels lie 2 and 4 apart, instead of halving it further.
class DilatedStages final : public Module {
 public:
  DilatedStages(std::int64_t in, std::int64_t units_of_third, const Config& config,
                const NormSpec& norm);
  at::Tensor operator()(const at::Tensor& x) const;
  [[nodiscard]] std::int64_t width() const { return width_; }

 private:
  class Bottleneck;

  std::vector<Bottleneck*> blocks_;
  std::int64_t width_;
};

}  // namespace btrack::models::ai_benchmark

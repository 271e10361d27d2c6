// SPDX-License-Identifier: Apache-2.0
// Inception-ResNet-V2 (arXiv 1602.07261): section 4 of AI Benchmark Alpha.
#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/ai_benchmark/inception.hpp"
#include "btrack/models/families.hpp"

namespace btrack::models::ai_benchmark {
namespace inception {
namespace {

/// Inception-ResNet-A, -B and -C of the paper.
constexpr double kScaleA = 0.17;
constexpr double kScaleB = 0.10;
constexpr double kScaleC = 0.20;

Block first() {
  return {{{square(1, 96)},
           {square(1, 48), square(5, 64)},
           {square(1, 64), square(3, 96), square(3, 96)},
           {kAverage, square(1, 64)}}};
}

Block residual_a() {
  return {{{square(1, 32)},
           {square(1, 32), square(3, 32)},
           {square(1, 32), square(3, 48), square(3, 64)}},
          kScaleA};
}

Block reduction_a() {
  return {{{halve(384)}, {square(1, 256), square(3, 256), halve(384)}, {kMaximum}}};
}

Block residual_b() {
  return {{{square(1, 192)}, {square(1, 128), row(7, 160), column(7, 192)}}, kScaleB};
}

Block reduction_b() {
  return {{{square(1, 256), halve(384)},
           {square(1, 256), halve(288)},
           {square(1, 256), square(3, 288), halve(320)},
           {kMaximum}}};
}

Block residual_c(double scale, bool relu) {
  return {{{square(1, 192)}, {square(1, 192), row(3, 224), column(3, 256)}}, scale, relu};
}

NetworkPtr build(const Config& config) {
  Plan plan{{stem(), first()}};
  repeat(plan, config, 10, residual_a());
  plan.blocks.push_back(reduction_a());
  repeat(plan, config, 20, residual_b());
  plan.blocks.push_back(reduction_b());
  repeat(plan, config, 9, residual_c(kScaleC, true));
  plan.blocks.push_back(residual_c(1.0, false));
  plan.blocks.push_back({{{square(1, 1536)}}});
  return make(config, plan);
}

constexpr Variant kVariants[] = {{.name = "346", .inputs = k346, .macs = 16'726'705'152}};

constexpr Model kRows[] = {{
    .name = "inception_resnet_v2",
    .family = "inception",
    .item_unit = "images",
    .classes = 1001,
    .size = {.parameters = 55'814'729, .statistics = 60'544},
    .variants = kVariants,
    .tiny = {.inputs = kTinyInput},
    .layout = Layout::channels_last,
    .defaults = kDefaults,
    .build = build,
}};

}  // namespace
}  // namespace inception

Rows inception_resnet_v2() { return inception::kRows; }

}  // namespace btrack::models::ai_benchmark

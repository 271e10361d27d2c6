// SPDX-License-Identifier: Apache-2.0
// Inception-V4 (arXiv 1602.07261): section 3 of AI Benchmark Alpha.
#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/ai_benchmark/inception.hpp"
#include "btrack/models/families.hpp"

namespace btrack::models::ai_benchmark {
namespace inception {
namespace {

/// Three places where two ways meet: 160, 192, 384 channels.
std::vector<Block> stem_v4() {
  return {
      {{{halve(32), inside(3, 32), square(3, 64)}}},
      {{{kMaximum}, {halve(96)}}},
      {{{square(1, 64), inside(3, 96)}, {square(1, 64), row(7, 64), column(7, 64), inside(3, 96)}}},
      {{{halve(192)}, {kMaximum}}}};
}

Block a() {
  return {{{square(1, 96)},
           {square(1, 64), square(3, 96)},
           {square(1, 64), square(3, 96), square(3, 96)},
           {kAverage, square(1, 96)}}};
}

Block reduction_a() {
  return {{{halve(384)}, {square(1, 192), square(3, 224), halve(256)}, {kMaximum}}};
}

Block b() {
  return {{{square(1, 384)},
           {square(1, 192), row(7, 224), column(7, 256)},
           {square(1, 192), column(7, 192), row(7, 224), column(7, 224), row(7, 256)},
           {kAverage, square(1, 128)}}};
}

Block reduction_b() {
  return {{{square(1, 192), halve(192)},
           {square(1, 256), row(7, 256), column(7, 320), halve(320)},
           {kMaximum}}};
}

Block c() {
  return {{{square(1, 256)},
           {square(1, 384), fork(256)},
           {square(1, 384), column(3, 448), row(3, 512), fork(256)},
           {kAverage, square(1, 256)}}};
}

NetworkPtr build(const Config& config) {
  Plan plan{stem_v4()};
  repeat(plan, config, 4, a());
  plan.blocks.push_back(reduction_a());
  repeat(plan, config, 7, b());
  plan.blocks.push_back(reduction_b());
  repeat(plan, config, 3, c());
  return make(config, plan);
}

constexpr Variant kVariants[] = {{.name = "346", .inputs = k346, .macs = 15'620'624'384}};

constexpr Model kRows[] = {{
    .name = "inception_v4",
    .family = "inception",
    .item_unit = "images",
    .classes = 1001,
    .size = {.parameters = 42'649'769, .statistics = 63'168},
    .variants = kVariants,
    .tiny = {.inputs = kTinyInput},
    .layout = Layout::channels_last,
    .defaults = kDefaults,
    .build = build,
}};

}  // namespace
}  // namespace inception

Rows inception_v4() { return inception::kRows; }

}  // namespace btrack::models::ai_benchmark

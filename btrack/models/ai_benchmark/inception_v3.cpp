// SPDX-License-Identifier: Apache-2.0
// Inception-V3 (arXiv 1512.00567): section 2 of AI Benchmark Alpha.
#include "btrack/models/ai_benchmark/defaults.hpp"
#include "btrack/models/ai_benchmark/inception.hpp"
#include "btrack/models/families.hpp"

namespace btrack::models::ai_benchmark {
namespace inception {
namespace {

Block wide(std::int64_t pooled) {
  return {{{square(1, 64)},
           {square(1, 48), square(5, 64)},
           {square(1, 64), square(3, 96), square(3, 96)},
           {kAverage, square(1, pooled)}}};
}

Block factorised(std::int64_t n) {
  return {{{square(1, 192)},
           {square(1, n), row(7, n), column(7, 192)},
           {square(1, n), column(7, n), row(7, n), column(7, n), row(7, 192)},
           {kAverage, square(1, 192)}}};
}

Block forked() {
  return {{{square(1, 320)},
           {square(1, 384), fork(384)},
           {square(1, 448), square(3, 384), fork(384)},
           {kAverage, square(1, 192)}}};
}

Block reduction_a() {
  return {{{halve(384)}, {square(1, 64), square(3, 96), halve(96)}, {kMaximum}}};
}

Block reduction_b() {
  return {{{square(1, 192), halve(320)},
           {square(1, 192), row(7, 192), column(7, 192), halve(192)},
           {kMaximum}}};
}

/// The window of 8x8 sees only a part of the last map, which is 9x9 at 346 pixels: so does the
/// graph.
NetworkPtr build(const Config& config) {
  const Plan plan{
      {stem(), wide(32), wide(64), wide(64), reduction_a(), factorised(128), factorised(160),
       factorised(160), factorised(192), reduction_b(), forked(), forked()},
      8};
  return make(config, plan);
}

constexpr Variant kVariants[] = {{.name = "346", .inputs = k346, .macs = 7'326'237'184}};

constexpr Model kRows[] = {{
    .name = "inception_v3",
    .family = "inception",
    .item_unit = "images",
    .classes = 1001,
    .size = {.parameters = 23'819'401, .statistics = 34'432},
    .variants = kVariants,
    .tiny = {.inputs = kTinyInput},
    .layout = Layout::channels_last,
    .defaults = kDefaults,
    .build = build,
}};

}  // namespace
}  // namespace inception

Rows inception_v3() { return inception::kRows; }

}  // namespace btrack::models::ai_benchmark

// SPDX-License-Identifier: Apache-2.0
// What all rungs of the ladder share: small images in ten classes.
#pragma once

#include "btrack/models/catalogue.hpp"

namespace btrack::models::ladder {

inline constexpr InputSpec kGrey28[] = {{.name = "image", .sizes = {1, 28, 28}, .rank = 3}};
inline constexpr InputSpec kGrey8[] = {{.name = "image", .sizes = {1, 8, 8}, .rank = 3}};
inline constexpr InputSpec kColour32[] = {{.name = "image", .sizes = {3, 32, 32}, .rank = 3}};

/// The three data sets of the ladder: Fashion-MNIST (or MNIST), the digits of 8x8, CIFAR-10.
constexpr Variant grey28(std::int64_t macs) {
  return {.name = "28", .inputs = kGrey28, .macs = macs};
}
constexpr Variant digits(std::int64_t macs, std::int64_t parameters) {
  return {.name = "digits",
          .inputs = kGrey8,
          .macs = macs,
          .parameters = parameters,
          .source = Source::digits};
}
constexpr Variant cifar(std::int64_t macs, std::int64_t parameters) {
  return {.name = "cifar",
          .inputs = kColour32,
          .macs = macs,
          .parameters = parameters,
          .source = Source::files};
}

/// Learning rates of the rows are the peaks with which the ladder was tuned (AdamW, cosine).
constexpr Model rung(Model row) {
  row.task = Task::classification;
  row.item_unit = "images";
  row.classes = 10;
  row.tiny = {.inputs = kGrey28};
  row.source = Source::fashion_mnist;
  return row;
}

}  // namespace btrack::models::ladder

// SPDX-License-Identifier: Apache-2.0
// What all rungs of the ladder share: grey images of 28x28 in ten classes.
#pragma once

#include "btrack/models/catalogue.hpp"

namespace btrack::models::ladder {

inline constexpr InputSpec kGrey28[] = {{.name = "image", .sizes = {1, 28, 28}, .rank = 3}};

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

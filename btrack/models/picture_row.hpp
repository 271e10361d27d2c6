// SPDX-License-Identifier: Apache-2.0
// What the catalogue says of the one workload that is no network: a host's work on pictures.
#pragma once

#include <cstdint>
#include <string_view>

namespace btrack::models {

struct PictureRow {
  std::string_view name = "picture_input";
  std::string_view family = "input";
  std::string_view item_unit = "images";
  std::int64_t side = 224;  ///< of the result, as ImageNet's models want it
  std::int64_t batch = 32;  ///< pictures that are worked on together
};
inline constexpr PictureRow kPictureInput;

}  // namespace btrack::models

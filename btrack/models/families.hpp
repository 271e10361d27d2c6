// SPDX-License-Identifier: Apache-2.0
// The builders of every family, for the rows of the catalogue.
#pragma once

#include "btrack/models/catalogue.hpp"

namespace btrack::models {

namespace mlp {
NetworkPtr softmax(const Model& model);
NetworkPtr mlp_64(const Model& model);
NetworkPtr mlp_512_256(const Model& model);
}  // namespace mlp

namespace cnn {
NetworkPtr lenet5(const Model& model);
NetworkPtr cnn_s(const Model& model);
NetworkPtr cnn_m(const Model& model);
}  // namespace cnn

namespace vit {
NetworkPtr vit_micro(const Model& model);
}  // namespace vit

namespace resnet {
NetworkPtr resnet20(const Model& model);
NetworkPtr resnet50(const Model& model);
}  // namespace resnet

}  // namespace btrack::models

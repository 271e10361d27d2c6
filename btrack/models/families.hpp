// SPDX-License-Identifier: Apache-2.0
// The rows of every family; each file of ladder/, ai_benchmark/ and modern/ gives one list.
#pragma once

#include "btrack/models/catalogue.hpp"

namespace btrack::models {

using Rows = std::span<const Model>;

namespace ladder {  // one task, models from 8 thousand multiply-adds upwards
Rows mlp();
Rows cnn();
Rows vit();
Rows resnet();
}  // namespace ladder

namespace ai_benchmark {  // the 19 models of AI Benchmark Alpha
Rows mobilenet();
Rows inception_v3();
Rows inception_v4();
Rows inception_resnet_v2();
Rows resnet_v2();
Rows vgg();
Rows srcnn();
Rows vdsr();
Rows srgan();
Rows dped();
Rows unet();
Rows spade();
Rows icnet();
Rows pspnet();
Rows deeplab();
Rows pixel_rnn();
Rows lstm();
Rows gnmt();
}  // namespace ai_benchmark

namespace modern {  // what people compare today
Rows resnet();
Rows convnext();
Rows vit();
Rows bert();
Rows gpt2();
Rows llama();
Rows moe();
Rows dit();
Rows dlrm();
Rows graphsage();
}  // namespace modern

}  // namespace btrack::models

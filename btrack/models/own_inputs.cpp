// SPDX-License-Identifier: Apache-2.0
// Seeded noise of described shapes and types.
#include "btrack/models/own_inputs.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <c10/core/ScalarType.h>

#include <algorithm>

namespace btrack::models {
namespace own_inputs {

using bench::ModelInput;

at::ScalarType type_of(const ModelInput& input) {
  return c10::getStringToDtypeMap().at(input.dtype);
}

std::vector<std::int64_t> sizes_of(const ModelInput& input, std::int64_t batch) {
  std::vector<std::int64_t> sizes = input.shape;
  std::replace(sizes.begin(), sizes.end(), bench::kBatchSize, batch);
  return sizes;
}

at::Tensor drawn(const ModelInput& input, std::int64_t batch, const at::Generator& generator) {
  const auto sizes = sizes_of(input, batch);
  const auto type = type_of(input);
  if (input.value) return at::full(sizes, *input.value, at::TensorOptions(type));
  if (!c10::isFloatingType(type)) {
    return at::randint(static_cast<std::int64_t>(input.low), static_cast<std::int64_t>(input.high),
                       sizes, generator, at::kLong)
        .to(type);
  }
  if (input.low == input.high) return at::randn(sizes, generator).to(type);
  return at::empty(sizes).uniform_(input.low, input.high, generator).to(type);
}

at::Tensor placed(at::Tensor tensor, const ModelInput& input, at::Device device) {
  if (input.channels_last) tensor = tensor.contiguous(at::MemoryFormat::ChannelsLast);
  return tensor.to(device);
}

}  // namespace own_inputs

double input_bytes(const bench::ModelDescription& description, std::int64_t batch) {
  double bytes = 0.0;
  for (const auto& input : description.inputs) {
    bytes +=
        input.values(batch) * static_cast<double>(c10::elementSize(own_inputs::type_of(input)));
  }
  return bytes;
}

std::vector<OwnInputs> make_batches(const bench::ModelDescription& description, std::int64_t batch,
                                    const Drawn& drawn) {
  constexpr double kMostBytes = 1024.0 * 1024.0 * 1024.0;
  const auto generator = at::detail::createCPUGenerator(static_cast<std::uint64_t>(drawn.seed));
  std::vector<OwnInputs> batches(2.0 * input_bytes(description, batch) > kMostBytes ? 1 : 2);
  for (auto& inputs : batches) {
    for (const auto& input : description.inputs) {
      inputs.push_back(
          own_inputs::placed(own_inputs::drawn(input, batch, generator), input, drawn.device));
    }
  }
  return batches;
}

OwnInputs make_filled(const bench::ModelDescription& description, double value, at::Device device) {
  OwnInputs inputs;
  for (const auto& input : description.inputs) {
    const auto sizes = own_inputs::sizes_of(input, description.batch);
    const at::TensorOptions options(own_inputs::type_of(input));
    inputs.push_back(own_inputs::placed(at::full(sizes, value, options), input, device));
  }
  return inputs;
}

}  // namespace btrack::models

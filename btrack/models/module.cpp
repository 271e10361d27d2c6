// SPDX-License-Identifier: Apache-2.0
// The module tree: registration, memory, traversal.
#include "btrack/models/module.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <cmath>

namespace btrack::models {
namespace tree {

void draw(at::Tensor& tensor, const Init& init, const at::Generator& generator) {
  switch (init.kind) {
    case Init::Kind::constant:
      tensor.fill_(init.middle);
      break;
    case Init::Kind::uniform:
      tensor.uniform_(init.middle - init.spread, init.middle + init.spread, generator);
      break;
    case Init::Kind::normal:
      tensor.normal_(init.middle, init.spread, generator);
      break;
    case Init::Kind::table:
      init.fill(tensor);
      break;
  }
}

}  // namespace tree

Init he_normal(std::int64_t fan) { return normal(std::sqrt(2.0 / static_cast<double>(fan))); }
Init default_uniform(std::int64_t fan_in) {
  return uniform(1.0 / std::sqrt(static_cast<double>(fan_in)));
}

at::Tensor& Module::value(std::string name, at::IntArrayRef sizes, Init init, Role role) {
  auto tensor = at::empty(sizes, at::TensorOptions(at::kMeta).dtype(at::kFloat));
  values_.push_back(std::make_unique<Value>(Value{std::move(name), std::move(tensor), init, role}));
  return values_.back()->tensor;
}

void Module::materialise(at::Device device, bool channels_last, at::Generator generator) {
  const at::NoGradGuard no_grad;
  for (auto& [path, value] : values()) {
    at::Tensor drawn = at::empty(value->tensor.sizes(), at::TensorOptions(at::kFloat));
    tree::draw(drawn, value->init, generator);
    if (channels_last && drawn.dim() == 4) drawn = drawn.clone(at::MemoryFormat::ChannelsLast);
    value->tensor = drawn.to(device);
    value->tensor.set_requires_grad(value->role == Role::parameter);
  }
}

void Module::train(bool on) {
  training_ = on;
  for (auto& [name, child] : children_) child->train(on);
}

void Module::collect(const std::string& prefix, std::vector<std::pair<std::string, Value*>>& all) {
  for (auto& value : values_) all.emplace_back(prefix + value->name, value.get());
  for (auto& [name, child] : children_) child->collect(prefix + name + '.', all);
}

std::vector<std::pair<std::string, Value*>> Module::values() {
  std::vector<std::pair<std::string, Value*>> all;
  collect("", all);
  return all;
}

std::vector<at::Tensor> Module::trainable() {
  std::vector<at::Tensor> all;
  for (const auto& [path, value] : values()) {
    if (value->role == Role::parameter) all.push_back(value->tensor);
  }
  return all;
}

}  // namespace btrack::models

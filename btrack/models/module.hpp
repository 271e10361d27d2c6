// SPDX-License-Identifier: Apache-2.0
// A tree of layers and their values: described first, given memory later.
//
// A new module's values lie on LibTorch's meta device, which knows shapes only. So a model of any
// size can be built, counted and estimated at no cost; materialise() then draws the real values.
// torch::nn::Module is not used: its headers cost every file 30 s of compilation, these 4 s.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace btrack::models {

/// How a value begins.
struct Init {
  enum class Kind { constant, uniform, normal, table };
  Kind kind = Kind::constant;
  double middle = 0.0;                  ///< the constant, or the mean
  double spread = 0.0;                  ///< half the width of uniform, deviation of normal
  void (*fill)(at::Tensor&) = nullptr;  ///< of a table: writes its values
};
constexpr Init constant(double value) { return {Init::Kind::constant, value, 0.0}; }
constexpr Init uniform(double bound) { return {Init::Kind::uniform, 0.0, bound}; }
constexpr Init normal(double deviation) { return {Init::Kind::normal, 0.0, deviation}; }
/// Values that a formula gives.
constexpr Init table(void (*fill)(at::Tensor&)) { return {Init::Kind::table, 0.0, 0.0, fill}; }
/// He et al. 2015: keeps the variance through a layer with ReLU.
Init he_normal(std::int64_t fan);
/// What torch.nn starts Linear and Conv with: uniform within 1/sqrt(inputs of one output).
Init default_uniform(std::int64_t fan_in);

enum class Role {
  parameter,  ///< learned
  frozen,     ///< counted as a parameter, but this network's training leaves it as it is
  statistic,  ///< a stored value that is no parameter, such as a running mean
};

struct Value {
  std::string name;  ///< without the modules around it
  at::Tensor tensor;
  Init init;
  Role role = Role::parameter;
};

class Module {
 public:
  Module() = default;
  virtual ~Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /// Draws every value on the processor, so that all devices start alike, and moves it. 4-d
  /// parameters (convolution weights) take the memory order of images if `channels_last`.
  void materialise(at::Device device, bool channels_last, at::Generator generator);
  void train(bool on = true);
  void eval() { train(false); }
  [[nodiscard]] bool is_training() const { return training_; }

  /// Every value of this module and those below it, in order of registration, with its path
  /// ("block0.conv.weight").
  [[nodiscard]] std::vector<std::pair<std::string, Value*>> values();
  /// The values that training changes.
  [[nodiscard]] std::vector<at::Tensor> trainable();

 protected:
  /// The reference stays good as long as the module lives.
  at::Tensor& value(std::string name, at::IntArrayRef sizes, Init init,
                    Role role = Role::parameter);
  /// Makes a child, owned by this module: `block_(add<Block>("block", 64))` for a member `Block&`.
  template <class Child, class... Args>
  Child& add(std::string name, Args&&... args) {
    auto child = std::make_unique<Child>(std::forward<Args>(args)...);
    Child& made = *child;
    children_.emplace_back(std::move(name), std::move(child));
    return made;
  }

 private:
  void collect(const std::string& prefix, std::vector<std::pair<std::string, Value*>>& all);

  std::vector<std::unique_ptr<Value>> values_;
  std::vector<std::pair<std::string, std::unique_ptr<Module>>> children_;
  bool training_ = true;
};

}  // namespace btrack::models

// SPDX-License-Identifier: Apache-2.0
// Memory of a run: values, what learning adds, and the activations that one forward pass makes.
#include "btrack/models/memory.hpp"

#include <ATen/DeviceAccelerator.h>
#include <ATen/core/grad_mode.h>
#include <ATen/record_function.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <set>
#include <string_view>

#include "btrack/core/text.hpp"
#include "btrack/models/generation.hpp"
#include "btrack/models/network.hpp"

namespace btrack::models {
namespace memory {

constexpr double kGibi = 1024.0 * 1024.0 * 1024.0;
/// LibTorch, its thread pools and oneDNN's reordered weights.
constexpr std::int64_t kProgram = std::int64_t{400} << 20;
/// Peaks of real runs over the plain sum of activations were 0.7 to 1.3 (docs/models.md).
constexpr double kScratch = 1.4;
/// Of the free memory; the rest is the machine's.
constexpr double kShare = 0.9;

/// Operators of the networks that autocast gives half-precision factors (ATen/autocast_mode.h,
/// "lower precision"); of recurrent layers the kernels inside are meant.
constexpr std::string_view kHalved[] = {"aten::linear",
                                        "aten::conv1d",
                                        "aten::conv2d",
                                        "aten::conv3d",
                                        "aten::conv_transpose1d",
                                        "aten::conv_transpose2d",
                                        "aten::matmul",
                                        "aten::mm",
                                        "aten::bmm",
                                        "aten::addmm",
                                        "aten::baddbmm",
                                        "aten::convolution",
                                        "aten::lstm",
                                        "aten::gru",
                                        "aten::prelu",
                                        "aten::conv_transpose3d"};

/// Bytes of the operators' results: all of them, and the most that one operator holds at once.
struct Tally {
  std::int64_t made = 0;
  std::int64_t most = 0;
  std::set<const void*> halved;  ///< weights of which autocast makes a copy, once
  std::int64_t halves = 0;
  int depth = 0;
};

// The callbacks are plain functions without a place for state, so the active tally is found here.
thread_local Tally* active = nullptr;

template <class Visit>
void each_tensor(c10::ArrayRef<const c10::IValue> values, const Visit& visit) {
  for (const auto& value : values) {
    if (value.isTensor() && value.toTensor().defined()) visit(value.toTensor());
    if (!value.isTensorList()) continue;
    for (const at::Tensor& tensor : value.toTensorVector()) visit(tensor);
  }
}

const void* storage_of(const at::Tensor& tensor) { return tensor.storage().unsafeGetStorageImpl(); }

/// What an operator was given; its arguments are gone when it ends.
struct Given final : at::ObserverContext {
  std::vector<const void*> storages;
  std::int64_t activations = 0;
};

/// Autocast keeps the copies of parameters; those of their views it makes and drops.
void note_halves(const at::RecordFunction& function) {
  if (std::ranges::find(kHalved, std::string_view(function.name())) == std::end(kHalved)) return;
  each_tensor(function.inputs(), [](const at::Tensor& tensor) {
    if (!tensor.requires_grad() || tensor.is_view()) return;
    constexpr std::int64_t kHalf = 2;
    if (active->halved.insert(storage_of(tensor)).second) active->halves += kHalf * tensor.numel();
  });
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
  auto given = std::make_unique<Given>();
  if (active->depth++ == 0) {
    note_halves(function);
    each_tensor(function.inputs(), [&](const at::Tensor& tensor) {
      given->storages.push_back(storage_of(tensor));
      if (!tensor.requires_grad()) given->activations += static_cast<std::int64_t>(tensor.nbytes());
    });
  }
  return given;
}

/// Only of operators that the network itself calls; views and results written into an input make
/// nothing.
void end(const at::RecordFunction& function, at::ObserverContext* context) {
  if (--active->depth > 0) return;
  const auto& given = static_cast<const Given&>(*context);
  std::int64_t made = 0;
  const std::vector<c10::IValue> outputs = function.outputs();
  each_tensor(c10::ArrayRef<const c10::IValue>(outputs.data(), outputs.size()),
              [&](const at::Tensor& tensor) {
                const auto& old = given.storages;
                if (std::find(old.begin(), old.end(), storage_of(tensor)) != old.end()) return;
                made += static_cast<std::int64_t>(tensor.nbytes());
              });
  active->made += made;
  active->most = std::max(active->most, made + given.activations);
}

Tally tally_of(Network& network, const Config& config) {
  // So that the weights are told from activations: they are there once, not for every sample.
  for (const auto& [path, value] : network.values()) {
    value->tensor.set_requires_grad(value->role != Role::statistic);
  }
  const at::NoGradGuard no_grad;
  Tally tally;
  active = &tally;
  const auto handle = at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end)
                                                     .needsInputs(true)
                                                     .needsOutputs(true)
                                                     .scopes({at::RecordScope::FUNCTION}));
  network.forward(one_sample(config, at::kMeta));
  at::removeCallback(handle);
  active = nullptr;
  return tally;
}

std::int64_t sample_bytes(const Selection& selected) {
  std::int64_t bytes = 0;
  for (const auto& input : selected.config.inputs) {
    std::int64_t values = 1;
    for (const auto size : input.shape()) values *= size;
    bytes += values * (input.type == DataType::f32 ? 4 : 8);
  }
  return 2 * bytes;  // a target is at most as large, classes apart
}

std::optional<std::int64_t> number_in(const char* path) {
  std::ifstream file(path);
  std::string word;
  if (!(file >> word)) return std::nullopt;
  return parse_number<std::int64_t>(word);
}

/// What the control group still allows, or nothing where it sets no limit.
std::optional<std::int64_t> left_in_group() {
  constexpr std::pair<const char*, const char*> kFiles[] = {
      {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"},
      {"/sys/fs/cgroup/memory/memory.limit_in_bytes",
       "/sys/fs/cgroup/memory/memory.usage_in_bytes"}};
  for (const auto& [limit_file, used_file] : kFiles) {
    const auto limit = number_in(limit_file);
    const auto used = number_in(used_file);
    if (limit && used) return std::max<std::int64_t>(*limit - *used, 0);
  }
  return std::nullopt;
}

std::optional<std::int64_t> available_to_host() {
  std::ifstream file("/proc/meminfo");
  std::string key;
  std::int64_t kibi = 0;
  std::string rest;
  while (file >> key >> kibi && std::getline(file, rest)) {
    if (key == "MemAvailable:") return kibi * 1024;
  }
  return std::nullopt;
}

bool has(const results::Settings& settings, std::string_view phase) {
  return std::find(settings.phases.begin(), settings.phases.end(), phase) != settings.phases.end();
}

std::int64_t working(std::int64_t batch, std::int64_t sample) {
  return static_cast<std::int64_t>(kScratch * static_cast<double>(batch * sample));
}

bool generates(const results::Settings& settings) {
  return has(settings, results::phase::prefill) || has(settings, results::phase::decode);
}

bool halved(const results::Settings& settings) {
  return settings.precision == "bf16" || settings.precision == "fp16";
}

/// Keys and values of prompts and answers; they stay beside what inference takes.
std::int64_t cache(const MemoryNeed& need, const results::Settings& settings) {
  if (!generates(settings)) return 0;
  const std::int64_t tokens = settings.prompt + settings.generate - 1;
  return settings.infer_batch * tokens * need.cached_values * (halved(settings) ? 2 : 4);
}

/// Activations of whole samples, as inference and every evaluation pass them, or of prompts.
std::int64_t inference(const MemoryNeed& need, const results::Settings& settings) {
  const bool only_generates = generates(settings) && !has(settings, results::phase::train) &&
                              !has(settings, results::phase::infer);
  const std::int64_t samples = only_generates ? 0 : working(settings.infer_batch, need.inference);
  if (!generates(settings) || need.tokens == 0) return samples;
  return std::max(samples,
                  working(settings.infer_batch * settings.prompt, need.inference / need.tokens));
}

}  // namespace memory

MemoryNeed memory_need(const Selection& selected) {
  const auto network = describe_network(selected);
  const Size size = count_values(*network);
  const memory::Tally tally = memory::tally_of(*network, selected.config);
  constexpr std::int64_t kFloat = 4;
  MemoryNeed need;
  need.values = kFloat * (size.parameters + size.statistics);
  need.halves = tally.halves;
  need.learning = 3 * kFloat * (size.parameters - size.frozen);
  need.training = tally.made + 2 * tally.most;  // and the gradients that are on their way
  need.inference = 2 * tally.most;              // and a result that waits for its skip
  need.sample = memory::sample_bytes(selected);
  if (const auto* decoder = generative(*network)) {
    need.cached_values = decoder->cache_shape().values_per_token();
    need.tokens = selected.config.inputs.front().shape().front();
  }
  return need;
}

std::int64_t bytes_needed(const MemoryNeed& need, const results::Settings& settings) {
  const bool train = memory::has(settings, results::phase::train);
  const std::int64_t learning =
      train ? need.learning + memory::working(settings.batch, need.training) : 0;
  const std::int64_t inference = memory::inference(need, settings) + memory::cache(need, settings);
  const std::int64_t data =
      (kSyntheticBatches * (train ? settings.batch : 0) + 2 * settings.infer_batch) * need.sample;
  const std::int64_t weights = need.values + (memory::halved(settings) ? need.halves : 0);
  return memory::kProgram + weights + std::max(learning, inference) + data;
}

Result<std::int64_t> available_bytes(c10::Device device) {
  if (!device.is_cpu()) {
    return static_cast<std::int64_t>(at::accelerator::getMemoryInfo(device.index()).first);
  }
  const auto host = memory::available_to_host();
  if (!host) {
    return fail(ErrorKind::unsupported, "/proc/meminfo does not say how much memory is available");
  }
  return std::min(*host, memory::left_in_group().value_or(*host));
}

Result<void> fit_memory(const Selection& selected, std::int64_t available,
                        results::Settings& settings) {
  const MemoryNeed need = memory_need(selected);
  const auto limit = static_cast<std::int64_t>(memory::kShare * static_cast<double>(available));
  while (bytes_needed(need, settings) > limit) {
    if (settings.batch_auto && (settings.batch > 1 || settings.infer_batch > 1)) {
      settings.batch = std::max<std::int64_t>(settings.batch / 2, 1);
      settings.infer_batch = std::max<std::int64_t>(settings.infer_batch / 2, 1);
      continue;
    }
    return fail(ErrorKind::out_of_memory,
                fmt::format("{} would need about {:.1f} GiB, and {:.1f} GiB are available",
                            selected.model->name,
                            static_cast<double>(bytes_needed(need, settings)) / memory::kGibi,
                            static_cast<double>(available) / memory::kGibi),
                settings.batch_auto ? "take a smaller model or a machine with more memory"
                                    : "--batch auto takes the largest batch that fits");
  }
  return {};
}

}  // namespace btrack::models

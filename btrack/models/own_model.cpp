// SPDX-License-Identifier: Apache-2.0
// Preparing, checking and running a model that a user brings.
#include "btrack/models/own_model.hpp"

#include <ATen/ops/isnan.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "btrack/models/counting.hpp"
#include "btrack/models/device.hpp"
#include "btrack/models/loaded_model.hpp"
#include "btrack/models/memory.hpp"
#include "btrack/models/own_inputs.hpp"

namespace btrack::models {
namespace own {

Result<void> check_settings(const results::Settings& settings) {
  if (auto fits = check_inference_only(settings, "a model file"); !fits) return fits;
  if (settings.data.empty()) return {};
  return fail(ErrorKind::usage,
              fmt::format("{} is a model file: its inputs are noise", settings.workload),
              "leave --data out; its description says what its inputs are");
}

/// Puts the description's batch where the settings name none.
Result<void> complete_batch(const ModelFile& file, results::Settings& settings) {
  const auto& description = file.description;
  if (settings.infer_batch == 0) settings.infer_batch = settings.batch;
  if (settings.infer_batch == 0) settings.infer_batch = description.batch;
  settings.batch = settings.infer_batch;
  if (settings.infer_batch == description.batch || description.open_batch()) return {};
  return fail(
      ErrorKind::usage,
      fmt::format("{} takes {} samples a call, not {}: no shape in {} says \"batch\"", file.name(),
                  description.batch, settings.infer_batch, file.description_name()),
      "leave the batch size out, or export the model with an open one");
}

/// A query of a load scenario is one call.
Result<void> check_queries(const ModelFile& file, const results::Settings& settings) {
  const auto& description = file.description;
  for (const auto& phase : settings.phases) {
    const std::int64_t samples = results::samples_per_query(phase);
    if (samples == 0 || samples == description.batch || description.open_batch()) continue;
    return fail(ErrorKind::usage,
                fmt::format("a query of {} has {} samples, and {} takes {} a call", phase, samples,
                            file.name(), description.batch),
                "export the model with an open batch, or with that one");
  }
  return {};
}

/// Only what is known before it is loaded: the activations are not.
Result<void> check_memory(const ModelFile& file, const results::Settings& settings,
                          c10::Device device) {
  const auto available = available_bytes(device);
  if (!available) return fail(available.error());
  const double needed =
      static_cast<double>(file.stored_bytes) + input_bytes(file.description, settings.infer_batch);
  if (needed < static_cast<double>(*available)) return {};
  constexpr double kGibi = 1024.0 * 1024.0 * 1024.0;
  return fail(ErrorKind::out_of_memory,
              fmt::format("the values and inputs of {} alone need {:.1f} GiB, and {:.1f} GiB are "
                          "available",
                          file.name(), needed / kGibi, static_cast<double>(*available) / kGibi),
              "lower infer_batch, or take a machine with more memory");
}

/// The arithmetic that a model of such values multiplies in; nothing where ours has no name for it.
std::optional<Precision> precision_of(at::ScalarType type) {
  if (type == at::kFloat) return Precision::fp32;
  if (type == at::kBFloat16) return Precision::bf16;
  if (type == at::kHalf) return Precision::fp16;
  return std::nullopt;
}

/// Runs the action; what the model throws is about its inputs, or about memory.
template <class T, class Action>
Result<T> guarded(const ModelFile& file, const Action& action) {
  try {
    return action();
  } catch (const std::exception& error) {
    if (is_out_of_memory(error)) {
      return fail(ErrorKind::out_of_memory,
                  fmt::format("out of memory: {} ({})", file.name(), short_reason(error)),
                  "lower infer_batch");
    }
    return fail(ErrorKind::malformed,
                fmt::format("{} refuses the inputs of {}: {}", file.name(), file.description_name(),
                            short_reason(error)),
                "correct shape and dtype there");
  }
}

class OwnModel final : public InferenceWorkload {
 public:
  OwnModel(ModelFile file, results::Settings settings, Place place);
  Result<void> load();
  [[nodiscard]] bench::Hello hello() const override;

 private:
  using Inputs = std::vector<at::Tensor>;

  /// Drawn when they are first asked for.
  const std::vector<Inputs>& batches_of(std::int64_t samples);
  /// One call, and what is wrong with its answer.
  Result<Inputs> call(const Inputs& inputs);
  [[nodiscard]] Result<void> check_parameters() const;
  Result<void> check_known_output();
  /// The first of the batches, and what it multiplies.
  Result<void> call_and_count();
  Result<void> run_batches(std::int64_t samples, const Advance& advance) override;
  [[nodiscard]] Facts facts() const override {
    return {file_.name(), place_.device, settings_.seed, file_.description.items_per_sample,
            precision_};
  }

  ModelFile file_;
  results::Settings settings_;
  Place place_;
  LoadedModelPtr model_;
  StoredValues stored_;
  std::optional<Precision> precision_;  ///< as it was exported
  std::optional<std::int64_t> macs_per_item_;
  std::string not_counted_;                              ///< why there are none
  std::map<std::int64_t, std::vector<Inputs>> batches_;  ///< by their samples
};

OwnModel::OwnModel(ModelFile file, results::Settings settings, Place place)
    : file_(std::move(file)), settings_(std::move(settings)), place_(place) {}

Result<void> OwnModel::load() {
  const c10::InferenceMode inference;
  auto model = load_model(file_, place_.device);
  if (!model) return fail(model.error());
  model_ = std::move(*model);
  stored_ = model_->stored();
  if (auto right = check_parameters(); !right) return right;
  if (auto right = check_known_output(); !right) return right;
  for (const auto& input :
       batches_of(settings_.infer_batch).front()) {  // a frozen module shows no values
    if (!stored_.type && input.is_floating_point()) stored_.type = input.scalar_type();
  }
  if (stored_.type) precision_ = precision_of(*stored_.type);
  return call_and_count();
}

Result<void> OwnModel::call_and_count() {
  Result<Inputs> answer;
  const auto counted =
      count_macs([&] { answer = call(batches_of(settings_.infer_batch).front()); });
  if (!answer) return fail(answer.error());
  const auto& description = file_.description;
  if (file_.format != FileFormat::torch_script) {
    not_counted_ = "not counted: a package is machine code";
    return {};
  }
  if (!counted.hidden.empty()) {
    not_counted_ = fmt::format("not counted: there is no rule for {}", counted.hidden);
    return {};
  }
  macs_per_item_ = counted.macs / (settings_.infer_batch * description.items_per_sample);
  if (description.macs_per_item == 0 || description.macs_per_item == *macs_per_item_) return {};
  return fail(ErrorKind::malformed,
              fmt::format("{} needs {} multiply-adds an item, and {} expects {}", file_.name(),
                          *macs_per_item_, file_.description_name(), description.macs_per_item),
              "correct macs_per_item there, or leave it out: it is counted");
}

const std::vector<OwnModel::Inputs>& OwnModel::batches_of(std::int64_t samples) {
  auto& batches = batches_[samples];
  if (batches.empty()) {
    batches = make_batches(file_.description, samples, {settings_.seed, place_.device});
  }
  return batches;
}

Result<OwnModel::Inputs> OwnModel::call(const Inputs& inputs) {
  auto answer = guarded<Inputs>(file_, [&] { return model_->run(inputs); });
  if (!answer) return answer;
  for (const auto& tensor : *answer) {
    if (!tensor.is_floating_point() || !at::isnan(tensor).any().item<bool>()) continue;
    return fail(
        ErrorKind::incomplete,
        fmt::format("the answer of {} holds NaN (not a number)", file_.name()),
        fmt::format("look at its weights, and at range and dtype in {}", file_.description_name()));
  }
  return answer;
}

Result<void> OwnModel::check_parameters() const {
  const auto expected = file_.description.parameters;
  if (expected == 0 || !stored_.parameters || *stored_.parameters == expected) return {};
  return fail(ErrorKind::malformed,
              fmt::format("{} has {} parameters, and {} expects {}", file_.name(),
                          *stored_.parameters, file_.description_name(), expected),
              "correct the description, or export the right model");
}

Result<void> OwnModel::check_known_output() {
  const auto& known = file_.description.known;
  if (!known) return {};
  const auto answer = call(make_filled(file_.description, known->value, place_.device));
  if (!answer) return fail(answer.error());
  double sum = 0.0;
  for (const auto& tensor : *answer) sum += tensor.to(at::kDouble).sum().item<double>();
  if (std::abs(sum - known->sum) <= known->tolerance * std::abs(known->sum)) return {};
  return fail(ErrorKind::malformed,
              fmt::format("with {} in all inputs the answer of {} sums to {:.6g}, and {} expects "
                          "{:.6g}",
                          known->value, file_.name(), sum, file_.description_name(), known->sum),
              "correct the description, or export the right model");
}

bench::Hello OwnModel::hello() const {
  const auto& description = file_.description;
  bench::Hello hello;
  hello.workload = description.name;
  hello.family = "file";
  hello.item_unit = description.item_unit;
  hello.parameters = stored_.parameters.value_or(description.parameters);
  hello.macs_per_item = macs_per_item_.value_or(description.macs_per_item);
  hello.batch = settings_.batch;
  hello.infer_batch = settings_.infer_batch;
  hello.provenance = library_facts(place_.device);
  hello.provenance["model.format"] = format_name(file_.format);
  hello.provenance["model.file"] = file_.path.string();
  hello.provenance["model.input"] = description.input_text();
  if (stored_.bytes > 0) {  // what a frozen module holds is part of its program
    hello.provenance["memory.values_bytes"] = std::to_string(stored_.bytes);
  }
  hello.provenance["memory.file_bytes"] = std::to_string(file_.stored_bytes);
  hello.provenance["memory.activations"] = "unknown: a model file shows none before it runs";
  hello.provenance["model.macs"] = macs_per_item_                  ? "counted from its operators"
                                   : description.macs_per_item > 0 ? "as described, not counted"
                                                                   : not_counted_;
  if (description.parameters > 0) {
    if (stored_.parameters) {
      hello.checks = {{"parameters", description.parameters, *stored_.parameters}};
    } else {
      hello.provenance["model.parameters"] = "as described, not counted";
    }
  }
  if (macs_per_item_ && description.macs_per_item > 0) {
    hello.checks.push_back({"macs", description.macs_per_item, *macs_per_item_});
  }
  return hello;
}

Result<void> OwnModel::run_batches(std::int64_t samples, const Advance& advance) {
  const c10::InferenceMode inference;
  return guarded<void>(file_, [&]() -> Result<void> {
    const std::int64_t count = samples > 0 ? samples : settings_.infer_batch;
    const auto& batches = batches_of(count);
    std::int64_t done = 0;
    for (std::size_t i = 0;; i = (i + 1) % batches.size()) {
      model_->run(batches[i]);
      done += count;
      if (!advance(done)) return {};
    }
  });
}

}  // namespace own

Result<InferenceWorkloadPtr> prepare_file(results::Settings settings) {
  if (auto fits = own::check_settings(settings); !fits) return fail(fits.error());
  auto file = open_model_file(settings.file);
  if (!file) return fail(file.error());
  if (auto known = own::complete_batch(*file, settings); !known) return fail(known.error());
  if (auto fits = own::check_queries(*file, settings); !fits) return fail(fits.error());
  const auto place = choose_place(settings);
  if (!place) return fail(place.error());
  if (auto fits = own::check_memory(*file, settings, place->device); !fits) {
    return fail(fits.error());
  }
  auto made = std::make_unique<own::OwnModel>(std::move(*file), std::move(settings), *place);
  if (auto loaded = made->load(); !loaded) return fail(loaded.error());
  return made;
}

}  // namespace btrack::models

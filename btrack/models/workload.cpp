// SPDX-License-Identifier: Apache-2.0
// One prepared workload and its actions, each reported as windows between device-synchronised
// edges.
#include "btrack/models/workload.hpp"

#include <fmt/format.h>

#include <cmath>

#include "btrack/models/device.hpp"

namespace btrack::models {
namespace steps {

namespace phase = results::phase;

/// Launched work is waited for this often, so that a queue cannot outrun the clock.
constexpr std::int64_t kCudaBatchesPerWait = 32;

Result<void> fill_defaults(const Defaults& defaults, results::Settings& settings) {
  if (settings.batch < 0 || settings.infer_batch < 0 || settings.epochs < 0 ||
      settings.threads < 0) {
    return fail(ErrorKind::usage, "batch, infer_batch, epochs and threads cannot be negative",
                "write 0 for the default");
  }
  if (settings.batch == 0) settings.batch = defaults.batch;
  if (settings.infer_batch == 0) settings.infer_batch = defaults.infer_batch;
  if (settings.epochs == 0) settings.epochs = defaults.epochs;
  return {};
}

bench::WindowDone window(std::string_view phase, std::int64_t index, SteadyTime begin,
                         SteadyTime end, std::int64_t items) {
  return {std::string(phase), index, {begin, end}, items};
}

}  // namespace steps

Workload::Workload(const Model& model, results::Settings settings, c10::Device device, DataSet data)
    : model_(&model),
      settings_(std::move(settings)),
      device_(device),
      data_(std::move(data)),
      network_(make_network(model, settings_.seed, device)),
      macs_(count_macs(*network_, one_item(model, device))) {}

Result<Workload> Workload::prepare(results::Settings settings) {
  const auto model = find_model(settings.workload);
  if (!model) return fail(model.error());
  if (auto filled = steps::fill_defaults((*model)->defaults, settings); !filled) {
    return fail(filled.error());
  }
  const auto device = choose_device(settings.device);
  if (!device) return fail(device.error());
  set_threads(settings.threads);
  make_deterministic();
  auto data = load_data(**model, settings, *device);
  if (!data) return fail(data.error());
  return Workload(**model, std::move(settings), *device, std::move(*data));
}

bench::Hello Workload::hello() const {
  bench::Hello hello;
  hello.workload = model_->name;
  hello.family = model_->family;
  hello.item_unit = model_->item_unit;
  hello.parameters = count_parameters(*network_);
  hello.macs_per_item = macs_;
  hello.checks = {{"parameters", model_->parameters, hello.parameters},
                  {"macs", model_->macs_per_item, macs_}};
  hello.provenance = library_facts(device_);
  return hello;
}

Result<std::optional<double>> Workload::epoch(Trainer& trainer, std::int64_t index,
                                              Reporter& reporter) {
  const auto advance = [&](std::int64_t done) { return reporter.advance(done); };
  reporter.begin_phase(steps::phase::train, data_.train.size());
  const auto begin = synchronized_now(device_);
  const auto loss = trainer.epoch(advance);
  const auto trained = synchronized_now(device_);
  if (!loss) return std::optional<double>{};
  reporter.window(steps::window(steps::phase::train, index, begin, trained, data_.train.size()));
  if (!std::isfinite(*loss)) {
    return fail(ErrorKind::incomplete,
                fmt::format("training of {} diverged: its loss is {} in epoch {}", model_->name,
                            *loss, index + 1),
                "try another batch size or seed");
  }
  reporter.begin_phase(steps::phase::evaluate, data_.test.size());
  const auto resumed = synchronized_now(device_);
  const auto result = evaluate(*network_, data_.test, settings_.infer_batch, advance);
  const auto end = synchronized_now(device_);
  if (!result) return std::optional<double>{};
  reporter.window(steps::window(steps::phase::evaluate, index, resumed, end, data_.test.size()));
  if (data_.has_truth) reporter.quality({"accuracy", result->accuracy, index});
  reporter.quality({"loss", result->loss, index});
  reporter.quality({"train_loss", *loss, index});
  return std::optional(result->accuracy);
}

Result<bool> Workload::train(std::int64_t epochs, Reporter& reporter) {
  if (trained_) network_ = make_network(*model_, settings_.seed, device_);
  trained_ = true;
  const TrainPlan plan{settings_.batch, epochs > 0 ? epochs : settings_.epochs,
                       model_->defaults.learning_rate, model_->defaults.weight_decay,
                       settings_.seed};
  reporter.begin_phase(steps::phase::warmup, 0);
  const auto begin = synchronized_now(device_);
  warm_up(*network_, data_, plan, settings_.infer_batch);
  reporter.window(steps::window(steps::phase::warmup, 0, begin, synchronized_now(device_), 0));

  Trainer trainer(*network_, data_.train, plan);
  for (std::int64_t index = 0; index < plan.epochs; ++index) {
    const auto accuracy = epoch(trainer, index, reporter);
    if (!accuracy) return fail(accuracy.error());
    if (!*accuracy) return false;
    if (data_.has_truth && settings_.target_accuracy && **accuracy >= *settings_.target_accuracy) {
      break;
    }
  }
  reporter.quality({"peak_resident_bytes", static_cast<double>(peak_resident_bytes()), 0});
  return true;
}

void Workload::warm_up_inference(Reporter& reporter) {
  constexpr int kBatches = 3;
  reporter.begin_phase(steps::phase::warmup, 0);
  const auto begin = synchronized_now(device_);
  models::infer(*network_, data_.test, settings_.infer_batch,
                [batches = 0](std::int64_t) mutable { return ++batches < kBatches; });
  reporter.window(steps::window(steps::phase::warmup, 1, begin, synchronized_now(device_), 0));
  inferred_ = true;
}

Result<bool> Workload::infer(Seconds seconds, std::int64_t index, Reporter& reporter) {
  if (!inferred_) warm_up_inference(reporter);
  reporter.begin_phase(steps::phase::infer, 0);
  std::int64_t items = 0;
  std::int64_t batches = 0;
  bool stopped = false;
  const auto begin = synchronized_now(device_);
  models::infer(*network_, data_.test, settings_.infer_batch, [&](std::int64_t done) {
    items = done;
    stopped = !reporter.advance(done);
    if (device_.is_cuda() && ++batches % steps::kCudaBatchesPerWait != 0) return !stopped;
    return !stopped && synchronized_now(device_) - begin < seconds;
  });
  const auto end = synchronized_now(device_);
  if (stopped) return false;
  reporter.window(steps::window(steps::phase::infer, index, begin, end, items));
  return true;
}

}  // namespace btrack::models

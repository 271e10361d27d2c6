// SPDX-License-Identifier: Apache-2.0
// One prepared workload and its actions, each reported as windows between device-synchronised
// edges.
#include "btrack/models/workload.hpp"

#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <cmath>
#include <thread>

#include "btrack/models/device.hpp"
#include "btrack/models/load_scenario.hpp"
#include "btrack/models/memory.hpp"
#include "btrack/models/team_settings.hpp"
#include "btrack/models/weights.hpp"

namespace btrack::models {
namespace steps {

namespace phase = results::phase;

/// How often a rank asks whether rank 0 has finished its evaluation.
constexpr std::chrono::milliseconds kAskEvery{20};

bench::WindowDone window(std::string_view phase, std::int64_t index, SteadyTime begin,
                         SteadyTime end, std::int64_t items) {
  return {std::string(phase), index, {begin, end}, items};
}

}  // namespace steps

Result<Place> choose_place(const results::Settings& settings) {
  const auto device = choose_device(settings.device);
  if (!device) return fail(device.error());
  const auto precision = choose_precision(settings.precision, *device);
  if (!precision) return fail(precision.error());
  set_threads(settings.threads);
  make_deterministic();
  allow_tf32(*precision == Precision::tf32);
  return Place{*device, *precision};
}

Workload::Workload(const Selection& selected, results::Settings settings, Place place, DataSet data,
                   std::unique_ptr<Team> team)
    : selected_(selected),
      settings_(std::move(settings)),
      device_(place.device),
      precision_(place.precision),
      team_(std::move(team)),
      data_(std::move(data)),
      macs_(count_macs(*describe_network(selected), one_sample(selected.config, at::kMeta))) {}

Result<Workload> Workload::prepare(results::Settings settings) {
  auto team = join_team(settings);  // first: whatever is refused below, all ranks are there
  if (!team) return fail(team.error());
  const auto selected = select(settings);
  if (!selected) return fail(selected.error());
  auto placed = settings;
  placed.device = device_of(settings, team->get());
  const auto place = choose_place(placed);
  if (!place) return fail(place.error());
  if (*team) {
    auto connected = connect(**team, settings, place->device);
    if (!connected) return fail(connected.error());
  }
  auto available = available_bytes(place->device);
  if (!available) return fail(available.error());
  if (*team) {
    if (place->device.is_cpu()) *available /= (*team)->ranks().local_size;
    auto own = own_settings(settings, team->get());
    if (auto fits = fit_memory(*selected, *available, own); !fits) return fail(fits.error());
  } else if (auto fits = fit_memory(*selected, *available, settings); !fits) {
    return fail(fits.error());
  }
  auto data = load_data(*selected, settings, place->device);
  if (!data) return fail(data.error());
  Workload workload(*selected, std::move(settings), *place, std::move(*data), std::move(*team));
  if (auto begun = workload.begin_network(); !begun) return fail(begun.error());
  return workload;
}

Result<void> Workload::begin_network() {
  network_ = make_network(selected_, settings_.seed, device_);
  return settings_.weights.empty() ? Result<void>{} : load_weights(*network_, settings_.weights);
}

bench::Hello Workload::hello() const {
  const Model& model = *selected_.model;
  bench::Hello hello;
  hello.workload = model.name;
  hello.family = model.family;
  hello.item_unit = model.item_unit;
  const Size size = count_values(*network_);
  hello.parameters = size.parameters;
  hello.macs_per_item = macs_ / items_per_sample();
  hello.batch = settings_.batch;
  hello.infer_batch = settings_.infer_batch;
  hello.prompt = settings_.prompt;
  hello.generate = settings_.generate;
  hello.provenance = library_facts(device_);
  hello.provenance["memory.estimated_bytes"] =
      std::to_string(bytes_needed(memory_need(selected_), own_settings(settings_, team_.get())));
  if (team_) hello.provenance["cluster.backend"] = team_->backend();
  if (selected_.config.tiny()) {
    hello.provenance["settings.scale"] = "tiny: a reduced network, not a benchmark figure";
    return hello;  // the row's check values are those of the full scale
  }
  hello.checks = {{"parameters", selected_.parameters(), size.parameters},
                  {"statistics", model.size.statistics, size.statistics},
                  {"macs", selected_.variant->macs, macs_}};
  if (selected_.config.faithful()) {
    hello.checks.push_back({"frozen", model.size.frozen, size.frozen});
  }
  return hello;
}

/// At scale tiny a sequence has fewer tokens, a graph fewer nodes.
std::int64_t Workload::items_per_sample() const {
  const std::int64_t full = selected_.variant->items_per_sample;
  return selected_.config.tiny() && full > 1 ? data_.test.inputs.front().size(1) : full;
}

void Workload::window(Reporter& reporter, bench::WindowDone done) const {
  done.items *= items_per_sample();
  reporter.window(done);
}

TrainPlan Workload::train_plan(std::int64_t epochs) const {
  const Defaults& defaults = selected_.model->defaults;
  return {.batch = settings_.batch,
          .epochs = epochs > 0 ? epochs : settings_.epochs,
          .learning_rate = defaults.learning_rate,
          .weight_decay = defaults.weight_decay,
          .schedule = defaults.schedule,
          .seed = settings_.seed,
          .precision = precision_,
          .team = team_.get()};
}

Result<std::optional<Evaluation>> Workload::epoch(Trainer& trainer, std::int64_t index,
                                                  Reporter& reporter) {
  const std::int64_t items = data_.train.size();
  reporter.begin_phase(steps::phase::train, items);
  if (team_) team_->meet();
  const auto begin = synchronized_now(device_);
  const auto loss = trainer.epoch([&](std::int64_t done) { return reporter.advance(done); });
  const auto trained = synchronized_now(device_);
  if (!loss) return std::optional<Evaluation>{};
  window(reporter, steps::window(steps::phase::train, index, begin, trained,
                                 team_ ? team_->items_of_node(items, settings_.batch) : items));
  if (!std::isfinite(*loss)) {
    return fail(ErrorKind::incomplete,
                fmt::format("training of {} diverged: its loss is {} in epoch {}",
                            selected_.model->name, *loss, index + 1),
                "try another batch size or seed");
  }
  auto result = team_ && !team_->ranks().first() ? std::optional(Evaluation{})
                                                 : evaluate_epoch(index, reporter);
  if (result) reporter.quality({"train_loss", *loss, index});
  return result;
}

std::optional<Evaluation> Workload::evaluate_epoch(std::int64_t index, Reporter& reporter) {
  reporter.begin_phase(steps::phase::evaluate, data_.test.size());
  const auto begin = synchronized_now(device_);
  const auto result = evaluate(*network_, data_.test, infer_plan(),
                               [&](std::int64_t done) { return reporter.advance(done); });
  const auto end = synchronized_now(device_);
  if (!result) return result;
  window(reporter, steps::window(steps::phase::evaluate, index, begin, end, data_.test.size()));
  if (data_.has_truth && result->accuracy) {
    reporter.quality({"accuracy", *result->accuracy, index});
  }
  reporter.quality({"loss", result->loss, index});
  return result;
}

std::optional<bool> Workload::agree(bool enough, Reporter& reporter) {
  if (!team_) return enough;
  const auto question = fmt::format("enough/{}", agreements_++);
  if (team_->ranks().first()) {
    team_->tell(question, enough);
    return enough;
  }
  reporter.begin_phase(steps::phase::evaluate, 0);
  for (std::int64_t asked = 0;; ++asked) {
    if (const auto answer = team_->ask(question)) return answer;
    if (!reporter.advance(asked)) return std::nullopt;
    std::this_thread::sleep_for(steps::kAskEvery);
  }
}

Result<bool> Workload::train(std::int64_t epochs, Reporter& reporter) {
  if (trained_) {
    if (auto begun = begin_network(); !begun) return fail(begun.error());
  }
  trained_ = true;
  generator_.reset();
  const TrainPlan plan = train_plan(epochs);
  reporter.begin_phase(steps::phase::warmup, 0);
  const auto begin = synchronized_now(device_);
  if (team_) team_->copy_first(network_->trainable());  // equal by their seed; sure is sure
  warm_up(*network_, data_, plan, settings_.infer_batch);
  window(reporter, steps::window(steps::phase::warmup, 0, begin, synchronized_now(device_), 0));

  Trainer trainer(*network_, data_.train, plan);
  for (std::int64_t index = 0; index < plan.epochs; ++index) {
    const auto reached = epoch(trainer, index, reporter);
    if (!reached) return fail(reached.error());
    if (!*reached) return false;
    const auto& accuracy = (*reached)->accuracy;
    const auto enough = agree(
        data_.has_truth && settings_.target_accuracy && accuracy >= *settings_.target_accuracy,
        reporter);
    if (!enough) return false;
    if (*enough) break;
  }
  report_resources(reporter);
  return true;
}

/// The ceiling once a node.
void Workload::report_resources(Reporter& reporter) {
  const bool first = !team_ || team_->ranks().first_of_node();
  resources_.tell(reporter, device_, first ? std::optional(precision_) : std::nullopt);
}

Result<bool> Workload::infer(Seconds seconds, std::int64_t index, Reporter& reporter) {
  const RunBatches run = [this](const Advance& advance) {
    models::infer(*network_, data_.test, infer_plan(), advance);
  };
  if (!inferred_) reporter.window(warm_up_inference(run, device_, reporter));
  inferred_ = true;
  auto done = timed_inference(run, device_, seconds, reporter);
  if (!done) return false;
  done->window.index = index;
  window(reporter, done->window);
  reporter.latencies(done->window, done->latencies_ns);
  report_resources(reporter);
  return true;
}

Result<bool> Workload::serve(const bench::Run& asked, Reporter& reporter) {
  const std::int64_t samples = samples_per_query(asked.phase);
  const RunBatches run = [&](const Advance& advance) {
    models::infer(*network_, data_.test, {samples, precision_}, advance);
  };
  if (data_.test.size() < samples) {
    return fail(ErrorKind::unsupported,
                fmt::format("a query of {} has {} samples, and the data set has {} to infer",
                            asked.phase, samples, data_.test.size()),
                "take a larger data set or --scale full");
  }
  if (queried_ != samples) reporter.window(warm_up_inference(run, device_, reporter));
  queried_ = samples;
  auto done = load_scenario(run, device_, asked, settings_.seed, reporter);
  if (!done) return false;
  window(reporter, done->window);
  reporter.latencies(done->window, done->latencies_ns);
  report_resources(reporter);
  return true;
}

Result<void> Workload::save_pass(const std::filesystem::path& folder) {
  if (auto saved = save_tensors(weights_of(*network_), folder / "weights.safetensors"); !saved) {
    return saved;
  }
  const Autocast autocast(precision_, device_);
  return save_tensors(pass_of(*network_, selected_, data_.train, {settings_.batch, settings_.seed}),
                      folder / "pass.safetensors");
}

/// A prompt and one step: what kernels and buffers prepare is there afterwards, and so is the cache
/// that decode goes on from. Autocast casts the weights once for each of its lives, one a window.
void Workload::warm_up_generation(Reporter& reporter) {
  const bool casts = precision_ == Precision::bf16 || precision_ == Precision::fp16;
  if (generator_ && !casts) return;
  reporter.begin_phase(steps::phase::warmup, 0);
  const auto begin = synchronized_now(device_);
  if (!generator_) {
    generator_.emplace(network_, make_prompts(data_.test, settings_.infer_batch, settings_.prompt),
                       settings_.generate, precision_);
  }
  generator_->prefill();
  generator_->decode([](std::int64_t) { return false; });
  reporter.window(steps::window(steps::phase::warmup, 2, begin, synchronized_now(device_), 0));
}

Result<bool> Workload::generate(const bench::Run& asked, Reporter& reporter) {
  const c10::InferenceMode inference;
  const Autocast autocast(precision_, device_);
  warm_up_generation(reporter);
  reporter.begin_phase(asked.phase, 0);
  std::int64_t tokens = 0;
  bool going = true;
  const auto begin = synchronized_now(device_);
  auto end = begin;
  std::vector<std::int64_t> latencies;  // to the first token, or from each to the next
  const auto advance = [&](std::int64_t more) {
    const auto last = end;
    end = synchronized_now(device_);
    latencies.push_back((end - last).count());
    return reporter.advance(tokens + more);
  };
  while (going && (tokens == 0 || end - begin < Seconds(asked.seconds))) {
    if (asked.phase == steps::phase::prefill) {
      generator_->prefill();
      going = advance(generator_->prompt_tokens());
      tokens += generator_->prompt_tokens();
    } else {
      going = generator_->decode(advance);
      tokens += settings_.infer_batch * (settings_.generate - 1);
    }
  }
  if (!going) return false;
  const auto done = steps::window(asked.phase, asked.index, begin, end, tokens);
  reporter.window(done);
  reporter.latencies(done, latencies);
  if (asked.phase == steps::phase::decode && asked.index == 0) {
    reporter.quality({"decode_bytes_per_step", generator_->bytes_per_step(), 0});
  }
  report_resources(reporter);
  return true;
}

}  // namespace btrack::models

// SPDX-License-Identifier: Apache-2.0
// One prepared workload: a model row with its network, data and device, and its actions.
#pragma once

#include <filesystem>

#include "btrack/models/generation.hpp"
#include "btrack/models/resources.hpp"
#include "btrack/models/training.hpp"

namespace btrack::models {

struct Place {
  c10::Device device;
  Precision precision;
};
/// Where and how the settings want it, with threads and kernels set for this process.
Result<Place> choose_place(const results::Settings& settings);

class Workload {
 public:
  /// Builds, counts and preloads. The settings' zeros become the row's defaults.
  static Result<Workload> prepare(results::Settings settings);

  [[nodiscard]] bench::Hello hello() const;
  /// Warm-up, then epochs, each followed by an evaluation, from the seeded initial weights; stops
  /// early at the target accuracy. False where the reporter asked to stop.
  Result<bool> train(std::int64_t epochs, Reporter& reporter);
  /// Forward passes for at least `seconds`, after a warm-up before the first.
  Result<bool> infer(Seconds seconds, std::int64_t index, Reporter& reporter);
  /// Queries of a load scenario, after a warm-up before the first.
  Result<bool> serve(const bench::Run& asked, Reporter& reporter);
  /// Writes what another program needs to compute one training batch and compare (weights.hpp):
  /// weights.safetensors and pass.safetensors in that folder.
  Result<void> save_pass(const std::filesystem::path& folder);
  /// Prompts read (prefill) or answers finished (decode), again and again for at least `seconds`;
  /// whole batches of them. Each token is waited for, as somebody who reads along would.
  Result<bool> generate(const bench::Run& asked, Reporter& reporter);

 private:
  Workload(const Selection& selected, results::Settings settings, Place place, DataSet data,
           std::unique_ptr<Team> team);
  /// The network as it begins: drawn from the seed, or read from a file.
  Result<void> begin_network();
  /// One epoch and its evaluation, or nothing where asked to stop.
  Result<std::optional<Evaluation>> epoch(Trainer& trainer, std::int64_t index, Reporter& reporter);
  std::optional<Evaluation> evaluate_epoch(std::int64_t index, Reporter& reporter);
  /// Rank 0's answer in all ranks; nothing where asked to stop.
  std::optional<bool> agree(bool enough, Reporter& reporter);
  void report_resources(Reporter& reporter);
  void warm_up_generation(Reporter& reporter);

  [[nodiscard]] std::int64_t items_per_sample() const;
  void window(Reporter& reporter, bench::WindowDone done) const;
  [[nodiscard]] TrainPlan train_plan(std::int64_t epochs) const;
  [[nodiscard]] InferPlan infer_plan() const { return {settings_.infer_batch, precision_}; }

  Selection selected_;
  results::Settings settings_;
  c10::Device device_;
  Precision precision_;
  std::unique_ptr<Team> team_;  ///< empty where this is the only rank
  DataSet data_;
  NetworkPtr network_;
  std::optional<Generator> generator_;  ///< of the network as it is
  std::int64_t macs_ = 0;
  bool trained_ = false;
  bool inferred_ = false;
  std::int64_t queried_ = 0;  ///< samples per query of the last scenario: its calls are warm
  Resources resources_;
  std::int64_t agreements_ = 0;
};

}  // namespace btrack::models

// SPDX-License-Identifier: Apache-2.0
// From the words of a run's settings to the row, variant, scale and mode they mean.
#include "btrack/models/selection.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "btrack/core/text.hpp"

namespace btrack::models {
namespace {

Result<const Variant*> find_variant(const Model& model, std::string_view name) {
  if (name.empty()) return &model.variants.front();
  std::vector<std::string> known;
  for (const auto& variant : model.variants) {
    if (variant.name == name) return &variant;
    known.emplace_back(variant.name);
  }
  return fail(ErrorKind::usage,
              fmt::format("{} has no variant '{}'{}", model.name, name, did_you_mean(name, known)),
              fmt::format("variants of {}: {}", model.name, join(known, ", ")));
}

Result<Profile> find_profile(std::string_view name) {
  std::vector<std::string> known;
  for (const Profile profile : kProfiles) {
    if (profile_name(profile) == name) return profile;
    known.emplace_back(profile_name(profile));
  }
  return fail(ErrorKind::usage,
              fmt::format("there is no profile '{}'{}", name, did_you_mean(name, known)),
              fmt::format("profiles: {}", join(known, ", ")));
}

Result<Scale> find_scale(std::string_view name) {
  if (name == "full") return Scale::full;
  if (name == "tiny") return Scale::tiny;
  return fail(ErrorKind::usage, fmt::format("there is no scale '{}'", name), "write full or tiny");
}

bool has_phase(const results::Settings& settings, std::string_view phase) {
  return std::find(settings.phases.begin(), settings.phases.end(), phase) != settings.phases.end();
}

bool generates(std::string_view phase) {
  return phase == results::phase::prefill || phase == results::phase::decode;
}

Result<void> check_answer(const Selection& selected, std::string_view phase,
                          const results::Settings& settings) {
  if (selected.model->answer.prompt == 0) {
    return fail(
        ErrorKind::usage,
        fmt::format("{} has no phase {}: it does not generate tokens", selected.model->name, phase),
        "decoders such as llama_mini do; write phases = [\"infer\"] for the others");
  }
  if (phase == results::phase::decode && settings.generate < 2) {
    return fail(ErrorKind::usage, "decode needs answers of at least 2 tokens",
                "prefill gives the first token; write a larger generate");
  }
  return {};
}

Result<void> check_phases(const Selection& selected, const results::Settings& settings) {
  for (const auto& phase : settings.phases) {
    const bool train = phase == results::phase::train;
    if (train && selected.model->inference_only) {
      return fail(ErrorKind::unsupported,
                  fmt::format("{} is for inference only", selected.model->name),
                  "write phases = [\"infer\"]");
    }
    if (generates(phase)) {
      if (auto able = check_answer(selected, phase, settings); !able) return able;
    }
    if (results::samples_per_query(phase) > 0) continue;
    if ((train ? settings.batch : settings.infer_batch) > 0) continue;
    return fail(
        ErrorKind::usage,
        fmt::format("profile {} has no {} test of {} at {}", settings.profile,
                    train ? "training" : "inference", selected.model->name, selected.variant->name),
        "name the other phase only, another variant, or a batch size");
  }
  return {};
}

void fill(const Selection& selected, Profile profile, results::Settings& settings) {
  Batches own = batches(*selected.model, *selected.variant, profile);
  if (selected.config.tiny()) own = {selected.model->tiny.batch, selected.model->tiny.batch};
  if (settings.batch == 0) settings.batch = own.train;
  if (settings.infer_batch == 0) settings.infer_batch = own.infer;
  // Training alone ends with an evaluation, too.
  if (settings.infer_batch == 0 && !has_phase(settings, results::phase::infer)) {
    settings.infer_batch = settings.batch;
  }
  if (settings.epochs == 0) settings.epochs = selected.model->defaults.epochs;
  if (std::none_of(settings.phases.begin(), settings.phases.end(), generates)) return;
  const Answer& answer =
      selected.config.tiny() ? selected.model->tiny.answer : selected.model->answer;
  if (settings.prompt == 0) settings.prompt = answer.prompt;
  if (settings.generate == 0) settings.generate = answer.tokens;
}

}  // namespace

Selection selection_of(const Model& model, Scale scale, Mode mode) {
  Selection selected{&model, &model.variants.front(), {}};
  selected.config = {selected.variant->inputs, model.classes, scale, mode};
  if (scale == Scale::tiny) {
    selected.config.inputs = model.tiny.inputs;
    if (model.tiny.classes > 0) selected.config.classes = model.tiny.classes;
  }
  return selected;
}

Result<Selection> select(results::Settings& settings) {
  if (std::min({settings.batch, settings.infer_batch, settings.epochs, settings.threads,
                settings.prompt, settings.generate}) < 0) {
    return fail(ErrorKind::usage,
                "batch, infer_batch, epochs, threads, prompt and generate cannot be negative",
                "write 0 for the default");
  }
  const auto model = find_model(settings.workload);
  if (!model) return fail(model.error());
  const auto variant = find_variant(**model, settings.variant);
  if (!variant) return fail(variant.error());
  const auto profile = find_profile(settings.profile);
  if (!profile) return fail(profile.error());
  const auto scale = find_scale(settings.scale);
  if (!scale) return fail(scale.error());

  const Mode mode = *profile == Profile::standard ? Mode::standard : Mode::faithful;
  Selection selected = selection_of(**model, *scale, mode);
  selected.variant = *variant;
  if (*scale == Scale::full) selected.config.inputs = (*variant)->inputs;
  fill(selected, *profile, settings);
  if (auto checked = check_phases(selected, settings); !checked) return fail(checked.error());
  return selected;
}

}  // namespace btrack::models

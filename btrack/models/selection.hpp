// SPDX-License-Identifier: Apache-2.0
// From the words of a run's settings to the row, variant, scale and mode they mean.
#pragma once

#include "btrack/models/catalogue.hpp"
#include "btrack/results/record.hpp"

namespace btrack::models {

/// Before the name of a task that is made from the seed, where settings.data names one.
inline constexpr std::string_view kGenerated = "generated:";
inline bool is_generated(const results::Settings& settings) {
  return settings.data.starts_with(kGenerated);
}

struct Selection {
  const Model* model = nullptr;
  const Variant* variant = nullptr;
  Config config;

  [[nodiscard]] Source source() const { return variant->source.value_or(model->source); }
  /// Learnable values of the network at full scale.
  [[nodiscard]] std::int64_t parameters() const {
    return variant->parameters > 0 ? variant->parameters : model->size.parameters;
  }
  /// Noise, on which accuracy means nothing. Tiny variants read no files.
  [[nodiscard]] bool synthetic(const results::Settings& settings) const {
    if (is_generated(settings)) return false;
    return config.tiny() || (source() == Source::synthetic && settings.data.empty());
  }
};

/// The row's first variant at full scale, or what is named.
Selection selection_of(const Model& model, Scale scale = Scale::full, Mode mode = Mode::standard);

/// Finds what the settings name, and puts numbers where they say 0. Errors (usage): an unknown
/// word, with the nearest; a phase for which the profile has no batch.
Result<Selection> select(results::Settings& settings);

}  // namespace btrack::models

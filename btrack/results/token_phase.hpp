// SPDX-License-Identifier: Apache-2.0
// What reading prompts (prefill) or writing answers (decode) came to, apart from each other.
#pragma once

#include <optional>
#include <string_view>

#include "btrack/results/record.hpp"
#include "btrack/stats/estimate.hpp"

namespace btrack::results {

struct TokenPhase {
  std::int64_t tokens = 0;  ///< of all windows: prompt tokens, or generated ones
  /// Seconds per token over all sequences of the batch; the interval is that of the repetitions.
  stats::Estimate token_time;
  /// Seconds that one who waits sees: to the first token of the batch's answers (prefill), or from
  /// each token to the next (decode). Missing where batch or prompt is not known.
  std::optional<stats::Estimate> latency;
  power::EnergyFigure energy_per_token;
  power::EnergyFigure net_energy_per_token;  ///< without the idle power, nothing loaded

  [[nodiscard]] double tokens_per_second() const { return 1.0 / token_time.value; }
};

/// Of phase::prefill or phase::decode; nothing where the record has no such window.
std::optional<TokenPhase> token_phase(const RunRecord& record, std::string_view phase);

}  // namespace btrack::results

// SPDX-License-Identifier: Apache-2.0
// Prefill and decode: times and energies per token.
#include "btrack/results/token_phase.hpp"

#include <algorithm>

#include "btrack/stats/stopping.hpp"

namespace btrack::results {
namespace {

stats::Estimate times(const stats::Estimate& estimate, double factor) {
  stats::Estimate out = estimate;
  out.value *= factor;
  out.low *= factor;
  out.high *= factor;
  return out;
}

/// All time over all tokens; the interval from the repetitions by linearisation (Cochran, Sampling
/// Techniques, 1977, chapter 6), since those of a disturbed machine hold few tokens and would
/// weigh too much as ratios of their own.
stats::Estimate time_per_token(const RunRecord& record, std::string_view phase) {
  const auto tokens = static_cast<double>(phase_items(record, phase));
  const double ratio = phase_time(record, phase).count() / tokens;
  std::vector<double> residuals;
  for (const PhaseWindow& window : record.windows) {
    if (window.phase != phase) continue;
    residuals.push_back(window.window.length().count() - ratio * static_cast<double>(window.items));
  }
  const double mean_tokens = tokens / static_cast<double>(residuals.size());
  for (double& residual : residuals) residual = ratio + residual / mean_tokens;  // now the sample
  auto estimate = stats::widened(stats::mean(residuals), stats::kOptionalLooksFactor);
  estimate.low = std::max(estimate.low, 0.0);
  return estimate;
}

}  // namespace

std::optional<TokenPhase> token_phase(const RunRecord& record, std::string_view phase) {
  TokenPhase out;
  out.tokens = phase_items(record, phase);
  if (out.tokens <= 0) return std::nullopt;
  out.token_time = time_per_token(record, phase);
  // Sequences of a batch go side by side: each waits for the tokens of all.
  const std::int64_t tokens = phase == phase::prefill ? record.settings.prompt : 1;
  const std::int64_t together = record.settings.infer_batch * tokens;
  if (together > 0) out.latency = times(out.token_time, static_cast<double>(together));
  const auto count = static_cast<double>(out.tokens);
  out.energy_per_token = phase_energy(record, phase) / count;
  out.net_energy_per_token = phase_net_energy(record, phase, baseline::cold) / count;
  return out;
}

}  // namespace btrack::results

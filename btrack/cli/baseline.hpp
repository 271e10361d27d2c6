// SPDX-License-Identifier: Apache-2.0
// The options of an idle baseline, and gross, idle and net energy as text.
#pragma once

#include <optional>
#include <string>

#include "btrack/core/quantity.hpp"
#include "btrack/results/record.hpp"

namespace CLI {
class App;
}

namespace btrack::cli {

/// What --baseline and --no-baseline say.
struct BaselineChoice {
  std::string given;  ///< seconds or "auto"; empty: none
  bool none = false;
  [[nodiscard]] bool said() const { return none || !given.empty(); }
  /// As bench::RunnerContext::baseline.
  [[nodiscard]] std::optional<Seconds> length() const;
};

/// `choice` must outlive the parsing.
void add_baseline_options(CLI::App& sub, BaselineChoice& choice);

/// Idle power before and after, then gross, idle and net energy of each phase; the reason where a
/// baseline is missing; empty where none was asked for.
std::string baseline_text(const results::RunRecord& record);

}  // namespace btrack::cli

// SPDX-License-Identifier: Apache-2.0
// What is shown where: colour and progress bars on terminals, plain lines elsewhere.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include "btrack/bench/campaign.hpp"

namespace btrack::cli {

bool is_terminal(std::FILE* stream);
/// --color auto|always|never; auto honours NO_COLOR (no-color.org) and pipes.
bool wants_colour(std::string_view choice, std::FILE* stream);
/// Columns of the terminal; 100 where there is none.
int terminal_width();
/// "45 s", "3 min 20 s", "1 h 05 min".
std::string duration_text(Seconds time);
void print(std::string_view text);

/// One line on stderr that is rewritten in place; nothing where stderr is no terminal.
class ProgressBar {
 public:
  ProgressBar() : shown_(is_terminal(stderr)) {}
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void show(const bench::CampaignProgress& progress);
  void show(std::string_view what, double share);
  void clear();

 private:
  [[nodiscard]] bool due();
  void draw(double share, std::string_view text);

  bool shown_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
};

/// While it lives, Ctrl-C and SIGTERM only set a flag; a second one ends the program at once.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;
  [[nodiscard]] static bool requested();
};

}  // namespace btrack::cli

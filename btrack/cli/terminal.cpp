// SPDX-License-Identifier: Apache-2.0
// Terminals, progress and the first Ctrl-C.
#include "btrack/cli/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>

namespace btrack::cli {
namespace {

volatile std::sig_atomic_t stop_requested = 0;  // written by the signal handler only

void request_stop(int signal) {
  stop_requested = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

bool is_terminal(std::FILE* stream) { return ::isatty(::fileno(stream)) == 1; }

bool wants_colour(std::string_view choice, std::FILE* stream) {
  if (choice != "auto") return choice == "always";
  const char* refused = std::getenv("NO_COLOR");
  return is_terminal(stream) && (refused == nullptr || *refused == '\0');
}

int terminal_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 100;
}

std::string duration_text(Seconds time) {
  const auto seconds = std::llround(std::max(0.0, time.count()));
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {:02} min", seconds / 3600, seconds / 60 % 60);
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (!text.ends_with('\n')) std::fputc('\n', stdout);
}

/// Shown at all, and long enough after the last time.
bool ProgressBar::due() {
  constexpr auto kRedraw = std::chrono::milliseconds(200);
  const auto now = std::chrono::steady_clock::now();
  if (!shown_ || now - last_ < kRedraw) return false;
  last_ = now;
  return true;
}

void ProgressBar::draw(double share, std::string_view text) {
  constexpr int kCells = 24;
  drawn_ = true;
  const int filled = static_cast<int>(share * kCells);
  const auto line = fmt::format("[{:#<{}}{:.<{}}] {:3.0f} %  {}", "", filled, "", kCells - filled,
                                share * 100.0, text);
  fmt::print(stderr, "\r{}\x1b[K", line.substr(0, static_cast<std::size_t>(terminal_width() - 1)));
  std::fflush(stderr);
}

void ProgressBar::show(const bench::CampaignProgress& progress) {
  if (!due()) return;
  draw(progress.share,
       fmt::format("{}/{} {} {}  {} left", progress.entry + 1, progress.entries, progress.workload,
                   progress.phase, duration_text(progress.left)));
}

void ProgressBar::show(std::string_view what, double share) {
  if (due()) draw(share, what);
}

void ProgressBar::clear() {
  if (!drawn_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  drawn_ = false;
}

StopOnSignal::StopOnSignal() {
  stop_requested = 0;
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
}

StopOnSignal::~StopOnSignal() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

bool StopOnSignal::requested() { return stop_requested != 0; }

}  // namespace btrack::cli

// SPDX-License-Identifier: Apache-2.0
// The worker protocol, version 1: JSON lines over an inherited socket. docs/protocol.md is its
// text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "btrack/core/clock.hpp"
#include "btrack/core/error.hpp"
#include "btrack/results/record.hpp"

namespace btrack::bench {

inline constexpr int kProtocolVersion = 1;
/// The worker finds its end of the socket as the number in this environment variable.
inline constexpr const char* kWorkerSocketVariable = "BTRACK_WORKER_FD";
/// Set where ranks train together: a word for this run, by which they know that they mean the same.
inline constexpr const char* kMeetingVariable = "BTRACK_MEETING";

// Runner -> worker.
struct Prepare {
  results::Settings settings;
};
struct Run {
  std::string phase;        ///< one of results::phase::asked
  std::int64_t epochs = 0;  ///< train
  double seconds = 0.0;     ///< all others: at least this long
  std::int64_t index = 0;   ///< all others: repetition number, echoed in the window
  double rate = 0.0;        ///< server: mean queries per second
};
struct Stop {};
using Command = std::variant<Prepare, Run, Stop>;

// Worker -> runner.
struct Hello {
  int version = kProtocolVersion;
  std::string workload;
  std::string family;
  std::string item_unit = "items";
  std::int64_t parameters = 0;
  std::int64_t macs_per_item = 0;
  std::int64_t batch = 0;  ///< what will be run; 0: as the settings said
  std::int64_t infer_batch = 0;
  std::int64_t prompt = 0;
  std::int64_t generate = 0;
  std::vector<results::Check> checks;
  std::map<std::string, std::string> provenance;  ///< library and device facts
};
struct Ready {};
struct Progress {  ///< at least one a second while working: the sign of life
  std::string phase;
  std::int64_t done = 0;
  std::int64_t total = 0;  ///< 0: unknown
};
struct WindowDone {
  std::string phase;
  std::int64_t index = 0;
  Window window;
  std::int64_t items = 0;
};
/// How long the queries of a window took, after that window; as many of these as it needs.
struct Latencies {
  std::string phase;
  std::int64_t index = 0;
  std::vector<std::int64_t> ns;  ///< at most kLatenciesPerLine, in any order
};
inline constexpr std::size_t kLatenciesPerLine = 20'000;  // 400 kB at the very most
struct QualityReached {
  results::Quality quality;
};
struct Failed {
  Error error;
};
struct Done {};
using Event =
    std::variant<Hello, Ready, Progress, WindowDone, Latencies, QualityReached, Failed, Done>;

/// One line without its line end.
std::string encode(const Command& command);
std::string encode(const Event& event);
/// Errors say what the line should have been; unknown message types are malformed.
Result<Command> decode_command(std::string_view line);
Result<Event> decode_event(std::string_view line);

/// One end of the socket: whole lines in and out. Does not own the descriptor's lifetime rules:
/// closes it on destruction.
class LineSocket {
 public:
  explicit LineSocket(int fd);
  ~LineSocket();
  LineSocket(LineSocket&& other) noexcept;
  LineSocket& operator=(LineSocket&&) = delete;

  Result<void> send(std::string_view line);
  /// The next line; nothing after `timeout`; an `interrupted` error on a signal, `crashed` at the
  /// end of the stream, `malformed` for a line over 1 MiB.
  Result<std::optional<std::string>> receive(Seconds timeout);
  [[nodiscard]] int descriptor() const { return fd_; }

 private:
  int fd_;
  std::string buffer_;
};

}  // namespace btrack::bench

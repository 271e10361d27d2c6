// SPDX-License-Identifier: Apache-2.0
// Starting a worker, listening to it, and saying why it ended.
#include "btrack/bench/worker_session.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::bench {
namespace {

constexpr int kWorkerDescriptor = 3;
constexpr Seconds kTick{0.2};
constexpr Seconds kPatienceAtEnd{5.0};

/// The kernel's count of out-of-memory kills: the own cgroup's (v2) where it is visible, and the
/// machine's.
std::int64_t out_of_memory_kills() {
  std::int64_t kills = 0;
  for (const auto* file : {"/sys/fs/cgroup/memory.events", "/proc/vmstat"}) {
    const auto content = read_file(file);
    if (!content) continue;
    for (const auto line : split(*content, '\n')) {
      if (line.starts_with("oom_kill ")) {
        kills += parse_number<std::int64_t>(line.substr(9)).value_or(0);
      }
    }
  }
  return kills;
}

}  // namespace

Result<WorkerSession> WorkerSession::start(WorkerOptions options) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail(ErrorKind::io, fmt::format("cannot make a socket: {}", std::strerror(errno)));
  }
  LineSocket ours(ends[0]);
  const LineSocket theirs(ends[1]);
  const int output = ::memfd_create("btrack-worker-output", MFD_CLOEXEC);
  ChildOptions child;
  child.argv = {options.program.string()};
  child.descriptors = {
      {ends[1], kWorkerDescriptor}, {output, STDOUT_FILENO}, {output, STDERR_FILENO}};
  child.environment = {{kWorkerSocketVariable, std::to_string(kWorkerDescriptor)}};
  if (!options.meeting.empty()) child.environment.emplace_back(kMeetingVariable, options.meeting);
  child.own_group = true;
  child.die_with_parent = true;
  auto process = ChildProcess::start(child);
  if (!process) {
    ::close(output);
    return fail(process.error());
  }
  return WorkerSession(std::move(options), std::move(*process), std::move(ours), output);
}

WorkerSession::WorkerSession(WorkerOptions options, ChildProcess child, LineSocket socket,
                             int output)
    : options_(std::move(options)),
      child_(std::move(child)),
      socket_(std::move(socket)),
      output_(output),
      oom_kills_(out_of_memory_kills()) {}

WorkerSession::WorkerSession(WorkerSession&& other) noexcept
    : options_(std::move(other.options_)),
      child_(std::move(other.child_)),
      socket_(std::move(other.socket_)),
      output_(std::exchange(other.output_, -1)),
      oom_kills_(other.oom_kills_) {}

WorkerSession::~WorkerSession() {
  if (output_ >= 0) ::close(output_);
}

Result<void> WorkerSession::send(const Command& command) {
  if (!socket_->send(encode(command))) return fail(ended());
  return {};
}

Result<Event> WorkerSession::next() {
  const auto deadline = std::chrono::steady_clock::now() + options_.silence_limit;
  for (;;) {
    if (options_.on_tick) options_.on_tick();
    if (options_.stop_requested && options_.stop_requested()) {
      child_->send_signal(SIGKILL);
      return fail(ErrorKind::interrupted, "stopped on request");
    }
    const auto line = socket_->receive(kTick);
    if (!line && line.error().kind == ErrorKind::interrupted) continue;
    if (!line && line.error().kind == ErrorKind::crashed) return fail(ended());
    if (!line) return fail(broken(line.error()));
    if (*line) {
      auto event = decode_event(**line);
      if (!event) return fail(broken(event.error()));
      if (const auto* failed = std::get_if<Failed>(&*event)) return fail(failed->error);
      return event;
    }
    if (std::chrono::steady_clock::now() > deadline) {
      child_->send_signal(SIGKILL);
      return fail(ErrorKind::timeout,
                  fmt::format("the worker said nothing for {} s and was stopped",
                              significant(options_.silence_limit.count())),
                  "raise --silence-limit if this workload needs longer");
    }
  }
}

void WorkerSession::stop() {
  if (send(Stop{}) && child_->wait(kPatienceAtEnd)) return;
  child_->send_signal(SIGKILL);
  child_->wait(kPatienceAtEnd);
}

std::string WorkerSession::last_words() const {
  std::array<char, 2048> tail{};
  const off_t size = ::lseek(output_, 0, SEEK_END);
  const ssize_t n = ::pread(output_, tail.data(), tail.size(),
                            std::max<off_t>(0, size - static_cast<off_t>(tail.size())));
  if (n <= 0) return {};
  const auto text = trim(std::string_view(tail.data(), static_cast<std::size_t>(n)));
  return std::string(
      text.substr(text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n') + 1));
}

Error WorkerSession::broken(const Error& reason) {
  child_->send_signal(SIGKILL);
  return {ErrorKind::malformed, fmt::format("the worker broke its protocol: {}", reason.message),
          ""};
}

Error WorkerSession::ended() {
  auto status = child_->wait(kPatienceAtEnd);
  if (!status) {
    child_->send_signal(SIGKILL);
    return {ErrorKind::crashed, "the worker closed its socket and went on running", ""};
  }
  const auto words = last_words();
  const auto said = words.empty() ? std::string() : fmt::format("; its last words: {}", words);
  if (status->signal == SIGKILL && out_of_memory_kills() > oom_kills_) {
    return {ErrorKind::out_of_memory, "the kernel killed the worker for lack of memory",
            "use a smaller batch, or a machine with more memory"};
  }
  if (status->signal != 0) {
    return {ErrorKind::crashed,
            fmt::format("the worker was ended by signal {} ({}){}", status->signal,
                        ::strsignal(status->signal), said),
            ""};
  }
  return {ErrorKind::crashed,
          fmt::format("the worker ended with code {} before it was done{}", status->code, said),
          ""};
}

}  // namespace btrack::bench

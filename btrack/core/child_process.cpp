// SPDX-License-Identifier: Apache-2.0
// fork, exec and pidfd; a failed exec comes back as an Error through a pipe.
#include "btrack/core/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>

namespace btrack {
namespace {

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> list;
  list.reserve(strings.size() + 1);
  for (auto& text : strings) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> merged_environment(const ChildOptions& options) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto name = text.substr(0, text.find('='));
    bool replaced = false;
    for (const auto& [key, value] : options.environment) replaced = replaced || key == name;
    if (!replaced) merged.emplace_back(text);
  }
  for (const auto& [key, value] : options.environment) {
    merged.push_back(fmt::format("{}={}", key, value));
  }
  return merged;
}

/// Everything the child does before exec; only async-signal-safe calls.
[[noreturn]] void become(const ChildOptions& options, char** argv, char** environment, int report) {
  if (options.own_group) ::setpgid(0, 0);
  if (options.die_with_parent) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Two passes, so that a target number that is also a source of a later pair is not overwritten.
  std::array<int, 8> moved{};
  for (std::size_t i = 0; i < options.descriptors.size() && i < moved.size(); ++i) {
    moved[i] = ::fcntl(options.descriptors[i].first, F_DUPFD_CLOEXEC, 64);
  }
  for (std::size_t i = 0; i < options.descriptors.size() && i < moved.size(); ++i) {
    ::dup2(moved[i], options.descriptors[i].second);
  }
  if (options.signal_mask != nullptr) ::sigprocmask(SIG_SETMASK, options.signal_mask, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::execvpe(argv[0], argv, environment);
  const int error = errno;
  [[maybe_unused]] const auto written = ::write(report, &error, sizeof error);
  ::_exit(127);
}

/// The errno of a failed exec, or 0 when the pipe closed because exec succeeded.
int exec_error(int report) {
  int error = 0;
  ssize_t n = 0;
  do {
    n = ::read(report, &error, sizeof error);
  } while (n < 0 && errno == EINTR);
  return n == static_cast<ssize_t>(sizeof error) ? error : 0;
}

/// Memory that a child writes into as a file: of a fixed size, so that a child gone mad cannot fill
/// the machine.
class OutputFile {
 public:
  explicit OutputFile(const char* name)
      : fd_(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
    usable_ = fd_ >= 0 && ::ftruncate(fd_, kMaximum) == 0 &&
              ::fcntl(fd_, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) == 0;
  }
  ~OutputFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  [[nodiscard]] bool usable() const { return usable_; }
  [[nodiscard]] int descriptor() const { return fd_; }
  /// The child writes through our file description: its position is the length of what it wrote.
  [[nodiscard]] std::string content() const {
    const off_t length = ::lseek(fd_, 0, SEEK_CUR);
    std::string text(length > 0 ? static_cast<std::size_t>(length) : 0, '\0');
    const ssize_t n = ::pread(fd_, text.data(), text.size(), 0);
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }

 private:
  static constexpr off_t kMaximum = 1 << 20;
  int fd_;
  bool usable_ = false;
};

}  // namespace

Result<ChildProcess> ChildProcess::start(const ChildOptions& options) {
  auto arguments = options.argv;
  auto variables = merged_environment(options);
  auto argv = pointers(arguments);
  auto environment = pointers(variables);
  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0) {
    return fail(ErrorKind::io, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  const pid_t pid = ::fork();
  if (pid == 0) become(options, argv.data(), environment.data(), report[1]);
  const int fork_error = errno;
  ::close(report[1]);
  if (pid < 0) {
    ::close(report[0]);
    return fail(ErrorKind::io,
                fmt::format("cannot start '{}': {}", options.argv[0], std::strerror(fork_error)));
  }
  const int error = exec_error(report[0]);
  ::close(report[0]);
  if (error != 0) {
    ::waitpid(pid, nullptr, 0);
    const auto kind = error == ENOENT ? ErrorKind::not_found : ErrorKind::denied;
    return fail(kind, fmt::format("cannot start '{}': {}", options.argv[0], std::strerror(error)),
                "check the name and that it may be executed");
  }
  return ChildProcess(pid, static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::exchange(other.pidfd_, -1)),
      status_(other.status_) {}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && !status_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (pidfd_ >= 0) ::close(pidfd_);
}

std::optional<ExitStatus> ChildProcess::wait(Seconds timeout) {
  if (status_) return status_;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    int raw = 0;
    const pid_t reaped = ::waitpid(pid_, &raw, WNOHANG);
    if (reaped == pid_) {
      const int signal = WIFSIGNALED(raw) ? WTERMSIG(raw) : 0;
      status_ = ExitStatus{signal != 0 ? 128 + signal : WEXITSTATUS(raw), signal};
      return status_;
    }
    const Seconds left = deadline - std::chrono::steady_clock::now();
    if (left.count() <= 0.0) return std::nullopt;
    pollfd ended{pidfd_, POLLIN, 0};
    ::poll(&ended, 1, static_cast<int>(std::ceil(left.count() * 1e3)));
  }
}

void ChildProcess::send_signal(int signal) const {
  if (pid_ > 0 && !status_) ::kill(pid_, signal);
}

Result<ProgramOutput> run_program(ChildOptions options, Seconds timeout) {
  const OutputFile output("btrack-output");
  const OutputFile errors("btrack-errors");
  if (!output.usable() || !errors.usable()) {
    return fail(ErrorKind::io, fmt::format("cannot keep the output of '{}': {}", options.argv[0],
                                           std::strerror(errno)));
  }
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  options.descriptors = {{nothing, STDIN_FILENO},
                         {output.descriptor(), STDOUT_FILENO},
                         {errors.descriptor(), STDERR_FILENO}};
  auto child = ChildProcess::start(options);
  if (nothing >= 0) ::close(nothing);
  if (!child) return fail(child.error());
  const auto status = child->wait(timeout);
  if (!status) {
    return fail(ErrorKind::timeout,
                fmt::format("'{}' gave no answer within {} s", options.argv[0], timeout.count()));
  }
  return ProgramOutput{*status, output.content(), errors.content()};
}

}  // namespace btrack

// SPDX-License-Identifier: Apache-2.0
// The btrackd program: opens root's counters, gives up root, and answers.
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>

#include "btrack/daemon/counter_cache.hpp"
#include "btrack/daemon/listener.hpp"
#include "btrack/daemon/server.hpp"

namespace {

using namespace btrack;

struct Options {
  daemon::ListenerOptions listener{"/run/btrack/btrackd.sock", ""};
  std::string sysfs = "/sys";
  std::string devices = "/dev";
  std::string user = "nobody";
  double resolution_ms = 0;
  bool fine = false;
};

int refuse(const Error& error) {
  fmt::print(stderr, "btrackd: {}\n", error.message);
  if (!error.remedy.empty()) fmt::print(stderr, "  -> {}\n", error.remedy);
  return error.kind == ErrorKind::usage ? 2 : 1;
}

/// What is open stays open; no file can be opened as root after this.
Result<void> give_up_root(const std::string& user) {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (::geteuid() != 0) return {};
  const passwd* found = ::getpwnam(user.c_str());
  if (found == nullptr) {
    return fail(ErrorKind::usage, fmt::format("there is no user '{}'", user),
                "give another --user");
  }
  if (::setgroups(0, nullptr) != 0 || ::setgid(found->pw_gid) != 0 ||
      ::setuid(found->pw_uid) != 0) {
    return fail(ErrorKind::denied, fmt::format("may not become user '{}'", user));
  }
  return {};
}

/// SIGTERM and SIGINT as a descriptor.
int ending() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return ::signalfd(-1, &signals, SFD_CLOEXEC);
}

int serve(const Options& options) {
  const int wake = ending();
  power::ProbeContext context;
  context.sysfs_root = options.sysfs;
  context.device_root = options.devices;
  auto sensors = daemon::closed_sensors(context);
  if (!sensors) return refuse(sensors.error());
  const SystemClock clock;
  daemon::CounterCache cache(std::move(*sensors),
                             {Seconds(options.resolution_ms * 1e-3), options.fine}, clock);
  const std::size_t channels = cache.channels().size();
  const auto listener = daemon::open_listener(options.listener);
  if (!listener) return refuse(listener.error());
  daemon::Server server(*listener, wake, std::move(cache));
  if (const auto gone = give_up_root(options.user); !gone) return refuse(gone.error());
  fmt::print(stderr, "btrackd: {} counters at {}\n", channels, options.listener.socket.string());
  const auto ended = server.run();
  return ended ? 0 : refuse(ended.error());
}

int run(int argc, char** argv) {
  CLI::App app("Lets programs without privilege read the energy counters that Linux gives to root.",
               "btrackd");
  Options options;
  app.set_version_flag("--version", "btrackd " BTRACK_VERSION);
  app.add_option("--socket", options.listener.socket, "Where to listen (/run/btrack/btrackd.sock)")
      ->type_name("FILE");
  app.add_option("--group", options.listener.group,
                 "Who may connect beside root; without it, root alone")
      ->type_name("NAME");
  app.add_option("--user", options.user, "Who to become once all is open (nobody)")
      ->type_name("NAME");
  app.add_option("--resolution", options.resolution_ms,
                 "Renew no value more often than this; never finer than the counter's own tick")
      ->check(CLI::Range(0.0, 10000.0))
      ->type_name("MS");
  app.add_flag("--fine", options.fine,
               "Read the counter at every question: whoever connects may then observe other users' "
               "computations (CVE-2020-8694)");
  app.add_option("--sysfs", options.sysfs, "Read below DIR instead of /sys")->type_name("DIR");
  app.add_option("--devices", options.devices, "Read below DIR instead of /dev")->type_name("DIR");
  app.footer(
      "Examples:\n  btrackd --group btrack\n  btrackd --group btrack --resolution 100\n"
      "Exit codes: 0 ended by a signal, 1 nothing to serve or refused, 2 wrong usage.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "btrackd: {}\n  -> `btrackd --help` shows what is\n", error.what());
    return 2;
  }
  return serve(options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "btrackd: %s\n", problem.what());
    return 1;
  }
}

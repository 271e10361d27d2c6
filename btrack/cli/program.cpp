// SPDX-License-Identifier: Apache-2.0
// Parsing, dispatch, and the border where everything thrown becomes an exit code.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "btrack/bench/version.hpp"
#include "btrack/cli/command.hpp"
#include "btrack/cli/terminal.hpp"
#include "btrack/core/text.hpp"

namespace btrack::cli {
namespace {

void add_globals(CLI::App& app, Globals& globals) {
  app.add_option("--store", globals.store,
                 "Results file (default: $BTRACK_STORE or the user's data folder)")
      ->type_name("FILE");
  app.add_option("--sysfs", globals.sysfs,
                 "Read counters below DIR instead of /sys (containers, tests)")
      ->envname("BTRACK_SYSFS")
      ->type_name("DIR");
  app.add_option("--redfish", globals.redfish,
                 "Also read the BMC that FILE describes (docs/sensors/redfish.md)")
      ->envname("BTRACK_REDFISH")
      ->type_name("FILE");
  app.add_option("--daemon", globals.daemon,
                 "Where btrackd listens (default /run/btrack/btrackd.sock; none after --sysfs)")
      ->envname("BTRACK_DAEMON")
      ->type_name("FILE");
  app.add_flag("--json", globals.json, "Print JSON instead of text");
  app.add_option("--color", globals.color, "Colour: auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN");
}

/// What could have been meant: the options in reach and, on the top level, the subcommands.
std::vector<std::string> known_words(const CLI::App& app, const CLI::App& at) {
  std::vector<std::string> known;
  for (const auto* place : {&at, &app}) {
    for (const auto* option : place->get_options()) {
      for (const auto& name : option->get_lnames()) known.push_back("--" + name);
    }
  }
  if (&at == &app) {
    for (const auto* sub : app.get_subcommands({})) known.push_back(sub->get_name());
  }
  return known;
}

/// The word that fits nowhere: in CLI11's sentence, or left over where a subcommand should stand.
std::string stray_word(std::string_view message, const CLI::App& app) {
  constexpr std::string_view kNotExpected = "not expected: ";
  if (const auto found = message.find(kNotExpected); found != std::string_view::npos) {
    const auto rest = message.substr(found + kNotExpected.size());
    return std::string(rest.substr(0, rest.find(' ')));
  }
  const auto left = app.remaining();
  return app.get_subcommands().empty() && !left.empty() ? left.front() : std::string();
}

/// The sentence for a command line that CLI11 refused, with the nearest known word where there is
/// one.
Error usage_error(const CLI::ParseError& error, const CLI::App& app) {
  const CLI::App* at = &app;
  if (const auto chosen = app.get_subcommands(); !chosen.empty()) at = chosen.front();
  std::string message = error.what();
  message = message.substr(0, message.find('\n'));
  if (const auto word = stray_word(message, app); !word.empty()) {
    message =
        fmt::format("'{}' is not known here{}", word, did_you_mean(word, known_words(app, *at)));
  }
  const auto help =
      at == &app ? std::string("btrack --help") : fmt::format("btrack {} --help", at->get_name());
  return {ErrorKind::usage, message, fmt::format("`{}` shows what is", help)};
}

/// Cuts `-- CMD ARG...` off, so that the command's own options never meet our parser.
std::vector<std::string> take_after_dashes(std::vector<std::string>& arguments) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  if (dashes == arguments.end()) return {};
  std::vector<std::string> rest(dashes + 1, arguments.end());
  arguments.erase(dashes, arguments.end());
  return rest;
}

int run(int argc, char** argv) {
  CLI::App app("Measures what AI models cost in time and energy, and names the one to run.",
               "btrack");
  Globals globals;
  std::vector<Action> actions;
  app.set_version_flag("--version",
                       fmt::format("btrack {} ({})", bench::version(), bench::commit()));
  app.require_subcommand(1);
  app.fallthrough();
  add_globals(app, globals);
  app.footer(
      "First steps:\n  btrack sensors        what this machine can measure\n"
      "  btrack run quick      train and compare small models\n"
      "  btrack measure -- CMD the energy of any command\n"
      "Exit codes: 0 done, 1 internal failure, 2 wrong usage or input, 3 run incomplete.");
  for (const auto& command : subcommands()) {
    auto* sub = app.add_subcommand(std::string(command.name), std::string(command.summary));
    sub->fallthrough();
    sub->footer("Examples:\n" + std::string(command.examples));
    actions.push_back(command.add(*sub, globals));
  }
  std::vector<std::string> arguments(argv + 1, argv + argc);
  globals.after_dashes = take_after_dashes(arguments);
  std::reverse(arguments.begin(), arguments.end());  // the order CLI11 wants
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    if (app.get_subcommands().empty() && app.remaining().empty() && arguments.empty()) {
      fmt::print("{}", app.help());
      return exit_code::usage;
    }
    return report_error(usage_error(error, app), globals);
  }
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (app.got_subcommand(std::string(subcommands()[i].name))) return actions[i]();
  }
  return exit_code::usage;
}

}  // namespace

const std::vector<Subcommand>& subcommands() {
  static const std::vector<Subcommand> table = {
      {"sensors", "What this machine can measure, and what would open more",
       "  btrack sensors\n  btrack sensors --json\n  btrack --sysfs /host/sys sensors",
       add_sensors},
      {"doctor", "Try every source for some seconds, and name what opens the closed ones",
       "  btrack doctor\n  btrack doctor --seconds 10 --json", add_doctor},
      {"list", "Workloads and suites that can be run", "  btrack list\n  btrack list --json",
       add_list},
      {"run", "Train and run models, measure them, name the best candidate",
       "  btrack run quick\n  btrack run mlp_64 lenet5 --target-accuracy 0.87 --seeds 3\n"
       "  btrack run lenet5 --scenario server --latency-limit 0.01\n  btrack "
       "run lenet5 cnn_s --epochs 3 --min-accuracy 0.9\n"
       "  btrack run my-suite.toml --lang ja\n  btrack run my-model.pt my-models/\n"
       "  btrack run --resume",
       add_run},
      {"measure", "Time and energy of any command",
       "  btrack measure -- make -j8\n  btrack measure --json -- python3 train.py\n"
       "  btrack measure --baseline 30 -- ./job    also idle before and after, and the net energy\n"
       "  btrack measure --loop auto -- ./short    energy of one run of a short command",
       add_measure},
      {"runs", "Results in the store, one line each",
       "  btrack runs --limit 10\n  btrack runs --columns workload,accuracy_percent,train_energy_j "
       "--csv",
       add_runs},
      {"show", "One result with every window, figure and fact",
       "  btrack show latest\n  btrack show 20261123T0102 --json\n  btrack show latest --trace > "
       "power.csv\n  btrack show latest --budget",
       add_show},
      {"select", "The candidate that reaches a required accuracy for the least energy",
       "  btrack select --min-accuracy 0.9\n  btrack select --suite ladder --objective time --json",
       add_select},
      {"report", "A report as HTML page, Markdown, CSV, JSON or console table",
       "  btrack report --lang ja -o report.html\n  btrack report --format md --suite quick",
       add_report},
      {"rig", "Proof of the measuring on virtual hardware with a known true energy",
       "  btrack rig\n  btrack rig --all --seed 7\n  btrack rig --replay power.trace", add_rig},
      {"completion", "Shell completion for bash, zsh or fish",
       "  source <(btrack completion bash)\n  btrack completion fish > "
       "~/.config/fish/completions/btrack.fish",
       add_completion},
  };
  return table;
}

power::ProbeContext Globals::probe() const {
  power::ProbeContext context;
  context.sysfs_root = sysfs;
  context.redfish_config = redfish;
  // Another machine's files, or a test's: this machine's daemon has no part in them.
  if (!daemon.empty() || sysfs != "/sys") context.daemon_socket = daemon;
  return context;
}

Result<results::ResultStore> Globals::open_store() const {
  return results::ResultStore::open(store.empty() ? results::default_store_path()
                                                  : std::filesystem::path(store));
}

int report_error(const Error& error, const Globals& globals) {
  if (globals.json) {
    const nlohmann::ordered_json json = {{"error",
                                          {{"kind", error_kind_name(error.kind)},
                                           {"message", error.message},
                                           {"remedy", error.remedy}}}};
    fmt::print(stderr, "{}\n", json.dump());
  } else if (error.remedy.empty()) {
    fmt::print(stderr, "btrack: {}\n", error.message);
  } else {
    fmt::print(stderr, "btrack: {}; {}\n", error.message, error.remedy);
  }
  const bool unfinished = error.kind == ErrorKind::interrupted ||
                          error.kind == ErrorKind::incomplete || error.kind == ErrorKind::crashed ||
                          error.kind == ErrorKind::timeout ||
                          error.kind == ErrorKind::out_of_memory;
  return unfinished ? exit_code::incomplete : exit_code::usage;
}

int main_of(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "btrack: internal failure: {}\n", error.what());
    return exit_code::internal;
  }
}

}  // namespace btrack::cli

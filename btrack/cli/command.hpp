// SPDX-License-Identifier: Apache-2.0
// What every subcommand shares: the global options, exit codes, and how it is registered.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/error.hpp"
#include "btrack/power/probe.hpp"
#include "btrack/results/store.hpp"

namespace CLI {
class App;
}

namespace btrack::cli {

/// Documented in README.md. `measure` passes its command's own code through.
namespace exit_code {
constexpr int ok = 0;
constexpr int internal = 1;
constexpr int usage = 2;
constexpr int incomplete = 3;
}  // namespace exit_code

struct Globals {
  std::string store;           ///< --store
  std::string sysfs = "/sys";  ///< --sysfs
  std::string redfish;         ///< --redfish
  std::string daemon;          ///< --daemon
  bool json = false;
  std::string color = "auto";
  std::vector<std::string> after_dashes;  ///< what followed `--`

  [[nodiscard]] power::ProbeContext probe() const;
  [[nodiscard]] Result<results::ResultStore> open_store() const;
};

/// Adds options to its `sub` and returns what to do once they are parsed.
using Action = std::function<int()>;
struct Subcommand {
  std::string_view name;
  std::string_view summary;
  std::string_view examples;  ///< shown under --help
  Action (*add)(CLI::App& sub, Globals& globals);
};

/// All subcommands in the order of --help.
const std::vector<Subcommand>& subcommands();

Action add_sensors(CLI::App& sub, Globals& globals);
Action add_doctor(CLI::App& sub, Globals& globals);
Action add_list(CLI::App& sub, Globals& globals);
Action add_run(CLI::App& sub, Globals& globals);
Action add_measure(CLI::App& sub, Globals& globals);
Action add_runs(CLI::App& sub, Globals& globals);
Action add_show(CLI::App& sub, Globals& globals);
Action add_select(CLI::App& sub, Globals& globals);
Action add_report(CLI::App& sub, Globals& globals);
Action add_rig(CLI::App& sub, Globals& globals);
Action add_completion(CLI::App& sub, Globals& globals);

/// Prints the error as one sentence (as JSON after --json) on stderr; returns its exit code.
int report_error(const Error& error, const Globals& globals);
/// For whole programs: parses, dispatches, and turns everything thrown into an exit code.
int main_of(int argc, char** argv);

}  // namespace btrack::cli

// SPDX-License-Identifier: Apache-2.0
// btrack-worker: runs one workload in its own process and speaks the worker protocol.
#include <fmt/format.h>
#include <malloc.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/bench/protocol.hpp"
#include "btrack/bench/version.hpp"
#include "btrack/core/text.hpp"
#include "btrack/models/listing.hpp"
#include "btrack/models/session.hpp"

namespace {

constexpr int kUsageExit = 2;

constexpr const char* kHelp =
    "btrack-worker runs one workload for btrack; people rarely start it themselves.\n\n"
    "  btrack-worker --list      the workloads as JSON\n"
    "  btrack-worker --describe FILE ...\n"
    "                            what these model files are, as JSON\n"
    "  btrack-worker --version\n"
    "  btrack-worker --export FOLDER SETTINGS\n"
    "                            writes weights.safetensors and pass.safetensors (input, target,\n"
    "                            output, loss, gradients of one batch); SETTINGS as in the "
    "protocol:\n"
    "                            '{{\"workload\":\"llama_mini\",\"scale\":\"tiny\"}}'\n"
    "  btrack-worker             speaks the worker protocol on the socket whose number is in ${}\n";

/// Activations are of the same sizes in every step: memory once got is kept, since fetching fresh
/// pages from the kernel for each step can cost more than the step itself.
void keep_freed_memory() {
  ::mallopt(M_MMAP_MAX, 0);
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
}

int serve() {
  const char* text = std::getenv(btrack::bench::kWorkerSocketVariable);
  const auto fd = btrack::parse_number<int>(text != nullptr ? text : "");
  if (!fd) {
    fmt::print(stderr,
               "btrack-worker: ${} does not name a socket; `btrack run` starts this program\n",
               btrack::bench::kWorkerSocketVariable);
    return kUsageExit;
  }
  // Ctrl-C reaches the whole foreground group; the runner decides what it means for us.
  std::signal(SIGINT, SIG_IGN);
  keep_freed_memory();
  return btrack::models::serve(*fd);
}

int export_pass(const char* folder, const char* settings) {
  const auto exported = btrack::models::export_pass(settings, folder);
  if (exported) return 0;
  const auto& [kind, message, remedy] = exported.error();
  fmt::print(stderr, "btrack-worker: {}{}{}\n", message, remedy.empty() ? "" : "; ", remedy);
  return kUsageExit;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view option = argc > 1 ? argv[1] : "";
  if (argc == 1) return serve();
  if (option == "--list") {
    fmt::print("{}\n", btrack::models::catalogue_json());
    return 0;
  }
  if (option == "--describe") {
    fmt::print("{}\n",
               btrack::models::description_json(std::vector<std::string>(argv + 2, argv + argc)));
    return 0;
  }
  if (option == "--version") {
    fmt::print("btrack-worker {} ({})\n", btrack::bench::version(), btrack::bench::commit());
    return 0;
  }
  if (option == "--export") {
    if (argc == 4) return export_pass(argv[2], argv[3]);
    fmt::print(stderr, "btrack-worker: --export takes a folder and settings; --help shows how\n");
    return kUsageExit;
  }
  if (option == "--help") {
    fmt::print(fmt::runtime(kHelp), btrack::bench::kWorkerSocketVariable);
    return 0;
  }
  fmt::print(stderr, "btrack-worker: unknown option '{}'; --help shows what there is\n", option);
  return kUsageExit;
}

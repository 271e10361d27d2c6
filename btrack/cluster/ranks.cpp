// SPDX-License-Identifier: Apache-2.0
// The variables of each launcher. Sources: PyTorch "torchrun (Elastic Launch)", Open MPI's and
// MPICH's mpirun pages, Slurm's srun page ("OUTPUT ENVIRONMENT VARIABLES").
#include "btrack/cluster/ranks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "btrack/core/text.hpp"

namespace btrack::cluster {
namespace {

constexpr int kPorts = 65535;
constexpr int kTorchPort = 29500;  // what PyTorch's documentation uses
// Slurm names no port. Below 32768 Linux hands out none to others by itself.
constexpr std::int64_t kSlurmPorts = 20000;
constexpr std::int64_t kSlurmPortCount = 12000;

struct Names {
  const char* launcher;
  const char* rank;
  const char* size;
  const char* local_rank;
  const char* local_size;
};
constexpr Names kTorchrun{"torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"};
constexpr Names kOpenMpi{"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
                         "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"};
constexpr Names kMpich{"MPICH", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"};

/// Reads whole numbers and remembers the first that is missing or wrong.
class Reader {
 public:
  Reader(const Environment& environment, const char* launcher)
      : environment_(environment), launcher_(launcher) {}

  int number(const char* name, int lowest, int highest) {
    const auto text = environment_(name);
    const auto value = parse_number<int>(text.value_or(""));
    if (value && *value >= lowest && *value <= highest) return *value;
    if (!text) {
      complain(fmt::format("{} is not set, though other variables of {} are", name, launcher_));
    } else {
      complain(fmt::format("{}={} is no whole number from {} to {}", name, *text, lowest, highest));
    }
    return lowest;
  }

  void complain(std::string message) {
    if (problem_) return;
    problem_ = Error{ErrorKind::usage, std::move(message),
                     fmt::format("start btrack with {} itself, or unset its variables", launcher_)};
  }

  [[nodiscard]] const std::optional<Error>& problem() const { return problem_; }

 private:
  const Environment& environment_;
  const char* launcher_;
  std::optional<Error> problem_;
};

void check(const Ranks& ranks, const Names& names, Reader& in) {
  if (ranks.rank >= ranks.size) {
    in.complain(
        fmt::format("{}={} is not below {}={}", names.rank, ranks.rank, names.size, ranks.size));
  } else if (ranks.local_rank >= ranks.local_size) {
    in.complain(fmt::format("{}={} is not below {}={}", names.local_rank, ranks.local_rank,
                            names.local_size, ranks.local_size));
  } else if (ranks.local_size > ranks.size) {
    in.complain(fmt::format("{}={} is more than {}={}", names.local_size, ranks.local_size,
                            names.size, ranks.size));
  } else if (ranks.local_rank > ranks.rank ||
             ranks.size - ranks.rank < ranks.local_size - ranks.local_rank) {
    in.complain(fmt::format("{}={} and {}={} do not give neighbouring ranks to a node", names.rank,
                            ranks.rank, names.local_rank, ranks.local_rank));
  }
}

/// The four numbers; one rank alone needs no more than two of them.
Ranks numbers(const Names& names, Reader& in) {
  Ranks ranks;
  ranks.size = in.number(names.size, 1, 1 << 20);
  ranks.rank = in.number(names.rank, 0, 1 << 20);
  if (in.problem() || (ranks.size == 1 && ranks.rank == 0)) return Ranks{};
  ranks.local_rank = in.number(names.local_rank, 0, 1 << 20);
  ranks.local_size = in.number(names.local_size, 1, 1 << 20);
  ranks.launcher = names.launcher;
  if (!in.problem()) check(ranks, names, in);
  return ranks;
}

Result<Ranks> of_torchrun(const Environment& environment) {
  Reader in(environment, kTorchrun.launcher);
  Ranks ranks = numbers(kTorchrun, in);
  if (ranks.several()) {
    ranks.master_port = in.number("MASTER_PORT", 1, kPorts);
    // torchrun's own store listens at MASTER_PORT itself; ours is its neighbour.
    if (environment("TORCHELASTIC_USE_AGENT_STORE") == "True") {
      ranks.master_port += ranks.master_port < kPorts ? 1 : -1;
    }
    ranks.master_address = environment("MASTER_ADDR").value_or("");
    if (ranks.master_address.empty()) in.complain("MASTER_ADDR is not set");
  }
  if (in.problem()) return fail(*in.problem());
  return ranks;
}

Result<Ranks> of_mpi(const Names& names, const Environment& environment) {
  Reader in(environment, names.launcher);
  Ranks ranks = numbers(names, in);
  if (in.problem()) return fail(*in.problem());
  if (!ranks.several()) return ranks;
  ranks.master_port = environment("MASTER_PORT") ? in.number("MASTER_PORT", 1, kPorts) : kTorchPort;
  ranks.master_address = environment("MASTER_ADDR").value_or("");
  if (in.problem()) return fail(*in.problem());
  if (!ranks.master_address.empty()) return ranks;
  if (ranks.local_size < ranks.size) {
    return fail(ErrorKind::usage, "MASTER_ADDR is not set, and the ranks are on several nodes",
                "hand rank 0's host to all of them: mpirun -x MASTER_ADDR=HOST (Open MPI) or "
                "-genv MASTER_ADDR HOST (MPICH)");
  }
  ranks.master_address = "127.0.0.1";
  return ranks;
}

/// "node[07-09,12],x" -> "node07".
std::string first_host(std::string_view list) {
  const auto end = list.find_first_of("[,");
  std::string host(list.substr(0, end));
  if (end == std::string_view::npos || list[end] == ',') return host;
  const std::string_view numbers = list.substr(end + 1);
  return host.append(numbers.substr(0, numbers.find_first_of("-,]")));
}

/// "2(x3),1" and node 3 -> 1.
std::optional<int> tasks_of_node(std::string_view list, int node) {
  for (const std::string_view part : split(list, ',')) {
    const auto open = part.find("(x");
    const auto tasks = parse_number<int>(part.substr(0, open));
    int nodes = 1;
    if (open != std::string_view::npos && part.ends_with(')')) {
      nodes = parse_number<int>(part.substr(open + 2, part.size() - open - 3)).value_or(0);
    }
    if (!tasks || nodes < 1) return std::nullopt;
    if (node < nodes) return tasks;
    node -= nodes;
  }
  return std::nullopt;
}

Result<Ranks> of_slurm(const Environment& environment) {
  constexpr Names kSlurm{"Slurm", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID",
                         "SLURM_STEP_TASKS_PER_NODE"};
  Reader in(environment, kSlurm.launcher);
  Ranks ranks;
  ranks.launcher = kSlurm.launcher;
  ranks.size = in.number(kSlurm.size, 1, 1 << 20);
  ranks.rank = in.number(kSlurm.rank, 0, 1 << 20);
  ranks.local_rank = in.number(kSlurm.local_rank, 0, 1 << 20);
  const int node = in.number("SLURM_NODEID", 0, 1 << 20);
  const auto tasks = tasks_of_node(environment(kSlurm.local_size).value_or(""), node);
  if (!tasks) {
    in.complain(fmt::format("{} does not say how many tasks a node has", kSlurm.local_size));
  }
  ranks.local_size = tasks.value_or(1);
  ranks.master_address = first_host(environment("SLURM_STEP_NODELIST").value_or(""));
  if (ranks.master_address.empty()) in.complain("SLURM_STEP_NODELIST is not set");
  const auto job = parse_number<std::int64_t>(environment("SLURM_JOB_ID").value_or(""));
  if (!job || *job < 0) in.complain("SLURM_JOB_ID is not set to a number");
  const auto step = parse_number<std::int64_t>(environment("SLURM_STEP_ID").value_or("0"));
  constexpr std::int64_t kPrime = 31;  // steps of one job that run side by side need ports apart
  ranks.master_port = static_cast<int>(
      kSlurmPorts +
      (job.value_or(0) % kSlurmPortCount * kPrime + step.value_or(0)) % kSlurmPortCount);
  if (!in.problem()) check(ranks, kSlurm, in);
  if (in.problem()) return fail(*in.problem());
  return ranks;
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
}

Result<Ranks> ranks_from(const Environment& environment) {
  const auto any = [&](const Names& names) {
    return environment(names.rank).has_value() || environment(names.size).has_value();
  };
  if (any(kTorchrun)) return of_torchrun(environment);
  if (any(kOpenMpi)) return of_mpi(kOpenMpi, environment);
  // mpiexec may start its processes through srun, whose variables then count helpers, not ranks;
  // srun with a PMI plug-in sets PMI_RANK, too, but not MPI_LOCALRANKID.
  const auto tasks =
      parse_number<int>(environment("SLURM_STEP_NUM_TASKS").value_or("")).value_or(1);
  if (any(kMpich) && (tasks <= 1 || environment(kMpich.local_rank))) {
    return of_mpi(kMpich, environment);
  }
  return tasks > 1 ? of_slurm(environment) : Ranks{};
}

}  // namespace btrack::cluster

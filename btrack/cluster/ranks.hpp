// SPDX-License-Identifier: Apache-2.0
// Who else is in this job: what torchrun, Slurm and MPI say in the environment of every process.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "btrack/core/error.hpp"

namespace btrack::cluster {

/// One process of several that do one job together, one device each.
struct Ranks {
  int rank = 0;
  int size = 1;
  int local_rank = 0;  ///< among those of this node, which are neighbours by rank
  int local_size = 1;
  std::string master_address;  ///< where rank 0 waits for the others; empty where there are none
  int master_port = 0;
  std::string launcher;  ///< "torchrun", "Open MPI", "MPICH", "Slurm"; empty where there is none

  [[nodiscard]] bool several() const { return size > 1; }
  [[nodiscard]] bool first() const { return rank == 0; }
  [[nodiscard]] bool first_of_node() const { return local_rank == 0; }
  friend bool operator==(const Ranks&, const Ranks&) = default;
};

/// The value of an environment variable, or nothing where it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;
Environment process_environment();

/// One rank where no launcher has left its variables. Errors (usage): some of a launcher's
/// variables are missing, or they contradict each other.
Result<Ranks> ranks_from(const Environment& environment);

}  // namespace btrack::cluster

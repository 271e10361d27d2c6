// SPDX-License-Identifier: Apache-2.0
// The ranks that train one network together: they meet, split every batch, add up their gradients.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "btrack/cluster/ranks.hpp"

namespace btrack::models {

/// Another rank has ended or does not answer; the message is one sentence.
class TeamLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A part of a batch.
struct Share {
  std::int64_t begin = 0;
  std::int64_t count = 0;
};

/// c10d without Python: a TCPStore at rank 0, and Gloo (processors) or NCCL (GPUs) between all.
/// What the ranks do together throws TeamLost where one is gone.
class Team {
 public:
  /// Nothing where this is the only rank. Waits five minutes for the others; `meeting` keeps one
  /// run of a job from the next. Errors: io (rank 0 cannot listen), timeout (not all came).
  static Result<std::unique_ptr<Team>> join(const cluster::Ranks& ranks, std::string meeting);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  /// Connects the ranks' devices. Errors: unsupported (a device for which there is no back end).
  Result<void> connect(at::Device device);

  /// "gloo" or "nccl"; of connected ranks.
  [[nodiscard]] std::string backend() const;

  [[nodiscard]] const cluster::Ranks& ranks() const { return ranks_; }
  /// This rank's part of a batch of `count` items, or part `rank`'s.
  [[nodiscard]] Share share(std::int64_t count) const { return share(count, ranks_.rank); }
  [[nodiscard]] Share share(std::int64_t count, int rank) const;
  /// Items of `items`, taken in batches, that this node's ranks work on.
  [[nodiscard]] std::int64_t items_of_node(std::int64_t items, std::int64_t batch) const;

  /// Leaves in every rank's tensors the sum over the ranks; in few messages of 25 MB.
  void add_up(const std::vector<at::Tensor>& tensors);
  /// Leaves rank 0's values in every rank's tensors.
  void copy_first(const std::vector<at::Tensor>& tensors);
  /// Returns at the same time in all ranks, as nearly as their messages allow.
  void meet();

  /// Rank 0 tells the others a decision; they ask for it without loading device or processor, which
  /// rank 0 may just be measuring. Nothing: not yet.
  void tell(const std::string& question, bool answer);
  std::optional<bool> ask(const std::string& question);

 private:
  struct Link;
  Team(cluster::Ranks ranks, std::unique_ptr<Link> link);
  Result<void> wait_for_all();

  cluster::Ranks ranks_;
  std::unique_ptr<Link> link_;
};

}  // namespace btrack::models

// SPDX-License-Identifier: Apache-2.0
// The one file with c10d's headers.
#include "btrack/models/team.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <fmt/format.h>

#include <cstdlib>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>  // empty without USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>

#include "btrack/core/text.hpp"

namespace btrack::models {
namespace teams {

constexpr std::chrono::seconds kPatience{300};
constexpr std::int64_t kBucketBytes = 25LL << 20;  // that of PyTorch's DistributedDataParallel

/// Without the place in the library's source before it and the advice after it.
std::string first_sentence(const std::exception& error) {
  std::string_view text = split(error.what(), '\n')[0];
  if (const auto end = text.find("] "); text.starts_with('[') && end != std::string_view::npos) {
    text.remove_prefix(end + 2);
  }
  return std::string(text.substr(0, text.find(". ")));
}

/// What c10d throws becomes TeamLost.
template <class Action>
auto together(const cluster::Ranks& ranks, const Action& action) {
  try {
    return action();
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const std::exception& error) {
    throw TeamLost(fmt::format("rank {} of {} lost another rank: {}", ranks.rank, ranks.size,
                               first_sentence(error)));
  }
}

/// Gloo's own choice follows the host name, which may lead anywhere; one node needs the loopback
/// only. GLOO_SOCKET_IFNAME means what it means to PyTorch.
std::shared_ptr<gloo::transport::Device> gloo_device(const cluster::Ranks& ranks) {
  using c10d::ProcessGroupGloo;
  if (const char* interface = std::getenv("GLOO_SOCKET_IFNAME"); interface != nullptr) {
    return ProcessGroupGloo::createDeviceForInterface(std::string(split(interface, ',')[0]));
  }
  if (ranks.local_size == ranks.size) return ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
  return ProcessGroupGloo::createDefaultDevice();
}

using BackendPtr = c10::intrusive_ptr<c10d::Backend>;

BackendPtr gloo_backend(const cluster::Ranks& ranks, const c10::intrusive_ptr<c10d::Store>& store) {
  auto options = c10d::ProcessGroupGloo::Options::create(kPatience);
  options->devices.push_back(gloo_device(ranks));
  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, ranks.rank, ranks.size,
                                                     std::move(options));
}

#ifdef USE_C10D_NCCL
/// Waits where it is asked to, so that a rank that is gone is an exception here and not the end of
/// the process.
BackendPtr nccl_backend(const cluster::Ranks& ranks, const c10::intrusive_ptr<c10d::Store>& store,
                        at::Device device) {
  ::setenv("TORCH_NCCL_BLOCKING_WAIT", "1", /*overwrite=*/0);
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = kPatience;
  auto backend =
      c10::make_intrusive<c10d::ProcessGroupNCCL>(store, ranks.rank, ranks.size, options);
  backend->setBoundDeviceId(device);
  return backend;
}
#endif

/// Nothing where there is none for that device.
BackendPtr backend_for([[maybe_unused]] at::Device device, const cluster::Ranks& ranks,
                       const c10::intrusive_ptr<c10d::Store>& store) {
  if (device.is_cpu()) return gloo_backend(ranks, store);
#ifdef USE_C10D_NCCL
  if (device.is_cuda()) return nccl_backend(ranks, store, device);
#endif
  return {};
}

/// Calls `action` with pieces of all tensors in a row, and puts back what it leaves there.
template <class Action>
void in_buckets(const std::vector<at::Tensor>& tensors, const Action& action) {
  const at::NoGradGuard no_grad;
  for (std::size_t begin = 0, end = 0; begin < tensors.size(); begin = end) {
    std::vector<at::Tensor> rows;
    std::int64_t bytes = 0;
    for (; end < tensors.size() && (bytes == 0 || bytes + tensors[end].nbytes() <= kBucketBytes) &&
           tensors[end].scalar_type() == tensors[begin].scalar_type();
         ++end) {
      rows.push_back(tensors[end].detach().reshape({-1}));
      bytes += static_cast<std::int64_t>(tensors[end].nbytes());
    }
    std::vector<at::Tensor> bucket{at::cat(rows)};
    action(bucket);
    std::int64_t at = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const at::Tensor& tensor = tensors[i];
      tensor.detach().copy_(bucket[0].narrow(0, at, tensor.numel()).view(tensor.sizes()));
      at += tensor.numel();
    }
  }
}

}  // namespace teams

struct Team::Link {
  c10::intrusive_ptr<c10d::Store> store;
  teams::BackendPtr backend;
  at::Tensor signal;  ///< for meet()
};

Team::Team(cluster::Ranks ranks, std::unique_ptr<Link> link)
    : ranks_(std::move(ranks)), link_(std::move(link)) {}

Team::~Team() = default;

Result<std::unique_ptr<Team>> Team::join(const cluster::Ranks& ranks, std::string meeting) {
  if (!ranks.several()) return std::unique_ptr<Team>();
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(ranks.master_port);
  options.isServer = ranks.first();
  options.waitWorkers = false;
  options.timeout = teams::kPatience;
  auto link = std::make_unique<Link>();
  try {
    const auto store = c10::make_intrusive<c10d::TCPStore>(ranks.master_address, options);
    link->store = c10::make_intrusive<c10d::PrefixStore>(std::move(meeting), store);
  } catch (const std::exception& error) {
    const bool first = ranks.first();
    return fail(first ? ErrorKind::io : ErrorKind::timeout,
                fmt::format("rank {} cannot {} {} port {}: {}", ranks.rank,
                            first ? "listen at" : "reach rank 0 at", ranks.master_address,
                            ranks.master_port, teams::first_sentence(error)),
                first ? "choose a free MASTER_PORT" : "see what rank 0 said");
  }
  std::unique_ptr<Team> team(new Team(ranks, std::move(link)));
  if (auto all = team->wait_for_all(); !all) return fail(all.error());
  return team;
}

Result<void> Team::wait_for_all() {
  std::int64_t came = 0;
  try {
    came = link_->store->add("came", 1);
    if (came == ranks_.size) link_->store->set("all", "yes");
    link_->store->wait({"all"}, teams::kPatience);
    return {};
  } catch (const std::exception& error) {
    return fail(ErrorKind::timeout,
                fmt::format("rank {} waited for {} ranks in vain ({} had come before it): {}",
                            ranks_.rank, ranks_.size, came - 1, teams::first_sentence(error)),
                "see what the other ranks said");
  }
}

Result<void> Team::connect(at::Device device) {
  try {
    link_->backend = teams::backend_for(device, ranks_, link_->store);
  } catch (const std::exception& error) {
    return fail(ErrorKind::io,
                fmt::format("rank {} cannot connect to the others through {}: {}", ranks_.rank,
                            device.is_cpu() ? "Gloo" : "NCCL", teams::first_sentence(error)),
                fmt::format("{} names the network interface to use",
                            device.is_cpu() ? "GLOO_SOCKET_IFNAME" : "NCCL_SOCKET_IFNAME"));
  }
  if (!link_->backend) {
    return fail(ErrorKind::unsupported,
                fmt::format("this btrack-worker cannot train on {} with {} ranks: it has no NCCL",
                            device.str(), ranks_.size),
                "use --device cpu, or one rank");
  }
  link_->signal = at::ones({1}, at::TensorOptions(device));
  return {};
}

std::string Team::backend() const { return link_->backend->getBackendName(); }

Share Team::share(std::int64_t count, int rank) const {
  const std::int64_t begin = count * rank / ranks_.size;
  return {begin, count * (rank + 1) / ranks_.size - begin};
}

std::int64_t Team::items_of_node(std::int64_t items, std::int64_t batch) const {
  const int first = ranks_.rank - ranks_.local_rank;
  const auto part = [&](std::int64_t count) {
    const Share last = share(count, first + ranks_.local_size - 1);
    return last.begin + last.count - share(count, first).begin;
  };
  return items / batch * part(batch) + part(items % batch);
}

void Team::add_up(const std::vector<at::Tensor>& tensors) {
  teams::together(ranks_, [&] {
    teams::in_buckets(tensors, [&](auto& bucket) { link_->backend->allreduce(bucket)->wait(); });
  });
}

void Team::copy_first(const std::vector<at::Tensor>& tensors) {
  teams::together(ranks_, [&] {
    teams::in_buckets(tensors, [&](auto& bucket) { link_->backend->broadcast(bucket)->wait(); });
  });
}

void Team::meet() {
  link_->signal.fill_(1.0);
  add_up({link_->signal});
}

void Team::tell(const std::string& question, bool answer) {
  teams::together(ranks_, [&] { link_->store->set(question, answer ? "yes" : "no"); });
}

std::optional<bool> Team::ask(const std::string& question) {
  return teams::together(ranks_, [&]() -> std::optional<bool> {
    if (!link_->store->check({question})) return std::nullopt;
    return link_->store->get_to_str(question) == "yes";
  });
}

}  // namespace btrack::models

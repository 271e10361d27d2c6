// SPDX-License-Identifier: Apache-2.0
// Two processes over the loopback: their gradients and their training are those of one device.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "btrack/core/child_process.hpp"
#include "btrack/models/device.hpp"
#include "btrack/models/training.hpp"
#include "tests/models/idx_files.hpp"

namespace btrack::models {
namespace {

using testing::TemporaryFolder;
using testing::write_split;

constexpr const char* kPort = "BTRACK_TEST_TEAM_PORT";
constexpr const char* kData = "BTRACK_TEST_TEAM_DATA";

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), length);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(fd);
  return ntohs(address.sin_port);
}

cluster::Ranks rank_of_two(int rank, int port) {
  return {rank, 2, rank, 2, "127.0.0.1", port, "test"};
}

/// What both processes do with a small perceptron.
struct Bench {
  Bench(const std::string& folder, Team* team) {
    set_threads(1);
    results::Settings settings;
    settings.data = folder;
    data = load_data(selected, settings, at::kCPU).value();
    plan = {.batch = 32, .epochs = 1, .learning_rate = 1e-3, .team = team};
    network = make_network(selected, 1, at::kCPU);
  }

  /// Of the first 32 items, a batch, or of 7, which is not even.
  std::vector<at::Tensor> gradients(std::int64_t items) {
    network->train();
    Trainer trainer(*network, data.train, plan);
    at::Tensor sum = at::zeros({});
    trainer.gradients(at::arange(items), sum);
    std::vector<at::Tensor> gradients;
    for (auto& parameter : network->trainable()) {
      gradients.push_back(parameter.grad().clone());
      parameter.mutable_grad().reset();
    }
    return gradients;
  }

  double epoch() {
    return Trainer(*network, data.train, plan).epoch([](std::int64_t) { return true; }).value();
  }

  Selection selected = selection_of(**find_model("mlp_64"));
  DataSet data;
  TrainPlan plan;
  NetworkPtr network;
};

std::unique_ptr<Team> team_of(int rank, int port) {
  auto team = Team::join(rank_of_two(rank, port), "test");
  if (!team) throw std::runtime_error(team.error().message);
  if (auto ready = (*team)->connect(at::kCPU); !ready) throw std::runtime_error("connect");
  return std::move(*team);
}

/// Runs only as the child of the tests below, as rank 1.
TEST(Team, DISABLED_OtherRank) {
  const auto team = team_of(1, std::stoi(std::getenv(kPort)));
  Bench other(std::getenv(kData), team.get());
  other.gradients(32);
  other.gradients(7);
  other.epoch();
  const at::Tensor values = at::full({3}, 5.0);
  team->copy_first({values});
  EXPECT_TRUE(values.equal(at::ones({3})));
  while (!team->ask("enough")) ::usleep(1000);
  EXPECT_TRUE(team->ask("enough").value());
}

Result<ChildProcess> start_other(int port, const std::string& folder) {
  ChildOptions child;
  child.argv = {"/proc/self/exe", "--gtest_also_run_disabled_tests",
                "--gtest_filter=Team.DISABLED_OtherRank"};
  child.environment = {{kPort, std::to_string(port)}, {kData, folder}};
  child.die_with_parent = true;
  return ChildProcess::start(child);
}

void expect_equal(const std::vector<at::Tensor>& ours, const std::vector<at::Tensor>& reference) {
  ASSERT_EQ(ours.size(), reference.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const double size = reference[i].norm().item<double>();
    ASSERT_GT(size, 0.0);
    EXPECT_LE((ours[i] - reference[i]).norm().item<double>() / size, 1e-6) << i;
  }
}

TEST(Team, TwoRanksTrainLikeOne) {
  const TemporaryFolder folder;
  write_split(folder.path(), "train", 103);
  write_split(folder.path(), "t10k", 40);
  Bench alone(folder.path().string(), nullptr);

  const int port = free_port();
  auto other = start_other(port, folder.path().string());
  ASSERT_TRUE(other.has_value());
  const auto team = team_of(0, port);
  Bench first(folder.path().string(), team.get());
  expect_equal(first.gradients(32), alone.gradients(32));
  expect_equal(first.gradients(7), alone.gradients(7));
  EXPECT_NEAR(first.epoch(), alone.epoch(), 1e-5);
  expect_equal(first.network->trainable(), alone.network->trainable());
  team->copy_first({at::ones({3})});
  EXPECT_FALSE(team->ask("enough").has_value());
  team->tell("enough", true);
  const auto status = other->wait(Seconds(60));
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->code, 0);
  // The other rank is gone: one sentence, at once.
  try {
    team->meet();
    FAIL() << "met a rank that is gone";
  } catch (const TeamLost& lost) {
    const std::string said = lost.what();
    EXPECT_TRUE(said.starts_with("rank 0 of 2 lost another rank: Connection closed by peer"))
        << said;
    EXPECT_EQ(said.find(". "), std::string::npos) << said;
  }
}

TEST(Team, SharesAreWholeAndEven) {
  const int port = free_port();
  const TemporaryFolder folder;
  write_split(folder.path(), "train", 103);
  write_split(folder.path(), "t10k", 40);
  const auto other = start_other(port, folder.path().string());
  const auto team = team_of(0, port);
  EXPECT_EQ(team->share(32).begin, 0);
  EXPECT_EQ(team->share(32).count, 16);
  EXPECT_EQ(team->share(32, 1).begin, 16);
  EXPECT_EQ(team->share(7).count + team->share(7, 1).count, 7);
  EXPECT_EQ(team->items_of_node(103, 32), 103);  // both ranks are on this node
}

TEST(Team, OneRankIsNoTeam) { EXPECT_EQ(Team::join(cluster::Ranks{}, "test").value(), nullptr); }

TEST(Team, NoBackEndForOtherDevices) {
  const int port = free_port();
  const TemporaryFolder folder;
  write_split(folder.path(), "train", 103);
  write_split(folder.path(), "t10k", 40);
  const auto other = start_other(port, folder.path().string());
  auto team = Team::join(rank_of_two(0, port), "test").value();
  const auto refused = team->connect(at::Device(at::kCUDA, 0));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
}

}  // namespace
}  // namespace btrack::models

// SPDX-License-Identifier: Apache-2.0
// Each launcher's variables as its documentation shows them, and what is missing or contradicts.
#include <gtest/gtest.h>

#include <map>

#include "btrack/cluster/ranks.hpp"

namespace btrack::cluster {
namespace {

using Variables = std::map<std::string, std::string>;

Result<Ranks> ranks_of(const Variables& variables) {
  return ranks_from([&](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

const Variables kTorchrun{{"RANK", "5"},
                          {"WORLD_SIZE", "8"},
                          {"LOCAL_RANK", "1"},
                          {"LOCAL_WORLD_SIZE", "4"},
                          {"MASTER_ADDR", "node1"},
                          {"MASTER_PORT", "4711"}};
const Variables kSlurm{{"SLURM_PROCID", "6"},
                       {"SLURM_STEP_NUM_TASKS", "7"},
                       {"SLURM_LOCALID", "0"},
                       {"SLURM_NODEID", "3"},
                       {"SLURM_STEP_TASKS_PER_NODE", "2(x3),1"},
                       {"SLURM_STEP_NODELIST", "gpu[07-09,12]"},
                       {"SLURM_JOB_ID", "123456"},
                       {"SLURM_STEP_ID", "2"}};
const Variables kOpenMpi{{"OMPI_COMM_WORLD_RANK", "1"},
                         {"OMPI_COMM_WORLD_SIZE", "2"},
                         {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                         {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}};
const Variables kMpich{
    {"PMI_RANK", "0"}, {"PMI_SIZE", "2"}, {"MPI_LOCALRANKID", "0"}, {"MPI_LOCALNRANKS", "2"}};

Variables with(Variables variables, const std::string& name, const std::string& value) {
  variables[name] = value;
  return variables;
}
Variables without(Variables variables, const std::string& name) {
  variables.erase(name);
  return variables;
}

void expect_refused(const Variables& variables, const std::string& says) {
  const auto ranks = ranks_of(variables);
  ASSERT_FALSE(ranks.has_value()) << says;
  EXPECT_EQ(ranks.error().kind, ErrorKind::usage);
  EXPECT_NE(ranks.error().message.find(says), std::string::npos) << ranks.error().message;
  EXPECT_FALSE(ranks.error().remedy.empty());
}

TEST(Ranks, NoVariablesAreOneRank) {
  const auto ranks = ranks_of({{"HOME", "/root"}, {"SLURM_JOB_ID", "7"}, {"SLURM_PROCID", "0"}});
  ASSERT_TRUE(ranks.has_value());
  EXPECT_EQ(*ranks, Ranks{});
  EXPECT_FALSE(ranks->several());
  EXPECT_TRUE(ranks->first() && ranks->first_of_node());
}

TEST(Ranks, OneRankOfALauncherNeedsNoMeetingPlace) {
  EXPECT_EQ(*ranks_of({{"RANK", "0"}, {"WORLD_SIZE", "1"}}), Ranks{});
  EXPECT_EQ(*ranks_of({{"PMI_RANK", "0"}, {"PMI_SIZE", "1"}}), Ranks{});
}

TEST(Ranks, Torchrun) {
  EXPECT_EQ(*ranks_of(kTorchrun), (Ranks{5, 8, 1, 4, "node1", 4711, "torchrun"}));
  const auto beside = ranks_of(with(kTorchrun, "TORCHELASTIC_USE_AGENT_STORE", "True"));
  EXPECT_EQ(beside->master_port, 4712);  // the agent's own store is at 4711
}

TEST(Ranks, Slurm) {
  const auto ranks = ranks_of(kSlurm);
  ASSERT_TRUE(ranks.has_value()) << ranks.error().message;
  // 123456 % 12000 = 3456; 3456 * 31 + 2 = 107138; 107138 % 12000 = 11138.
  EXPECT_EQ(*ranks, (Ranks{6, 7, 0, 1, "gpu07", 31138, "Slurm"}));
  const auto other = ranks_of(with(with(kSlurm, "SLURM_NODEID", "2"), "SLURM_PROCID", "4"));
  EXPECT_EQ(other->local_size, 2);
  EXPECT_EQ(other->master_port, ranks->master_port);
  EXPECT_EQ(ranks_of(with(kSlurm, "SLURM_STEP_NODELIST", "a1,b[2-3]"))->master_address, "a1");
  EXPECT_EQ(*ranks_of(with(kSlurm, "SLURM_STEP_NUM_TASKS", "1")), Ranks{});
}

TEST(Ranks, MpiOnOneNodeMeetsThere) {
  EXPECT_EQ(*ranks_of(kOpenMpi), (Ranks{1, 2, 1, 2, "127.0.0.1", 29500, "Open MPI"}));
  EXPECT_EQ(*ranks_of(with(kMpich, "MASTER_PORT", "9")),
            (Ranks{0, 2, 0, 2, "127.0.0.1", 9, "MPICH"}));
}

TEST(Ranks, MpiOnSeveralNodesNeedsTheAddress) {
  const auto far = with(with(kOpenMpi, "OMPI_COMM_WORLD_SIZE", "4"), "MASTER_PORT", "700");
  expect_refused(far, "MASTER_ADDR");
  EXPECT_EQ(ranks_of(with(far, "MASTER_ADDR", "n1"))->master_address, "n1");
}

TEST(Ranks, MpiInsideASlurmStepCountsMpisRanks) {
  auto both = kSlurm;
  both.insert(kMpich.begin(), kMpich.end());
  EXPECT_EQ(ranks_of(both)->launcher, "MPICH");
  EXPECT_EQ(ranks_of(without(both, "MPI_LOCALRANKID"))->launcher, "Slurm");  // srun --mpi=pmi2
}

TEST(Ranks, MissingVariablesAreNamed) {
  for (const auto& [name, value] : kTorchrun) expect_refused(without(kTorchrun, name), name);
  for (const auto& [name, value] : kOpenMpi) expect_refused(without(kOpenMpi, name), name);
  for (const auto& [name, value] : kMpich) expect_refused(without(kMpich, name), name);
  for (const auto* name : {"SLURM_PROCID", "SLURM_LOCALID", "SLURM_NODEID",
                           "SLURM_STEP_TASKS_PER_NODE", "SLURM_STEP_NODELIST", "SLURM_JOB_ID"}) {
    expect_refused(without(kSlurm, name), name);
  }
}

TEST(Ranks, ContradictionsAreNamed) {
  expect_refused(with(kTorchrun, "RANK", "8"), "RANK=8 is not below WORLD_SIZE=8");
  expect_refused(with(kTorchrun, "LOCAL_RANK", "4"), "LOCAL_RANK=4 is not below");
  expect_refused(with(kTorchrun, "LOCAL_WORLD_SIZE", "9"), "is more than WORLD_SIZE=8");
  expect_refused(with(with(kTorchrun, "RANK", "0"), "LOCAL_RANK", "2"), "neighbouring");
  expect_refused(with(with(kTorchrun, "RANK", "7"), "LOCAL_RANK", "0"), "neighbouring");
  expect_refused(with(kTorchrun, "RANK", "-1"), "RANK=-1");
  expect_refused(with(kTorchrun, "WORLD_SIZE", "two"), "WORLD_SIZE=two");
  expect_refused(with(kTorchrun, "MASTER_PORT", "70000"), "MASTER_PORT=70000");
  expect_refused(with(kSlurm, "SLURM_STEP_TASKS_PER_NODE", "2(x"), "SLURM_STEP_TASKS_PER_NODE");
  expect_refused(with(kSlurm, "SLURM_NODEID", "4"), "SLURM_STEP_TASKS_PER_NODE");
}

}  // namespace
}  // namespace btrack::cluster

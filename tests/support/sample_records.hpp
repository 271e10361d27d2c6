// SPDX-License-Identifier: Apache-2.0
// Run records made by hand, the same every time: invented numbers, for tests only.
#pragma once

#include <string>
#include <vector>

#include "btrack/results/record.hpp"

namespace btrack::testing {

enum class SampleEnergy { measured, estimated, none };

struct SampleModel {
  std::string workload;
  std::int64_t parameters = 0;
  std::int64_t macs = 0;
  std::vector<double> accuracies;  ///< after each epoch
  double epoch_s = 1.0;
  double infer_s_per_1000 = 0.01;
  double watts = 50.0;
};

/// A complete record with windows, energies (a band of 5 % where measured, wider where estimated),
/// qualities and a trace. `number` goes into id, start time and seed-free provenance.
results::RunRecord sample_record(const SampleModel& model, SampleEnergy energy, int number);

/// Seven models of an efficiency ladder; one is dominated.
std::vector<SampleModel> sample_ladder();
std::vector<results::RunRecord> sample_ladder_records(SampleEnergy energy);

/// Evaluations become probes of a server's rate (20, 40 ... queries/s), inference its repetitions
/// at the last of them; latencies from 0.1 ms on in steps of 0.1 ms.
void become_server(results::RunRecord& record);

}  // namespace btrack::testing

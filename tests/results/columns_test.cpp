// SPDX-License-Identifier: Apache-2.0
// The column table: values, missing values, CSV and JSON.
#include "btrack/results/columns.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/results/sample_record.hpp"

namespace btrack::results {
namespace {

Cell cell(std::string_view id, const RunRecord& record) {
  return find_column(id).value()->value(record);
}
double number(std::string_view id, const RunRecord& record) {
  const Cell value = cell(id, record);
  return std::holds_alternative<double>(value) ? std::get<double>(value) : std::nan("");
}
bool missing(std::string_view id, const RunRecord& record) {
  return std::holds_alternative<std::monostate>(cell(id, record));
}

TEST(Columns, FollowFromTheRecord) {
  const RunRecord r = sample_record();
  EXPECT_EQ(cell("run", r), Cell(std::string("20261123T010203Z-lenet5-1a2b3c")));
  EXPECT_DOUBLE_EQ(number("accuracy_percent", r), 89.12);
  EXPECT_DOUBLE_EQ(number("train_time_s", r), 5.0);
  EXPECT_DOUBLE_EQ(number("train_time_per_epoch_s", r), 2.5);
  EXPECT_DOUBLE_EQ(number("train_energy_j", r), 30.0);
  EXPECT_DOUBLE_EQ(number("train_energy_low_j", r), 27.0);
  EXPECT_DOUBLE_EQ(number("train_energy_high_j", r), 33.0);
  EXPECT_DOUBLE_EQ(number("train_energy_per_epoch_j", r), 15.0);
  EXPECT_EQ(cell("infer_items", r), Cell(std::int64_t{2000}));
  EXPECT_DOUBLE_EQ(number("infer_time_per_1000_s", r), 1.0);
  EXPECT_DOUBLE_EQ(number("infer_throughput_per_s", r), 1000.0);
  EXPECT_DOUBLE_EQ(number("infer_energy_per_1000_j", r), 2.0);
  EXPECT_DOUBLE_EQ(number("infer_energy_per_1000_low_j", r), 1.8);
  EXPECT_DOUBLE_EQ(number("infer_energy_per_1000_high_j", r), 2.2);
  EXPECT_DOUBLE_EQ(number("mean_power_w", r), 34.0 / 7.0);
  EXPECT_DOUBLE_EQ(number("flop_per_j", r), 2.0 * 416520 * 1000 / 2.0);
  EXPECT_DOUBLE_EQ(number("sampling_cpu_percent", r), 0.01);
  EXPECT_EQ(cell("energy_source", r), Cell(std::string("measured")));
  EXPECT_EQ(cell("energy_grade", r), Cell(std::string("C")));
  EXPECT_EQ(cell("energy_coverage", r),
            Cell(std::string("powercap/package-0 powercap/package-0/dram")));
  EXPECT_EQ(cell("torch", r), Cell(std::string("2.13.0")));
  EXPECT_TRUE(missing("command", r));
  EXPECT_TRUE(missing("elapsed_s", r));
  EXPECT_TRUE(missing("failure", r));
}

TEST(Columns, ModelFlopPerSecondAndItsShareOfTheCeiling) {
  RunRecord r = sample_record();
  for (const auto* column : {"infer_mfu_percent", "train_mfu_percent", "peak_memory_bytes"}) {
    EXPECT_TRUE(missing(column, r)) << column;
  }
  r.qualities.push_back({"ceiling_flop_per_s", 1e10, 0});
  r.qualities.push_back({"peak_resident_bytes", 5e8, 0});
  const auto trained = static_cast<double>(phase_items(r, phase::train));
  EXPECT_DOUBLE_EQ(number("infer_flop_per_s", r), 2.0 * 416520 * 1000.0);
  EXPECT_DOUBLE_EQ(number("infer_mfu_percent", r), 100.0 * 2.0 * 416520 * 1000.0 / 1e10);
  EXPECT_DOUBLE_EQ(number("train_flop_per_s", r), 6.0 * 416520 * trained / 5.0);
  EXPECT_DOUBLE_EQ(number("train_flop_per_j", r), 6.0 * 416520 * trained / 30.0);
  EXPECT_TRUE(missing("train_mfu_percent", r)) << "the ceiling is that of one of four devices";
  r.settings.devices = 1;
  EXPECT_DOUBLE_EQ(number("train_mfu_percent", r), 100.0 * 6.0 * 416520 * trained / 5.0 / 1e10);
  EXPECT_EQ(cell("peak_memory_bytes", r), Cell(std::int64_t{500'000'000}));
  r.checks.push_back({"frozen", 6'000'000, 6'000'000});
  EXPECT_TRUE(missing("train_flop_per_s", r)) << "a frozen part has no backward pass";
  EXPECT_FALSE(missing("infer_flop_per_s", r));
}

TEST(Columns, TheTimeIntervalComesFromTheRepetitions) {
  RunRecord r;
  for (int i = 0; i < 5; ++i) {  // 1, 2, 3, 4, 5 s per 1,000 items
    r.windows.push_back(window(phase::infer, i, 0, (i + 1) * 1'000'000'000LL, 1000, {}));
  }
  const double half = 1.1 * 2.7764451051977934 * std::sqrt(0.5);
  EXPECT_NEAR(number("infer_time_per_1000_s", r), 3.0, 1e-12);
  EXPECT_NEAR(number("infer_time_per_1000_low_s", r), 3.0 - half, 1e-9);
  EXPECT_NEAR(number("infer_time_per_1000_high_s", r), 3.0 + half, 1e-9);
  r.windows.resize(1);
  EXPECT_TRUE(missing("infer_time_per_1000_high_s", r));  // one repetition has no interval
}

/// Two repetitions of 4 prompts of 100 tokens in 2 s and 4 s, and of 3 further tokens of 4 answers
/// in 0.6 s and 1.2 s.
RunRecord decoder_record() {
  RunRecord r;
  r.settings.infer_batch = 4;
  r.settings.prompt = 100;
  r.settings.generate = 4;
  constexpr std::int64_t kMs = 1'000'000;
  r.windows.push_back(window(phase::prefill, 0, 0, 2000 * kMs, 400, figure(8, 7, 9)));
  r.windows.push_back(window(phase::prefill, 1, 2000 * kMs, 6000 * kMs, 400, figure(16, 15, 18)));
  r.windows.push_back(
      window(phase::decode, 0, 6000 * kMs, 6600 * kMs, 12, figure(3, 2, 4, power::Grade::D)));
  r.windows.push_back(
      window(phase::decode, 1, 6600 * kMs, 7800 * kMs, 12, figure(6, 5, 8, power::Grade::D)));
  return r;
}

TEST(Columns, BytesThatADecodingStepReads) {
  RunRecord r = decoder_record();
  r.qualities.push_back({"decode_bytes_per_step", 6e8, 0});
  EXPECT_DOUBLE_EQ(number("decode_bytes_per_s", r), 2e9) << "0.3 s a token";
}

TEST(Columns, PrefillAndDecodeApart) {
  const RunRecord r = decoder_record();
  EXPECT_DOUBLE_EQ(number("prefill_tokens_per_s", r), 400.0 / 3.0);
  EXPECT_DOUBLE_EQ(number("ttft_s", r), 3.0) << "one batch of prompts: mean of 2 s and 4 s";
  EXPECT_LT(number("ttft_low_s", r), 2.0);
  EXPECT_DOUBLE_EQ(number("prefill_energy_per_token_j", r), 24.0 / 800.0);
  EXPECT_DOUBLE_EQ(number("prefill_energy_per_token_low_j", r), 22.0 / 800.0);
  EXPECT_DOUBLE_EQ(number("prefill_energy_per_token_high_j", r), 27.0 / 800.0);
  EXPECT_DOUBLE_EQ(number("decode_tokens_per_s", r), 12.0 / 0.9);
  EXPECT_DOUBLE_EQ(number("tpot_s", r), 0.3) << "mean of 0.2 s and 0.4 s";
  EXPECT_TRUE(missing("decode_bytes_per_s", r));
  EXPECT_DOUBLE_EQ(number("decode_energy_per_token_j", r), 9.0 / 24.0);
  EXPECT_EQ(cell("prefill_energy_grade", r), Cell(std::string("C")));
  EXPECT_EQ(cell("decode_energy_grade", r), Cell(std::string("D")));
  EXPECT_EQ(cell("prompt_tokens", r), Cell(std::int64_t{100}));
  EXPECT_EQ(cell("answer_tokens", r), Cell(std::int64_t{4}));
  EXPECT_DOUBLE_EQ(number("measured_energy_j", r), 33.0) << "both are measured phases";
  EXPECT_TRUE(missing("prefill_net_energy_per_token_j", r)) << "no baseline";
  EXPECT_TRUE(missing("infer_time_per_1000_s", r));
}

/// A disturbed repetition has few tokens: it counts by them, and widens the interval.
TEST(Columns, TokensPerSecondAreAllTokensOverAllTime) {
  RunRecord r = decoder_record();
  r.windows[1].items = 40;
  EXPECT_DOUBLE_EQ(number("prefill_tokens_per_s", r), 440.0 / 6.0);
  EXPECT_DOUBLE_EQ(number("ttft_s", r), 6.0 / 440.0 * 400.0);
  // Ratio 6/440; residuals 2 - 400 R and 4 - 40 R = -+3.4545 s, over 220 tokens a repetition:
  // their deviation over the root of 2 is that over 1.
  const double half = 1.1 * 12.706204736 * (4.0 - 40.0 * 6.0 / 440.0) / 220.0 * 400.0;
  EXPECT_NEAR(number("ttft_high_s", r), 6.0 / 440.0 * 400.0 + half, 1e-6);
  EXPECT_DOUBLE_EQ(number("ttft_low_s", r), 0.0) << "no time is negative";
}

TEST(Columns, AnUnknownBatchLeavesTheLatencyOut) {
  RunRecord r = decoder_record();
  r.settings.infer_batch = 0;
  EXPECT_TRUE(missing("ttft_s", r));
  EXPECT_FALSE(missing("prefill_tokens_per_s", r));
  r.windows.resize(2);
  EXPECT_TRUE(missing("decode_tokens_per_s", r));
  EXPECT_TRUE(missing("decode_energy_grade", r));
}

TEST(Columns, WhatWasNotMeasuredIsMissingNotZero) {
  const RunRecord empty;
  const std::set<std::string_view> known = {"device", "devices", "batch", "threads",
                                            "epochs", "seed",    "status"};
  for (const Column& column : columns()) {
    const bool is_missing = std::holds_alternative<std::monostate>(column.value(empty));
    EXPECT_EQ(is_missing, !known.contains(column.id)) << column.id;
  }
  RunRecord unresolved = sample_record();
  unresolved.windows[3].energy.total = {};
  EXPECT_TRUE(missing("infer_energy_per_1000_j", unresolved));
  EXPECT_TRUE(missing("flop_per_j", unresolved));
  EXPECT_FALSE(missing("train_energy_j", unresolved));
}

TEST(Columns, IdlePowerAndNetEnergies) {
  RunRecord r = sample_record();
  EXPECT_TRUE(missing("train_net_energy_j", r));
  EXPECT_TRUE(missing("idle_power_w", r));
  add_sample_baselines(r);
  EXPECT_DOUBLE_EQ(number("train_energy_j", r), 30.0);
  EXPECT_DOUBLE_EQ(number("train_net_energy_j", r), 10.0);
  EXPECT_DOUBLE_EQ(number("train_net_energy_low_j", r), 9.0);
  EXPECT_DOUBLE_EQ(number("infer_energy_per_1000_j", r), 2.0);
  EXPECT_DOUBLE_EQ(number("infer_net_energy_per_1000_j", r), -2.0) << "4 x (1 J - 2 J) / 2";
  EXPECT_DOUBLE_EQ(number("idle_power_w", r), 4.0);
  EXPECT_DOUBLE_EQ(number("idle_power_high_w", r), 4.5);
  EXPECT_NEAR(number("idle_power_change_percent", r), 5.0, 1e-9);
  EXPECT_TRUE(missing("active_idle_power_w", r));
  EXPECT_EQ(cell("idle_notes", r),
            Cell(std::string("baseline-drift; idle power changed; the worker had gone")));
  EXPECT_TRUE(missing("net_energy_j", r)) << "of a command only";
}

TEST(Columns, ThreeEnergiesThatAreNeverAdded) {
  RunRecord r = sample_record();
  EXPECT_DOUBLE_EQ(number("measured_energy_j", r), 34.0);
  EXPECT_TRUE(missing("modelled_energy_j", r));
  EXPECT_TRUE(missing("facility_energy_j", r)) << "no PUE, no facility energy";
  EXPECT_TRUE(missing("unmeasured", r));
  power::EnergyFigure model = figure(10, 5, 40, power::Grade::E);
  model.source = power::EnergySource::estimated;
  for (auto& w : r.windows) w.energy.channels.push_back({"estimate/machine", model});
  r.facility = Facility{1.5, 0.0};
  r.unmeasured = {"memory", "rest_of_node"};
  EXPECT_DOUBLE_EQ(number("measured_energy_j", r), 34.0);
  EXPECT_DOUBLE_EQ(number("modelled_energy_j", r), 60.0);
  EXPECT_DOUBLE_EQ(number("facility_energy_j", r), 51.0);
  EXPECT_DOUBLE_EQ(number("facility_energy_high_j", r), 51.0 * 1.1);
  EXPECT_DOUBLE_EQ(number("train_energy_j", r), 30.0) << "PUE is in no other energy";
  EXPECT_DOUBLE_EQ(number("pue", r), 1.5);
  EXPECT_EQ(cell("unmeasured", r), Cell(std::string("memory rest_of_node")));
  r.unmeasured->clear();
  EXPECT_EQ(cell("unmeasured", r), Cell(std::string("nothing")));
}

TEST(Columns, OfACommand) {
  RunRecord r;
  r.settings.workload = "command";
  r.settings.command = {"sh", "-c", "echo 'a b'", ""};
  r.windows.push_back(window(phase::command, 0, 0, 1'500'000'000, 1, figure(30, 27, 33)));
  EXPECT_EQ(cell("command", r), Cell(std::string("sh -c 'echo '\\''a b'\\''' ''")));
  EXPECT_DOUBLE_EQ(number("elapsed_s", r), 1.5);
  EXPECT_DOUBLE_EQ(number("energy_j", r), 30.0);
  EXPECT_DOUBLE_EQ(number("energy_high_j", r), 33.0);
  EXPECT_DOUBLE_EQ(number("mean_power_w", r), 20.0);
  EXPECT_TRUE(missing("batch", r));
  EXPECT_TRUE(missing("device", r));
}

TEST(Columns, IdsAreUniqueCarryTheirUnitAndHaveBothLabels) {
  std::set<std::string_view> ids;
  for (const Column& column : columns()) {
    EXPECT_TRUE(ids.insert(column.id).second) << column.id;
    EXPECT_FALSE(column.en.empty()) << column.id;
    EXPECT_FALSE(column.ja.empty()) << column.id;
    EXPECT_TRUE(column.unit != "J" || column.id.ends_with("_j")) << column.id;
    EXPECT_TRUE(column.unit != "s" || column.id.ends_with("_s")) << column.id;
    EXPECT_TRUE(column.unit != "%" || column.id.ends_with("_percent")) << column.id;
  }
}

TEST(Columns, CellsHaveTheTypeOfTheirColumn) {
  RunRecord r = sample_record();
  r.failure = Error{ErrorKind::io, "x", ""};
  for (const Column& column : columns()) {
    const Cell value = column.value(r);
    if (std::holds_alternative<std::monostate>(value)) continue;
    EXPECT_EQ(value.index(), 1U + static_cast<std::size_t>(column.type)) << column.id;
  }
}

TEST(Columns, AMistypedIdNamesTheNearest) {
  const auto found = find_column("train_enrgy_j");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::usage);
  EXPECT_EQ(found.error().message,
            "there is no column 'train_enrgy_j' (did you mean 'train_energy_j'?)");
  EXPECT_EQ(parse_columns("run, seed").value().size(), 2U);
  EXPECT_FALSE(parse_columns("run,,seed"));
  EXPECT_FALSE(parse_columns(""));
}

TEST(Columns, CellTextIsForPeople) {
  EXPECT_EQ(cell_text({}), "-");
  EXPECT_EQ(cell_text(std::int64_t{61706}), "61706");
  EXPECT_EQ(cell_text(4.56789), "4.57");
  EXPECT_EQ(cell_text(std::nan("")), "-");
  EXPECT_EQ(cell_text(std::string("a")), "a");
}

TEST(Rows, CsvFollowsRfc4180) {
  RunRecord failed = sample_record("b");
  failed.failure = Error{ErrorKind::crashed, "said \"no\",\nthen died", ""};
  failed.windows.clear();
  const RunRecord both[] = {sample_record("a"), failed};
  const auto chosen =
      parse_columns("run,seed,train_energy_j,infer_time_per_1000_s,failure").value();
  EXPECT_EQ(rows_to_csv(both, chosen),
            "run,seed,train_energy_j,infer_time_per_1000_s,failure\r\n"
            "a,9223372036854775807,30,1,\r\n"
            "b,9223372036854775807,,,\"said \"\"no\"\",\nthen died\"\r\n");
  EXPECT_EQ(rows_to_csv({}, chosen).find("\r\n"), 53U);
}

TEST(Rows, JsonHasNullForMissingAndKeepsTheOrder) {
  RunRecord record = sample_record("a");
  record.windows.clear();
  const auto chosen = parse_columns("seed,run,train_energy_j").value();
  const RunRecord rows[] = {record};
  EXPECT_EQ(rows_to_json(rows, chosen),
            "[{\"seed\":9223372036854775807,\"run\":\"a\",\"train_energy_j\":null}]");
  EXPECT_EQ(rows_to_json({}, chosen), "[]");
}

TEST(Columns, TrainingToATargetStopsAtTheEpochThatReachedIt) {
  const auto cell = [](const RunRecord& record, std::string_view id) {
    return find_column(id).value()->value(record);
  };
  RunRecord record = sample_record();  // 2 s and 10 J, 3 s and 20 J
  record.settings.target_accuracy = 0.8;
  record.qualities = {{"accuracy", 0.79, 0}, {"accuracy", 0.81, 1}};
  EXPECT_EQ(cell(record, "epochs_to_target"), Cell(std::int64_t{2}));
  EXPECT_EQ(cell(record, "time_to_target_s"), Cell(5.0));
  EXPECT_EQ(cell(record, "energy_to_target_j"), Cell(30.0));
  record.qualities = {{"loss", 0.9, 0}, {"accuracy", 0.8, 0}, {"accuracy", 0.7, 1}};
  EXPECT_EQ(cell(record, "epochs_to_target"), Cell(std::int64_t{1}));
  EXPECT_EQ(cell(record, "time_to_target_s"), Cell(2.0));
  EXPECT_EQ(cell(record, "energy_to_target_j"), Cell(10.0));
  record.qualities = {{"accuracy", 0.79, 0}};
  EXPECT_EQ(cell(record, "target_accuracy_percent"), Cell(80.0));
  for (const auto* id : {"epochs_to_target", "time_to_target_s", "energy_to_target_j"}) {
    EXPECT_EQ(cell(record, id), Cell()) << id;
  }
  record.settings.target_accuracy.reset();
  EXPECT_EQ(cell(record, "target_accuracy_percent"), Cell());
}

}  // namespace
}  // namespace btrack::results

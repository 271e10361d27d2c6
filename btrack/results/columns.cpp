// SPDX-License-Identifier: Apache-2.0
// The one column table.
#include "btrack/results/columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "btrack/core/text.hpp"
#include "btrack/results/cells.hpp"
#include "btrack/results/scenario_columns.hpp"

namespace btrack::results {
namespace {

using namespace cells;

template <auto cell, Part part>
Cell part_of(Record r) {
  return cell(r, part);
}

template <const std::string_view& phase, auto cell, Part part>
Cell of_tokens(Record r) {
  return cell(token_phase(r, phase), part);
}

constexpr auto kInteger = ColumnType::integer;
constexpr auto kReal = ColumnType::real;
constexpr auto kText = ColumnType::text;

// Energies' _low and _high are the ends of the 95 % interval; those of times come from the
// repetitions.
constexpr std::array kOwnColumns = {
    Column{"run", "", kText, "Run", "実行ID", [](Record r) { return text(r.id); }},
    Column{"started", "", kText, "Started (UTC)", "開始日時(UTC)",
           [](Record r) { return text(r.started_utc); }},
    Column{"suite", "", kText, "Suite", "測定スイート", [](Record r) { return text(r.suite); }},
    Column{"workload", "", kText, "Workload", "ワークロード",
           [](Record r) { return text(r.settings.workload); }},
    Column{"family", "", kText, "Family", "モデル系列", [](Record r) { return text(r.family); }},
    Column{"device", "", kText, "Device", "デバイス",
           [](Record r) { return is_command(r) ? Cell() : text(r.settings.device); }},
    Column{"devices", "", kInteger, "Devices that trained", "学習に用いたデバイス数",
           [](Record r) { return of_model(r, r.settings.devices); }},
    Column{"batch", "", kInteger, "Batch size", "バッチサイズ",
           [](Record r) { return of_model(r, r.settings.batch); }},
    Column{"threads", "", kInteger, "CPU threads", "CPUスレッド数",
           [](Record r) { return of_model(r, r.settings.threads); }},
    Column{"epochs", "", kInteger, "Epochs", "エポック数",
           [](Record r) { return of_model(r, r.settings.epochs); }},
    Column{"seed", "", kInteger, "Seed", "乱数シード",
           [](Record r) { return of_model(r, r.settings.seed); }},
    Column{"status", "", kText, "Status", "状態",
           [](Record r) { return text(status_name(r.status)); }},
    Column{"failure", "", kText, "Failure", "失敗の理由",
           [](Record r) { return r.failure ? text(r.failure->message) : Cell(); }},
    Column{"parameters", "", kInteger, "Parameters", "パラメータ数",
           [](Record r) { return positive(r.parameters); }},
    Column{"macs_per_item", "", kInteger, "Multiply-adds per item", "1件あたりの積和演算数",
           [](Record r) { return positive(r.macs_per_item); }},
    Column{"accuracy_percent", "%", kReal, "Accuracy", "正解率", accuracy},
    Column{"target_accuracy_percent", "%", kReal, "Target accuracy", "目標正解率", target_accuracy},
    Column{"epochs_to_target", "", kInteger, "Epochs to the target", "目標までのエポック数",
           target_epochs},
    Column{"time_to_target_s", "s", kReal, "Training time to the target", "目標までの学習時間",
           target_time},
    Column{"energy_to_target_j", "J", kReal, "Training energy to the target",
           "目標までの学習の消費エネルギー", part_of<target_energy, Part::value>},
    Column{"energy_to_target_low_j", "J", kReal, "Training energy to the target, 95 % low",
           "目標までの学習の消費エネルギー(95 %区間の下限)", part_of<target_energy, Part::low>},
    Column{"energy_to_target_high_j", "J", kReal, "Training energy to the target, 95 % high",
           "目標までの学習の消費エネルギー(95 %区間の上限)", part_of<target_energy, Part::high>},
    Column{"train_time_s", "s", kReal, "Training time", "学習時間",
           [](Record r) { return time_of(r, phase::train); }},
    Column{"train_time_per_epoch_s", "s", kReal, "Training time per epoch",
           "1エポックあたりの学習時間",
           [](Record r) { return per_epoch(r, time_of(r, phase::train)); }},
    Column{"train_energy_j", "J", kReal, "Training energy", "学習の消費エネルギー",
           part_of<train_energy, Part::value>},
    Column{"train_energy_low_j", "J", kReal, "Training energy, 95 % low",
           "学習の消費エネルギー(95 %区間の下限)", part_of<train_energy, Part::low>},
    Column{"train_energy_high_j", "J", kReal, "Training energy, 95 % high",
           "学習の消費エネルギー(95 %区間の上限)", part_of<train_energy, Part::high>},
    Column{"train_energy_per_epoch_j", "J", kReal, "Training energy per epoch",
           "1エポックあたりの学習の消費エネルギー",
           [](Record r) { return per_epoch(r, train_energy(r, Part::value)); }},
    Column{"train_net_energy_j", "J", kReal, "Net training energy (idle power off)",
           "学習の正味エネルギー(待機分を除く)", part_of<train_net, Part::value>},
    Column{"train_net_energy_low_j", "J", kReal, "Net training energy, 95 % low",
           "学習の正味エネルギー(95 %区間の下限)", part_of<train_net, Part::low>},
    Column{"train_net_energy_high_j", "J", kReal, "Net training energy, 95 % high",
           "学習の正味エネルギー(95 %区間の上限)", part_of<train_net, Part::high>},
    Column{"infer_items", "", kInteger, "Items inferred", "推論した件数",
           [](Record r) { return positive(phase_items(r, phase::infer)); }},
    Column{"infer_time_per_1000_s", "s", kReal, "Time per 1,000 inferences",
           "推論1,000件あたりの時間", part_of<infer_time, Part::value>},
    Column{"infer_time_per_1000_low_s", "s", kReal, "Time per 1,000 inferences, 95 % low",
           "推論1,000件あたりの時間(95 %区間の下限)", part_of<infer_time, Part::low>},
    Column{"infer_time_per_1000_high_s", "s", kReal, "Time per 1,000 inferences, 95 % high",
           "推論1,000件あたりの時間(95 %区間の上限)", part_of<infer_time, Part::high>},
    Column{"infer_throughput_per_s", "1/s", kReal, "Inferences per second", "推論スループット",
           infer_throughput},
    Column{"infer_energy_per_1000_j", "J", kReal, "Energy per 1,000 inferences",
           "推論1,000件あたりの消費エネルギー", part_of<infer_energy, Part::value>},
    Column{"infer_energy_per_1000_low_j", "J", kReal, "Energy per 1,000 inferences, 95 % low",
           "推論1,000件あたりの消費エネルギー(95 %区間の下限)", part_of<infer_energy, Part::low>},
    Column{"infer_energy_per_1000_high_j", "J", kReal, "Energy per 1,000 inferences, 95 % high",
           "推論1,000件あたりの消費エネルギー(95 %区間の上限)", part_of<infer_energy, Part::high>},
    Column{"infer_net_energy_per_1000_j", "J", kReal,
           "Net energy per 1,000 inferences (idle power off)",
           "推論1,000件あたりの正味エネルギー(待機分を除く)", part_of<infer_net, Part::value>},
    Column{"infer_net_energy_per_1000_low_j", "J", kReal,
           "Net energy per 1,000 inferences, 95 % low",
           "推論1,000件あたりの正味エネルギー(95 %区間の下限)", part_of<infer_net, Part::low>},
    Column{"infer_net_energy_per_1000_high_j", "J", kReal,
           "Net energy per 1,000 inferences, 95 % high",
           "推論1,000件あたりの正味エネルギー(95 %区間の上限)", part_of<infer_net, Part::high>},
    Column{"infer_batch", "", kInteger, "Batch size of inference", "推論のバッチサイズ",
           [](Record r) { return positive(r.settings.infer_batch); }},
    Column{"prompt_tokens", "", kInteger, "Tokens of each prompt", "プロンプトのトークン数",
           [](Record r) { return positive(r.settings.prompt); }},
    Column{"answer_tokens", "", kInteger, "Tokens of each answer", "生成するトークン数",
           [](Record r) { return positive(r.settings.generate); }},
    Column{"prefill_tokens_per_s", "1/s", kReal, "Prompt tokens per second",
           "プロンプトトークン毎秒",
           [](Record r) { return tokens_per_s(token_phase(r, phase::prefill)); }},
    Column{"ttft_s", "s", kReal, "Time to first token", "最初のトークンまでの時間(TTFT)",
           of_tokens<phase::prefill, latency, Part::value>},
    Column{"ttft_low_s", "s", kReal, "Time to first token, 95 % low",
           "最初のトークンまでの時間(TTFT)(95 %区間の下限)",
           of_tokens<phase::prefill, latency, Part::low>},
    Column{"ttft_high_s", "s", kReal, "Time to first token, 95 % high",
           "最初のトークンまでの時間(TTFT)(95 %区間の上限)",
           of_tokens<phase::prefill, latency, Part::high>},
    Column{"prefill_energy_per_token_j", "J", kReal, "Energy per prompt token",
           "プロンプト1トークンあたりの消費エネルギー",
           of_tokens<phase::prefill, token_energy, Part::value>},
    Column{"prefill_energy_per_token_low_j", "J", kReal, "Energy per prompt token, 95 % low",
           "プロンプト1トークンあたりの消費エネルギー(95 %区間の下限)",
           of_tokens<phase::prefill, token_energy, Part::low>},
    Column{"prefill_energy_per_token_high_j", "J", kReal, "Energy per prompt token, 95 % high",
           "プロンプト1トークンあたりの消費エネルギー(95 %区間の上限)",
           of_tokens<phase::prefill, token_energy, Part::high>},
    Column{"prefill_net_energy_per_token_j", "J", kReal,
           "Net energy per prompt token (idle power off)",
           "プロンプト1トークンあたりの正味エネルギー(待機分を除く)",
           of_tokens<phase::prefill, token_net, Part::value>},
    Column{"prefill_net_energy_per_token_low_j", "J", kReal,
           "Net energy per prompt token, 95 % low",
           "プロンプト1トークンあたりの正味エネルギー(95 %区間の下限)",
           of_tokens<phase::prefill, token_net, Part::low>},
    Column{"prefill_net_energy_per_token_high_j", "J", kReal,
           "Net energy per prompt token, 95 % high",
           "プロンプト1トークンあたりの正味エネルギー(95 %区間の上限)",
           of_tokens<phase::prefill, token_net, Part::high>},
    Column{"prefill_energy_grade", "", kText, "Trust grade of prefill", "プロンプト処理の測定等級",
           [](Record r) { return token_grade(token_phase(r, phase::prefill)); }},
    Column{"decode_tokens_per_s", "1/s", kReal, "Generated tokens per second", "生成トークン毎秒",
           [](Record r) { return tokens_per_s(token_phase(r, phase::decode)); }},
    Column{"tpot_s", "s", kReal, "Time per output token", "出力1トークンあたりの時間(TPOT)",
           of_tokens<phase::decode, latency, Part::value>},
    Column{"tpot_low_s", "s", kReal, "Time per output token, 95 % low",
           "出力1トークンあたりの時間(TPOT)(95 %区間の下限)",
           of_tokens<phase::decode, latency, Part::low>},
    Column{"tpot_high_s", "s", kReal, "Time per output token, 95 % high",
           "出力1トークンあたりの時間(TPOT)(95 %区間の上限)",
           of_tokens<phase::decode, latency, Part::high>},
    Column{"decode_bytes_per_s", "B/s", kReal, "Bytes of weights and cache read per second, decode",
           "生成時の読み出し速度(重みとKVキャッシュ、計算値)", decode_bytes_per_s},
    Column{"decode_energy_per_token_j", "J", kReal, "Energy per generated token",
           "生成1トークンあたりの消費エネルギー",
           of_tokens<phase::decode, token_energy, Part::value>},
    Column{"decode_energy_per_token_low_j", "J", kReal, "Energy per generated token, 95 % low",
           "生成1トークンあたりの消費エネルギー(95 %区間の下限)",
           of_tokens<phase::decode, token_energy, Part::low>},
    Column{"decode_energy_per_token_high_j", "J", kReal, "Energy per generated token, 95 % high",
           "生成1トークンあたりの消費エネルギー(95 %区間の上限)",
           of_tokens<phase::decode, token_energy, Part::high>},
    Column{"decode_net_energy_per_token_j", "J", kReal,
           "Net energy per generated token (idle power off)",
           "生成1トークンあたりの正味エネルギー(待機分を除く)",
           of_tokens<phase::decode, token_net, Part::value>},
    Column{"decode_net_energy_per_token_low_j", "J", kReal,
           "Net energy per generated token, 95 % low",
           "生成1トークンあたりの正味エネルギー(95 %区間の下限)",
           of_tokens<phase::decode, token_net, Part::low>},
    Column{"decode_net_energy_per_token_high_j", "J", kReal,
           "Net energy per generated token, 95 % high",
           "生成1トークンあたりの正味エネルギー(95 %区間の上限)",
           of_tokens<phase::decode, token_net, Part::high>},
    Column{"decode_energy_grade", "", kText, "Trust grade of decode", "生成の測定等級",
           [](Record r) { return token_grade(token_phase(r, phase::decode)); }},
    Column{"idle_power_w", "W", kReal, "Idle power, nothing loaded", "待機電力(無負荷)",
           part_of<idle_power, Part::value>},
    Column{"idle_power_low_w", "W", kReal, "Idle power, 95 % low", "待機電力(95 %区間の下限)",
           part_of<idle_power, Part::low>},
    Column{"idle_power_high_w", "W", kReal, "Idle power, 95 % high", "待機電力(95 %区間の上限)",
           part_of<idle_power, Part::high>},
    Column{"idle_power_change_percent", "%", kReal, "Change of idle power, before to after",
           "待機電力の前後の変化", idle_change},
    Column{"active_idle_power_w", "W", kReal, "Idle power, model loaded",
           "待機電力(モデル読み込み済み)", active_idle_power},
    Column{"idle_notes", "", kText, "Idle baseline: what was seen, or why there is none",
           "待機電力の注記(測定していない場合はその理由)", idle_notes},
    Column{"measured_energy_j", "J", kReal, "IT energy of all measured phases, from counters",
           "全測定区間のIT機器の消費エネルギー(実測値)", part_of<measured_energy, Part::value>},
    Column{"measured_energy_low_j", "J", kReal,
           "IT energy of all measured phases, from counters, 95 % low",
           "全測定区間のIT機器の消費エネルギー(実測値)(95 %区間の下限)",
           part_of<measured_energy, Part::low>},
    Column{"measured_energy_high_j", "J", kReal,
           "IT energy of all measured phases, from counters, 95 % high",
           "全測定区間のIT機器の消費エネルギー(実測値)(95 %区間の上限)",
           part_of<measured_energy, Part::high>},
    Column{"modelled_energy_j", "J", kReal, "IT energy of all measured phases, by the model",
           "全測定区間のIT機器の消費エネルギー(モデル推定値)",
           part_of<modelled_energy, Part::value>},
    Column{"modelled_energy_low_j", "J", kReal,
           "IT energy of all measured phases, by the model, 95 % low",
           "全測定区間のIT機器の消費エネルギー(モデル推定値)(95 %区間の下限)",
           part_of<modelled_energy, Part::low>},
    Column{"modelled_energy_high_j", "J", kReal,
           "IT energy of all measured phases, by the model, 95 % high",
           "全測定区間のIT機器の消費エネルギー(モデル推定値)(95 %区間の上限)",
           part_of<modelled_energy, Part::high>},
    Column{
        "facility_energy_j", "J", kReal, "Facility energy of all measured phases (IT energy x PUE)",
        "全測定区間の施設全体のエネルギー(IT機器×PUE)", part_of<facility_energy_of, Part::value>},
    Column{"facility_energy_low_j", "J", kReal,
           "Facility energy of all measured phases (IT energy x PUE), 95 % low",
           "全測定区間の施設全体のエネルギー(IT機器×PUE)(95 %区間の下限)",
           part_of<facility_energy_of, Part::low>},
    Column{"facility_energy_high_j", "J", kReal,
           "Facility energy of all measured phases (IT energy x PUE), 95 % high",
           "全測定区間の施設全体のエネルギー(IT機器×PUE)(95 %区間の上限)",
           part_of<facility_energy_of, Part::high>},
    Column{"pue", "", kReal, "PUE as given", "PUE(入力値)", facility_pue},
    Column{"unmeasured", "", kText, "Parts of the machine without a sensor", "測定していない部分",
           unmeasured},
    Column{"mean_power_w", "W", kReal, "Mean power while training, inferring or running",
           "測定区間の平均電力", mean_power},
    Column{"energy_source", "", kText, "Energy source", "エネルギー値の由来", energy_source},
    Column{"energy_grade", "", kText, "Trust grade", "測定等級", energy_grade},
    Column{"energy_coverage", "", kText, "Coverage", "測定範囲", energy_coverage},
    Column{"infer_flop_per_s", "FLOP/s", kReal, "Model FLOP per second, inference",
           "推論の演算速度(モデルFLOP/s)", infer_flop_per_s},
    Column{"train_flop_per_s", "FLOP/s", kReal, "Model FLOP per second, training",
           "学習の演算速度(モデルFLOP/s)", train_flop_per_s},
    Column{"flop_per_j", "FLOP/J", kReal, "Model FLOP per joule (2 x multiply-adds), inference",
           "推論の電力効率(モデルFLOP/J、積和演算×2で換算)", infer_flop_per_j},
    Column{"train_flop_per_j", "FLOP/J", kReal,
           "Model FLOP per joule (6 x multiply-adds), training",
           "学習の電力効率(モデルFLOP/J、積和演算×6で換算)", train_flop_per_j},
    Column{"infer_mfu_percent", "%", kReal,
           "Model FLOP utilisation, inference (of a matrix product on the same machine)",
           "推論の演算効率(同じ機械での行列積に対する比、MFU)", infer_mfu},
    Column{"train_mfu_percent", "%", kReal,
           "Model FLOP utilisation, training (of a matrix product on the same machine)",
           "学習の演算効率(同じ機械での行列積に対する比、MFU)", train_mfu},
    Column{"peak_memory_bytes", "B", kInteger, "Peak memory of the process",
           "プロセスの最大メモリ使用量",
           [](Record r) { return peak_memory(r, "peak_resident_bytes"); }},
    Column{"peak_device_memory_bytes", "B", kInteger, "Peak memory allocated on the GPU",
           "GPUの最大メモリ割り当て量",
           [](Record r) { return peak_memory(r, "peak_device_bytes"); }},
    Column{"others_cpu_percent", "%", kReal, "Other programs' share of the processors",
           "他のプログラムのCPU使用率",
           [](Record r) { return load_fact(r, "load.others_percent"); }},
    Column{"steal_percent", "%", kReal, "Processor time taken by the host",
           "ホストに奪われたCPU時間", [](Record r) { return load_fact(r, "load.steal_percent"); }},
    Column{"sampling_cpu_percent", "%", kReal, "Sampler's CPU time (share of one core)",
           "測定の負荷(1コアに対するCPU時間比)", sampling_cpu},
    Column{"command", "", kText, "Command", "コマンド", command_line},
    Column{"elapsed_s", "s", kReal, "Elapsed time", "経過時間",
           [](Record r) { return time_of(r, phase::command); }},
    Column{"energy_j", "J", kReal, "Energy", "消費エネルギー",
           part_of<command_energy, Part::value>},
    Column{"energy_low_j", "J", kReal, "Energy, 95 % low", "消費エネルギー(95 %区間の下限)",
           part_of<command_energy, Part::low>},
    Column{"energy_high_j", "J", kReal, "Energy, 95 % high", "消費エネルギー(95 %区間の上限)",
           part_of<command_energy, Part::high>},
    Column{"net_energy_j", "J", kReal, "Net energy (idle power off)",
           "正味エネルギー(待機分を除く)", part_of<command_net, Part::value>},
    Column{"net_energy_low_j", "J", kReal, "Net energy, 95 % low", "正味エネルギー(95 %区間の下限)",
           part_of<command_net, Part::low>},
    Column{"net_energy_high_j", "J", kReal, "Net energy, 95 % high",
           "正味エネルギー(95 %区間の上限)", part_of<command_net, Part::high>},
    Column{"loop_runs", "", kInteger, "Runs of the loop", "反復回数", loop_runs},
    Column{"energy_per_run_j", "J", kReal, "Energy per run of the loop",
           "1回あたりの消費エネルギー", part_of<run_energy, Part::value>},
    Column{"energy_per_run_low_j", "J", kReal, "Energy per run of the loop, 95 % low",
           "1回あたりの消費エネルギー(95 %区間の下限)", part_of<run_energy, Part::low>},
    Column{"energy_per_run_high_j", "J", kReal, "Energy per run of the loop, 95 % high",
           "1回あたりの消費エネルギー(95 %区間の上限)", part_of<run_energy, Part::high>},
    Column{"torch", "", kText, "LibTorch", "LibTorchの版",
           [](Record r) { return fact(r, "library.torch"); }},
    Column{"cpu_model", "", kText, "CPU", "CPU型番", [](Record r) { return fact(r, "cpu.model"); }},
};

constexpr auto kColumns = scenario_columns::joined(kOwnColumns, scenario_columns::kAll);

}  // namespace

std::span<const Column> columns() { return kColumns; }

Result<const Column*> find_column(std::string_view id) {
  const auto found = std::find_if(kColumns.begin(), kColumns.end(),
                                  [&](const Column& column) { return column.id == id; });
  if (found != kColumns.end()) return &*found;
  std::vector<std::string> known;
  known.reserve(kColumns.size());
  for (const Column& column : kColumns) known.emplace_back(column.id);
  return fail(ErrorKind::usage,
              fmt::format("there is no column '{}'{}", id, did_you_mean(id, known)),
              fmt::format("columns: {}", join(known, ", ")));
}

Result<std::vector<const Column*>> parse_columns(std::string_view ids) {
  std::vector<const Column*> chosen;
  for (const std::string_view id : split(ids, ',')) {
    const auto column = find_column(trim(id));
    if (!column) return fail(column.error());
    chosen.push_back(*column);
  }
  return chosen;
}

std::string cell_text(const Cell& cell) {
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return fmt::format("{}", *integer);
  if (const auto* value = std::get_if<double>(&cell)) {
    return std::isfinite(*value) ? significant(*value) : "-";
  }
  if (const auto* words = std::get_if<std::string>(&cell)) return *words;
  return "-";
}

}  // namespace btrack::results

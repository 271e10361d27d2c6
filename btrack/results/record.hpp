// SPDX-License-Identifier: Apache-2.0
// What a result is: one workload, run once, with everything that is needed to judge and repeat it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/core/clock.hpp"
#include "btrack/core/error.hpp"
#include "btrack/power/baseline.hpp"
#include "btrack/power/energy.hpp"
#include "btrack/power/sampler.hpp"
#include "btrack/power/trace.hpp"
#include "btrack/stats/latency_histogram.hpp"

namespace btrack::results {

/// What was asked for: one entry of a suite, all defaults filled in.
struct Settings {
  std::string workload;              ///< name of a model row or of a file's model, or "command"
  std::string file;                  ///< a model file, .pt or .pt2; empty: a row
  std::string variant;               ///< input size, by its name in the row; empty: the first
  std::string profile = "standard";  ///< batch sizes and mode of training: docs/models.md
  std::string scale = "full";        ///< "tiny": a reduced network, for trying out
  std::string precision = "fp32";    ///< or "tf32", "bf16", "fp16"
  std::vector<std::string> phases;   ///< some of phase::asked, in the order in which they are run
  std::int64_t batch = 0;            ///< items per training step; 0: the workload's own
  bool batch_auto = false;           ///< smaller batches where the memory does not suffice
  std::int64_t infer_batch = 0;      ///< items per inference call; 0: the workload's own
  std::int64_t prompt = 0;    ///< tokens of a prompt (prefill, decode); 0: the workload's own
  std::int64_t generate = 0;  ///< tokens of an answer; 0: the workload's own
  std::int64_t epochs = 0;    ///< 0: the workload's own
  std::int64_t threads = 0;   ///< 0: one per physical core
  std::int64_t seed = 1;
  double infer_seconds = 1.0;  ///< length of one repetition; of a load scenario: at least
  /// Queries per second of phase::server, on average; absent: the highest that keeps the limit.
  std::optional<double> rate;
  std::optional<double> latency_limit;  ///< seconds, for the 99th percentile of phase::server
  std::int64_t repetitions = 5;         ///< of all phases but training: at least this many
  std::int64_t max_repetitions = 20;
  double precision_target = 0.02;  ///< stop repeating below this relative 95 % half-width
  std::optional<double> target_accuracy;
  std::string device = "cpu";
  std::int64_t devices = 1;          ///< that trained together, one rank each
  std::string data;                  ///< folder or file of the data set; empty: the workload's own
  std::string label_column;          ///< of a CSV file: name or position; empty: the last
  std::string weights;               ///< safetensors file to begin with; empty: drawn from the seed
  std::vector<std::string> command;  ///< argv of `btrack measure`

  friend bool operator==(const Settings&, const Settings&) = default;
};

/// 1 or 8 in a load scenario; 0 in every other phase.
std::int64_t samples_per_query(std::string_view phase);

/// Names of phases in records, in the order in which they happen.
namespace phase {
inline constexpr std::string_view setup = "setup";
inline constexpr std::string_view warmup = "warmup";
inline constexpr std::string_view train = "train";  // one window per epoch
inline constexpr std::string_view evaluate = "evaluate";
inline constexpr std::string_view infer = "infer";  // one window per repetition
// Prompts to the first token of their answers, and the further tokens; one window per repetition.
inline constexpr std::string_view prefill = "prefill";
inline constexpr std::string_view decode = "decode";
// Load scenarios, one window per repetition: a sample, or 8 of them, per query, the next when the
// last is done; and a sample per query at the arrivals of a Poisson process.
inline constexpr std::string_view singlestream = "singlestream";
inline constexpr std::string_view multistream = "multistream";
inline constexpr std::string_view server = "server";
/// Windows of phase server at the rates that were tried on the way to the highest good one.
inline constexpr std::string_view server_probe = "server_probe";
inline constexpr std::string_view command = "command";
/// Nothing to do, before (index 0) and after (index 1) the rest: without, and with the worker
/// loaded.
inline constexpr std::string_view idle = "idle";
inline constexpr std::string_view active_idle = "active_idle";
/// Those that a user may ask for.
inline constexpr std::array asked = {train,        infer,       prefill, decode,
                                     singlestream, multistream, server};
inline constexpr std::array scenarios = {singlestream, multistream, server};
}  // namespace phase

/// Kinds of idle baseline: nothing loaded; or the model loaded and its process waiting.
namespace baseline {
inline constexpr std::string_view cold = "cold";
inline constexpr std::string_view active = "active";
}  // namespace baseline

struct Baseline {
  std::string kind;
  power::IdleFigure power;
};

/// A window's energy without that of the idle machine.
struct NetEnergy {
  std::string baseline;  ///< its kind
  power::EnergyFigure energy;
};

/// Power usage effectiveness of the place: facility energy over IT energy, as a yearly mean.
struct Facility {
  double pue = 1.0;
  std::optional<double> pue_u95;  ///< its 95 % half-width; absent: nobody said how sure it is
};

/// A command that was repeated because one run is too short for the sensors.
struct LoopFigure {
  std::int64_t runs = 0;    ///< inside the groups' windows; runs around them are not counted
  std::int64_t groups = 0;  ///< windows of phase "command"
  Seconds run{};            ///< mean duration of one
  Seconds period{};         ///< of the sensor that the loop was planned for
  bool dithered = false;    ///< groups start at all phases of that period
  bool learned = false;     ///< the period was seen in this run, not taken from a table
  std::string stop;         ///< "asked", "target", "time" or "refused"
  power::EnergyFigure energy_per_run;
};

struct PhaseWindow {
  std::string phase;
  std::int64_t index = 0;  ///< epoch (train, evaluate) or repetition (infer), from 0
  Window window;
  std::int64_t items = 0;
  power::EnergyReport energy;
  std::vector<NetEnergy> net;  ///< one for each of the record's baselines
  /// One per query, call or token step, as the worker told them; absent: it did not.
  std::optional<stats::LatencyHistogram> latencies;
  std::optional<double> rate;  ///< queries per second that were offered, of server windows
};

/// A figure of merit of the model, such as accuracy in [0, 1] after epoch `index`.
struct Quality {
  std::string metric;
  double value = 0.0;
  std::int64_t index = 0;
};

/// A fact of the model compared with its published or computed value.
struct Check {
  std::string name;  ///< "parameters", "macs"
  std::int64_t expected = 0;
  std::int64_t actual = 0;
  [[nodiscard]] bool passed() const { return expected == actual; }
};

enum class Status { complete, failed, interrupted };
std::string_view status_name(Status status);
std::optional<Status> status_from(std::string_view name);

struct RunRecord {
  std::string id;          ///< "20261123T010203Z-lenet5-1a2b3c": sorts by time, unique
  std::string campaign;    ///< id of the campaign, empty for a single run
  std::string suite;       ///< name of the suite, empty for a single run
  std::int64_t entry = 0;  ///< position in the suite
  std::string started_utc;
  Status status = Status::failed;
  std::optional<Error> failure;  ///< set unless complete

  Settings settings;
  std::string family;
  std::string item_unit = "items";
  std::int64_t parameters = 0;
  std::int64_t macs_per_item = 0;  ///< forward multiply-adds of one item
  std::vector<Check> checks;

  std::vector<PhaseWindow> windows;
  std::vector<Baseline> baselines;  ///< one that was not measured is missing, with the reason
  std::optional<LoopFigure> loop;
  std::optional<Facility> facility;  ///< as the user gave it; never part of any other energy
  /// Parts of the machine that no summed sensor covers (power::unmeasured_part_id); absent in
  /// records of before this was kept.
  std::optional<std::vector<std::string>> unmeasured;
  std::vector<Quality> qualities;
  std::optional<int> exit_code;  ///< of `btrack measure`'s command

  /// Facts of machine and build, keys such as "cpu.model", "library.torch", "build.commit".
  std::map<std::string, std::string> provenance;
  power::SamplerCost sampling;
  power::PowerTrace trace;  ///< raw readings; kept apart in the store, empty unless asked for
};

/// Sum over all windows of a phase; missing where there is none.
power::EnergyFigure phase_energy(const RunRecord& record, std::string_view phase);
/// The same without the idle power of that baseline; missing, with the reason, without it.
power::EnergyFigure phase_net_energy(const RunRecord& record, std::string_view phase,
                                     std::string_view kind);
/// Of a phase, what counters read; missing where a model had to stand in for them.
power::EnergyFigure phase_measured_energy(const RunRecord& record, std::string_view phase);
/// Of a phase, what the model says (grade E), also where there are counters; never added to them.
power::EnergyFigure phase_modelled_energy(const RunRecord& record, std::string_view phase);
/// IT energy times PUE. D at best: a yearly mean says little of an hour, and it is for all IT
/// equipment. Without a stated doubt of the PUE flagged "pue-doubt-unknown".
power::EnergyFigure facility_energy(const power::EnergyFigure& it, const Facility& facility);
/// Null where the record names no baseline of that kind.
const Baseline* find_baseline(const RunRecord& record, std::string_view kind);
Seconds phase_time(const RunRecord& record, std::string_view phase);
std::int64_t phase_items(const RunRecord& record, std::string_view phase);
/// Seconds per 1,000 items of each inference repetition, in order; the sample behind the interval.
std::vector<double> repetition_times_per_1000(const RunRecord& record);
/// Value of the last quality of that metric.
std::optional<double> last_quality(const RunRecord& record, std::string_view metric);

/// A fresh id: UTC second, workload, six random hex digits.
std::string new_run_id(std::string_view workload, std::chrono::system_clock::time_point now);

/// The whole record (trace apart) as JSON, format "btrack-run", version 1. Numbers survive the
/// round trip bit for bit; text that is no UTF-8 gets U+FFFD in place of the wrong bytes.
std::string to_json(const RunRecord& record);
/// Strict: an error (malformed) names the key that is missing or of the wrong type; a newer version
/// is unsupported. Keys it does not know are passed over.
Result<RunRecord> record_from_json(std::string_view json);
std::string settings_to_json(const Settings& settings);
Result<Settings> settings_from_json(std::string_view json);
/// An array of settings, as a stored campaign holds them.
Result<std::vector<Settings>> settings_list_from_json(std::string_view json);

}  // namespace btrack::results

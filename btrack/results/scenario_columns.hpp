// SPDX-License-Identifier: Apache-2.0
// Columns of latencies and load scenarios: the same for every phase, put together when compiling;
// private to this room.
#pragma once

#include <array>

#include "btrack/core/text.hpp"
#include "btrack/results/cells.hpp"
#include "btrack/results/scenario.hpp"

namespace btrack::results::scenario_columns {

using cells::Part;
using cells::Record;

struct PhaseName {
  std::string_view id, en, ja;
};
inline constexpr PhaseName kInfer{phase::infer, "Inference call: ", "推論呼び出し:"};
inline constexpr PhaseName kPrefill{phase::prefill,
                                    "First token (TTFT): ", "最初のトークン(TTFT):"};
inline constexpr PhaseName kDecode{phase::decode, "Output token (TPOT): ", "出力トークン(TPOT):"};
inline constexpr PhaseName kSinglestream{phase::singlestream,
                                         "Single stream: ", "シングルストリーム:"};
inline constexpr PhaseName kMultistream{phase::multistream, "Multi-stream: ", "マルチストリーム:"};
inline constexpr PhaseName kServer{phase::server, "Server: ", "サーバー:"};

struct Metric {
  std::string_view id, unit;
  ColumnType type;
  std::string_view en, ja;
};
constexpr auto kReal = ColumnType::real;
inline constexpr Metric kP50{"_latency_p50_s", "s", kReal, "50th percentile of latency",
                             "レイテンシー(50パーセンタイル)"};
inline constexpr Metric kP90{"_latency_p90_s", "s", kReal, "90th percentile of latency",
                             "レイテンシー(90パーセンタイル)"};
inline constexpr Metric kP99{"_latency_p99_s", "s", kReal, "99th percentile of latency",
                             "レイテンシー(99パーセンタイル)"};
inline constexpr Metric kMax{"_latency_max_s", "s", kReal, "longest latency", "レイテンシー(最大)"};
inline constexpr Metric kP90Low{"_latency_p90_low_s", "s", kReal,
                                "90th percentile of latency, 95 % low",
                                "レイテンシー(90パーセンタイル)(95 %区間の下限)"};
inline constexpr Metric kP90High{"_latency_p90_high_s", "s", kReal,
                                 "90th percentile of latency, 95 % high",
                                 "レイテンシー(90パーセンタイル)(95 %区間の上限)"};
inline constexpr Metric kP99Low{"_latency_p99_low_s", "s", kReal,
                                "99th percentile of latency, 95 % low",
                                "レイテンシー(99パーセンタイル)(95 %区間の下限)"};
inline constexpr Metric kP99High{"_latency_p99_high_s", "s", kReal,
                                 "99th percentile of latency, 95 % high",
                                 "レイテンシー(99パーセンタイル)(95 %区間の上限)"};
inline constexpr Metric kThroughput{"_throughput_per_s", "1/s", kReal, "items per second",
                                    "スループット"};
inline constexpr Metric kQueries{"_queries", "", ColumnType::integer, "queries", "クエリ数"};
inline constexpr Metric kRate{"_rate_per_s", "1/s", kReal, "queries per second offered",
                              "到着率(クエリ毎秒)"};
inline constexpr Metric kEnergy{"_energy_per_query_j", "J", kReal, "energy per query",
                                "1クエリあたりの消費エネルギー"};
inline constexpr Metric kEnergyLow{"_energy_per_query_low_j", "J", kReal,
                                   "energy per query, 95 % low",
                                   "1クエリあたりの消費エネルギー(95 %区間の下限)"};
inline constexpr Metric kEnergyHigh{"_energy_per_query_high_j", "J", kReal,
                                    "energy per query, 95 % high",
                                    "1クエリあたりの消費エネルギー(95 %区間の上限)"};
inline constexpr Metric kGrade{"_energy_grade", "", ColumnType::text, "trust grade", "測定等級"};
inline constexpr Metric kNotes{"_notes", "", ColumnType::text, "notes", "注記"};

/// A text of the phase and one of the metric behind it, with static storage as a Column wants it.
/// By member pointers: clang 14 takes no reference to a subobject as a template argument.
template <const PhaseName& phase, std::string_view PhaseName::*first, const Metric& metric,
          std::string_view Metric::*second>
class Joined {
  static constexpr auto kChars = [] {
    std::array<char, (phase.*first).size() + (metric.*second).size()> chars{};
    auto* to = chars.data();
    for (const char c : phase.*first) *to++ = c;
    for (const char c : metric.*second) *to++ = c;
    return chars;
  }();

 public:
  static constexpr std::string_view text{kChars.data(), kChars.size()};
};

template <const PhaseName& phase, const Metric& metric>
constexpr Column column(Cell (*value)(Record)) {
  return {Joined<phase, &PhaseName::id, metric, &Metric::id>::text,
          metric.unit,
          metric.type,
          Joined<phase, &PhaseName::en, metric, &Metric::en>::text,
          Joined<phase, &PhaseName::ja, metric, &Metric::ja>::text,
          value};
}

template <const PhaseName& phase, stats::Percentile Latency::*which, Part part>
Cell percentile(Record r) {
  const auto latency = phase_latency(r, phase.id);
  return latency ? cells::estimate_cell(((*latency).*which).estimate, part) : Cell();
}

template <const PhaseName& phase>
Cell longest(Record r) {
  const auto latency = phase_latency(r, phase.id);
  return latency ? cells::real(latency->max.count()) : Cell();
}

/// `cell` of the phase's figures, where it was run.
template <const PhaseName& phase, auto cell>
Cell figure(Record r) {
  const auto figures = scenario_figures(r, phase.id);
  return figures ? cell(*figures) : Cell();
}

using Figures = const ScenarioFigures&;
inline Cell throughput(Figures f) { return cells::real(f.items_per_second); }
inline Cell queries(Figures f) { return cells::positive(f.queries); }
inline Cell rate(Figures f) { return f.rate ? cells::real(*f.rate) : Cell(); }
inline Cell grade(Figures f) { return cells::grade_cell(f.energy_per_query); }
inline Cell notes(Figures f) { return cells::text(join(f.flags, " ")); }
template <Part part>
Cell energy(Figures f) {
  return cells::energy_cell(f.energy_per_query, part);
}

template <const PhaseName& phase>
constexpr std::array latencies = {
    column<phase, kP50>(percentile<phase, &Latency::p50, Part::value>),
    column<phase, kP90>(percentile<phase, &Latency::p90, Part::value>),
    column<phase, kP99>(percentile<phase, &Latency::p99, Part::value>),
    column<phase, kMax>(longest<phase>),
};

template <const PhaseName& phase>
constexpr std::array figures = {
    column<phase, kThroughput>(figure<phase, throughput>),
    column<phase, kQueries>(figure<phase, queries>),
    column<phase, kEnergy>(figure<phase, energy<Part::value>>),
    column<phase, kEnergyLow>(figure<phase, energy<Part::low>>),
    column<phase, kEnergyHigh>(figure<phase, energy<Part::high>>),
    column<phase, kGrade>(figure<phase, grade>),
    column<phase, kNotes>(figure<phase, notes>),
};

/// The percentile by which the scenario is judged, and the server's rate.
inline constexpr std::array kHeadlines = {
    column<kSinglestream, kP90Low>(percentile<kSinglestream, &Latency::p90, Part::low>),
    column<kSinglestream, kP90High>(percentile<kSinglestream, &Latency::p90, Part::high>),
    column<kMultistream, kP99Low>(percentile<kMultistream, &Latency::p99, Part::low>),
    column<kMultistream, kP99High>(percentile<kMultistream, &Latency::p99, Part::high>),
    column<kServer, kP99Low>(percentile<kServer, &Latency::p99, Part::low>),
    column<kServer, kP99High>(percentile<kServer, &Latency::p99, Part::high>),
    column<kServer, kRate>(figure<kServer, rate>),
};

template <std::size_t... sizes>
constexpr auto joined(const std::array<Column, sizes>&... parts) {
  std::array<Column, (sizes + ...)> all{};
  std::size_t at = 0;
  const auto append = [&](const auto& part) {
    for (const Column& each : part) all[at++] = each;
  };
  (append(parts), ...);
  return all;
}

inline constexpr auto kAll =
    joined(latencies<kInfer>, latencies<kPrefill>, latencies<kDecode>, latencies<kSinglestream>,
           latencies<kMultistream>, latencies<kServer>, kHeadlines, figures<kSinglestream>,
           figures<kMultistream>, figures<kServer>);

}  // namespace btrack::results::scenario_columns

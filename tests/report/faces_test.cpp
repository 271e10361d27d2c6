// SPDX-License-Identifier: Apache-2.0
// The faces of a report: what must stand in each, whatever its looks.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "btrack/report/report.hpp"
#include "btrack/report/sentence.hpp"
#include "btrack/report/series.hpp"
#include "btrack/report/width.hpp"
#include "tests/support/sample_records.hpp"

namespace btrack::report {
namespace {

using analysis::Objective;
using testing::SampleEnergy;

Report built(SampleEnergy energy, double min_accuracy, Language language = Language::en) {
  return build_report(testing::sample_ladder_records(energy), min_accuracy, Objective::energy,
                      language, "2026-11-23T02:03:04Z")
      .value();
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(BuildReport, RefusesAnImpossibleAccuracy) {
  const auto report = build_report({}, 88.0, Objective::energy, Language::en, "");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::usage);
}

TEST(BuildReport, NothingToCompareIsAReportThatSaysSo) {
  const auto report = build_report({}, 0.9, Objective::energy, Language::en, "").value();
  EXPECT_TRUE(holds(to_console(report, {}), "No model can be recommended"));
  EXPECT_TRUE(holds(to_console(report, {}), "What we do not know"));
}

TEST(Console, EstimatesAreMarkedInBothLanguages) {
  EXPECT_TRUE(holds(to_console(built(SampleEnergy::estimated, 0.88), {}), "E (estimate)"));
  EXPECT_TRUE(holds(to_console(built(SampleEnergy::estimated, 0.88, Language::ja), {}), "推定値"));
  EXPECT_FALSE(holds(to_console(built(SampleEnergy::measured, 0.88), {}), "estimate"));
}

TEST(Markdown, AnEstimatedGpuIsNamedInTheCoverageAsAnEstimate) {
  auto records = testing::sample_ladder_records(SampleEnergy::estimated);
  for (auto& record : records) {
    for (auto& window : record.windows)
      window.energy.total.coverage.push_back("nvml/x/utilisation");
  }
  const auto text = to_markdown(
      build_report(std::move(records), 0.88, Objective::energy, Language::en, "").value());
  EXPECT_TRUE(holds(text, "power supplies included) and nvml/x/utilisation."));
  EXPECT_FALSE(holds(text, "The energies cover nvml/x/utilisation"));
  EXPECT_TRUE(holds(to_markdown(built(SampleEnergy::estimated, 0.88)), "without accelerators"));
}

TEST(Console, SaysWhetherTheIdleShareWasSeparated) {
  Report report = built(SampleEnergy::measured, 0.88);
  EXPECT_TRUE(holds(to_markdown(report), "was not separated"));
  power::IdleFigure idle;
  idle.source = power::EnergySource::measured;
  idle.value = Watts(9.5);
  for (auto& record : report.records) record.baselines = {{"cold", idle}};
  EXPECT_FALSE(holds(to_markdown(report), "was not separated"));
  EXPECT_TRUE(holds(to_markdown(report), "9.50 W with nothing loaded"));
  EXPECT_FALSE(holds(to_markdown(report), "Idle power changed"));
  report.records[1].baselines[0].power.value = Watts(12);
  report.records[1].baselines[0].power.flags = {"baseline-drift"};
  EXPECT_TRUE(holds(to_markdown(report), "9.50 - 12.0 W with nothing loaded"));
  EXPECT_TRUE(holds(to_markdown(report), "Idle power changed between before and after"));
  report.language = Language::ja;
  EXPECT_TRUE(holds(to_markdown(report), "待機電力は無負荷で 9.50 - 12.0 W"));
  report.records[2].baselines.clear();
  EXPECT_TRUE(holds(to_markdown(report), "切り分けていません")) << "one without is enough";
}

TEST(Console, SaysWhatNoSensorCoversAndThatFacilityEnergyStandsApart) {
  Report report = built(SampleEnergy::measured, 0.88);
  EXPECT_FALSE(holds(to_markdown(report), "No sensor covers"));
  report.records[0].unmeasured = {"memory", "part-of-the-future"};
  report.records[1].unmeasured = {"rest_of_node"};
  report.records[1].facility = results::Facility{1.54, 0.1};
  EXPECT_TRUE(holds(to_markdown(report), "No sensor covers the memory modules"));
  EXPECT_TRUE(holds(to_markdown(report), "No sensor covers power supply loss"));
  EXPECT_FALSE(holds(to_markdown(report), "No sensor covers the processors"));
  EXPECT_TRUE(holds(to_markdown(report), "times a PUE of 1.54 that was given"));
  report.language = Language::ja;
  EXPECT_TRUE(holds(to_markdown(report), "メモリを測るセンサーがありません"));
  EXPECT_TRUE(holds(to_markdown(report), "PUE 1.54（測定値ではなく入力値）"));
}

TEST(Console, NamesTheCandidateAndRefusesWhenNoneReaches) {
  EXPECT_TRUE(holds(to_console(built(SampleEnergy::measured, 0.88), {}),
                    "mlp_512_256 uses the least energy per inference of the 5 models"));
  EXPECT_TRUE(holds(to_console(built(SampleEnergy::measured, 0.99), {}),
                    "No model reaches the required accuracy of 99.00 %"));
}

TEST(Console, ColourOnlyIfAskedAndNoLineOverTheWidth) {
  const Report report = built(SampleEnergy::estimated, 0.88, Language::ja);
  EXPECT_FALSE(holds(to_console(report, {false, 100}), "\x1b["));
  EXPECT_TRUE(holds(to_console(report, {true, 100}), "\x1b["));
  const std::string text = to_console(report, {false, 100});
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    EXPECT_LE(display_width(line), 102U) << line;
    begin = end + 1;
  }
}

Report of_a_decoder(Language language) {
  auto record = testing::sample_ladder_records(SampleEnergy::measured)[0];
  record.settings.infer_batch = 2;
  record.settings.prompt = 512;
  record.settings.generate = 128;
  record.qualities.clear();
  for (auto& window : record.windows) {
    const bool evaluation = window.phase == results::phase::evaluate;
    if (evaluation) window.phase = results::phase::prefill;
    if (window.phase == results::phase::infer) window.phase = results::phase::decode;
  }
  return build_report({record}, 0.0, Objective::energy, language, "now").value();
}

TEST(Console, PromptsAndAnswersHaveALineEach) {
  const std::string text = to_console(of_a_decoder(Language::en), {false, 200});
  EXPECT_TRUE(holds(text, "Prompts and answers"));
  EXPECT_TRUE(holds(text, " prefill "));
  EXPECT_TRUE(holds(text, " decode "));
  EXPECT_TRUE(holds(text, "512 + 128"));
  EXPECT_TRUE(holds(to_console(of_a_decoder(Language::ja), {false, 200}), "プリフィル"));
  EXPECT_FALSE(holds(to_console(built(SampleEnergy::measured, 0.88), {false, 200}), "Prompts"));
}

TEST(Json, PromptsAndAnswersKeepTheirEnergiesApart) {
  const auto json = nlohmann::json::parse(to_json(of_a_decoder(Language::en)));
  const auto& row = json.at("rows").at(0);
  // The ladder's first model: 5 windows of 10,000 items each, 0.0008 s per 1,000.
  EXPECT_NEAR(row.at("prefill").at("tokens_per_s").get<double>(), 1e6 / 0.8, 1.0);
  EXPECT_NEAR(row.at("prefill").at("latency_s").get<double>(), 2 * 512 * 0.8e-6, 1e-9);
  EXPECT_NEAR(row.at("decode").at("latency_s").get<double>(), 2 * 0.8e-6, 1e-12);
  EXPECT_NEAR(row.at("decode").at("energy_per_token").at("value_j").get<double>(),
              0.88 * 34.0 * 0.8e-6, 1e-9);
  EXPECT_EQ(row.at("decode").at("energy_per_token").at("grade"), "C");
}

Report of_a_server(Language language) {
  auto record = testing::sample_ladder_records(SampleEnergy::measured)[0];
  testing::become_server(record);
  return build_report({record}, 0.0, Objective::energy, language, "now").value();
}

TEST(Console, ALoadScenarioHasALineWithItsPercentiles) {
  const std::string text = to_console(of_a_server(Language::en), {false, 200});
  EXPECT_TRUE(holds(text, "Latency\n"));
  EXPECT_TRUE(holds(text, " server "));
  EXPECT_TRUE(holds(text, "39.6 [3")) << text;
  EXPECT_TRUE(holds(text, "MLPerf results"));
  EXPECT_TRUE(holds(to_console(of_a_server(Language::ja), {false, 200}), "サーバー"));
  EXPECT_TRUE(holds(to_markdown(of_a_server(Language::en)), "| server |"));
  EXPECT_FALSE(holds(to_console(built(SampleEnergy::measured, 0.88), {false, 200}), "p99"));
}

TEST(Json, LoadScenariosHoldPercentilesAndTheRatesTried) {
  const auto json = nlohmann::json::parse(to_json(of_a_server(Language::en)));
  const auto& row = json.at("rows").at(0);
  const auto& line = row.at("scenarios").at(0);
  EXPECT_EQ(line.at("phase"), "server");
  EXPECT_EQ(line.at("queries"), 2000);
  EXPECT_NEAR(line.at("latency").at("p99").at("value_s").get<double>(), 0.0396, 0.0002);
  EXPECT_FALSE(line.at("latency").at("p99").at("too_few").get<bool>());
  const auto& probe = row.at("rates").at(0);
  EXPECT_TRUE(probe.at("probe").get<bool>());
  EXPECT_EQ(probe.at("rate_per_s"), 20.0);
  EXPECT_TRUE(probe.at("p99").at("too_few").get<bool>()) << "100 queries";
  EXPECT_TRUE(probe.at("p99").at("high_s").is_null());
  EXPECT_FALSE(row.at("rates").back().at("probe").get<bool>());
  EXPECT_EQ(row.at("latency_limit_s"), 0.1);
}

TEST(Html, DataCannotEndItsScript) {
  auto records = testing::sample_ladder_records(SampleEnergy::measured);
  records[0].provenance["note"] = "</script><script>alert(1)</script><!--";
  records[1].settings.workload = "<b>x</b>\xFF";
  const auto report =
      build_report(std::move(records), 0.88, Objective::energy, Language::ja, "now").value();
  const std::string page = to_html(report);
  EXPECT_FALSE(holds(page, "</script><script>alert(1)"));
  EXPECT_FALSE(holds(page, "<b>x</b>"));
  EXPECT_TRUE(holds(page, "<html lang=\"ja\">"));
  for (const auto* mark : {"@BTRACK_", "http-equiv=\"refresh\"", " src=\"", "<link rel=\"style"}) {
    EXPECT_FALSE(holds(page, mark)) << mark;
  }
}

TEST(Faces, TinyVariantsAreNoBenchmarkFigures) {
  for (const auto language : {Language::en, Language::ja}) {
    const std::string_view words =
        language == Language::ja ? "ベンチマーク値ではありません" : "not benchmark figures";
    auto report = built(SampleEnergy::measured, 0.88, language);
    EXPECT_FALSE(holds(to_markdown(report), words));
    report.records[0].settings.scale = "tiny";
    EXPECT_TRUE(holds(to_markdown(report), words)) << "one is enough";
    EXPECT_TRUE(holds(to_markdown(report), report.records[0].settings.workload));
    for (auto& record : report.records) record.settings.scale = "tiny";
    EXPECT_TRUE(holds(to_console(report, {false, 1000}), words));
    EXPECT_TRUE(holds(to_markdown(report), words));
    EXPECT_TRUE(holds(to_html(report), std::string("<p>") + text("notice.tiny", language)));
    const auto json = nlohmann::json::parse(to_json(report));
    EXPECT_EQ(json.at("notices").at(0).at("key"), "notice.tiny");
  }
}

TEST(Faces, ItemsOfDifferentUnitsAreTold) {
  auto report = built(SampleEnergy::measured, 0.88);
  EXPECT_FALSE(holds(to_markdown(report), "Compare rows of the same item only"));
  report.records[0].item_unit = "tokens";
  const std::string own = report.records[1].item_unit;
  const auto markdown = to_markdown(report);
  EXPECT_TRUE(holds(markdown, "Compare rows of the same item only"));
  EXPECT_TRUE(holds(markdown, "| " + report.records[0].settings.workload + " (tokens) |"));
  const auto json = nlohmann::json::parse(to_json(report));
  std::set<std::string> units;
  for (const auto& row : json.at("rows")) units.insert(row.at("item_unit").get<std::string>());
  EXPECT_EQ(units, (std::set<std::string>{own, "tokens"}));
}

TEST(Faces, ShowAiBenchmarksScoresOrWhyThereAreNone) {
  Report report = built(SampleEnergy::measured, 0.88);
  EXPECT_FALSE(holds(to_console(report, {}), "AI Benchmark"));
  EXPECT_TRUE(nlohmann::json::parse(to_json(report)).at("ai_benchmark").is_null());

  analysis::AiBenchmark outcome;
  outcome.score = analysis::AiScore{.inference = 12'345, .training = 6'789};
  report.ai_benchmark = outcome;
  for (const auto& face :
       {to_console(report, {false, 1000}), to_markdown(report), to_html(report)}) {
    EXPECT_TRUE(holds(face, "AI score 19,134: inference score 12,345, training score 6,789"));
    EXPECT_TRUE(holds(face, "does not state the GPU"));
  }
  EXPECT_EQ(nlohmann::json::parse(to_json(report)).at("ai_benchmark").at("total"), 19'134);

  const auto all = results::ai_benchmark_tests();
  report.ai_benchmark->score.reset();
  report.ai_benchmark->tests = {{&all[0], analysis::ScoreGap::none, Seconds(1.0)},
                                {&all[1], analysis::ScoreGap::not_run, {}},
                                {&all[3], analysis::ScoreGap::batch, {}}};
  const auto refused = to_console(report, {false, 1000});
  EXPECT_TRUE(holds(refused, "No AI Benchmark score: 2 of the 3 scored tests"));
  EXPECT_TRUE(holds(refused, "Not run: mobilenet_v2 224 infer."));
  EXPECT_TRUE(holds(refused, "another batch than AI Benchmark's: inception_v3 346 train."));
  EXPECT_TRUE(nlohmann::json::parse(to_json(report)).at("ai_benchmark").at("total").is_null());
  report.language = Language::ja;
  EXPECT_TRUE(holds(to_markdown(report), "未実行：mobilenet\\_v2 224 infer。"));
}

TEST(Json, EveryEnergyHasIntervalGradeAndSource) {
  const auto json = nlohmann::json::parse(to_json(built(SampleEnergy::estimated, 0.88)));
  EXPECT_EQ(json.at("format"), "btrack-report");
  ASSERT_EQ(json.at("rows").size(), 7U);
  for (const auto& row : json.at("rows")) {
    for (const auto* key : {"energy_per_1000", "train_energy"}) {
      const auto& energy = row.at(key);
      EXPECT_EQ(energy.at("grade"), "E");
      EXPECT_LT(energy.at("low_j"), energy.at("value_j"));
      EXPECT_GT(energy.at("high_j"), energy.at("value_j"));
    }
  }
  EXPECT_EQ(json.at("runs").at(0).at("cells").size(), json.at("columns").size());
}

TEST(Json, NoEnergyIsNullNeverZero) {
  const auto json = nlohmann::json::parse(to_json(built(SampleEnergy::none, 0.88)));
  EXPECT_EQ(json.at("verdict").at("word"), "remeasure");
  for (const auto& row : json.at("rows")) {
    EXPECT_TRUE(row.at("energy_per_1000").at("value_j").is_null());
    EXPECT_EQ(row.at("verdict"), "not_compared");
  }
  EXPECT_EQ(json.at("unknowns").at(0).at("key"), "unknown.no_energy");
}

TEST(Scaling, ShowsJoulesPerItemWhereAModelRanOnSeveralDevices) {
  auto records = testing::sample_ladder_records(SampleEnergy::measured);
  auto report = [&] {
    return build_report(records, 0.88, Objective::energy, Language::ja, "").value();
  };
  EXPECT_EQ(nlohmann::json::parse(to_json(report())).at("scaling").size(), 0U);
  EXPECT_FALSE(holds(to_markdown(report()), "デバイス数と学習"));
  auto two = records[0];
  two.id += "2";
  two.settings.devices = 2;
  for (auto& window : two.windows) window.energy.total = window.energy.total / 0.5;
  records.push_back(two);
  const auto lines = nlohmann::json::parse(to_json(report())).at("scaling");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("devices"), 1);
  EXPECT_EQ(lines[1].at("devices"), 2);
  const double joules = results::phase_energy(records[0], "train").value.value();
  const auto items = static_cast<double>(results::phase_items(records[0], "train"));
  EXPECT_NEAR(lines[0].at("energy_per_item").at("value_j").get<double>(), joules / items, 1e-12);
  EXPECT_NEAR(lines[1].at("energy_per_item").at("value_j").get<double>(), 2 * joules / items,
              1e-12);
  EXPECT_TRUE(holds(to_markdown(report()), "デバイス数と学習"));
  EXPECT_TRUE(holds(to_console(report(), {}), "学習 1 件あたり J"));
  EXPECT_TRUE(holds(to_markdown(report()), "2 devices"));
}

TEST(Targets, AreMedianAndRangeOverSeeds) {
  auto records = testing::sample_ladder_records(SampleEnergy::measured);
  auto report = [&](Language language = Language::ja) {
    return build_report(records, 0.88, Objective::energy, language, "").value();
  };
  EXPECT_FALSE(holds(to_markdown(report()), "目標正解率に達するまでの学習"));
  EXPECT_EQ(nlohmann::json::parse(to_json(report())).at("targets").size(), 0U);
  const auto first = records[0];
  records.clear();
  for (std::int64_t seed = 1; seed <= 3; ++seed) {
    auto record = first;
    record.id = std::to_string(seed);
    record.settings.seed = seed;
    record.settings.target_accuracy = 0.5;  // missed by seed 3
    record.qualities = {{"accuracy", 0.4, 0}, {"accuracy", seed == 3 ? 0.45 : 0.6, seed}};
    records.push_back(record);
  }
  const auto line = nlohmann::json::parse(to_json(report())).at("targets").at(0);
  EXPECT_EQ(line.at("seeds"), 3);
  EXPECT_EQ(line.at("epochs"), (std::vector<int>{2, 3}));
  const auto sum = [&](int epochs) {
    double joules = 0.0;
    for (const auto& w : first.windows) {
      if (w.phase == "train" && w.index < epochs) joules += w.energy.total.value.value();
    }
    return joules;
  };
  const auto& energy = line.at("energy");
  EXPECT_NEAR(energy.at("least_j").get<double>(), sum(2), 1e-9);
  EXPECT_NEAR(energy.at("most_j").get<double>(), sum(3), 1e-9);
  EXPECT_NEAR(energy.at("median").at("value_j").get<double>(), (sum(2) + sum(3)) / 2, 1e-9);
  EXPECT_TRUE(holds(to_markdown(report()), "目標正解率に達するまでの学習"));
  EXPECT_TRUE(holds(to_console(report(Language::en), {}), "2 / 3"));
  EXPECT_TRUE(holds(to_console(report(Language::en), {}), "Where not all seeds reached the"));
  records.pop_back();
  EXPECT_TRUE(holds(to_console(report(Language::en), {}), "Fewer than 3 seeds"));
}

TEST(Csv, HasALineForEveryRunAndTheHeader) {
  const std::string csv = to_csv(built(SampleEnergy::measured, 0.88));
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 8);
}

TEST(Series, CellsKeepTheEnergy) {
  const auto record = testing::sample_ladder_records(SampleEnergy::measured)[3];
  const auto cells = power_cells(record, 50);
  ASSERT_TRUE(cells);
  ASSERT_EQ(cells->watts.size(), 50U);
  const auto fine = power_cells(record, 100000);
  const auto energy = [](const PowerCells& c) {
    return std::accumulate(c.watts.begin(), c.watts.end(), 0.0, [&](double sum, const auto& w) {
      return sum + w.value_or(0.0) * c.step.count();
    });
  };
  EXPECT_NEAR(energy(*cells) / energy(*fine), 1.0, 1e-9);
}

TEST(Series, EpochsAddUp) {
  const auto record = testing::sample_ladder_records(SampleEnergy::measured)[0];
  const auto all = epochs(record);
  ASSERT_EQ(all.size(), 5U);
  EXPECT_DOUBLE_EQ(all.back().cumulative.value.value(),
                   results::phase_energy(record, "train").value.value());
  EXPECT_EQ(all.back().accuracy, 0.842);
}

}  // namespace
}  // namespace btrack::report

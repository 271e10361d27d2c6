// SPDX-License-Identifier: Apache-2.0
// Records survive JSON bit for bit, and damaged JSON is named by its key.
#include "btrack/results/record.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "tests/results/sample_record.hpp"

namespace btrack::results {
namespace {

using nlohmann::json;

/// The message for the sample document after `change`.
std::string complaint(const std::function<void(json&)>& change) {
  json document = json::parse(to_json(sample_record()));
  change(document);
  const auto back = record_from_json(document.dump());
  if (back) return "accepted";
  EXPECT_EQ(back.error().kind, ErrorKind::malformed);
  return back.error().message;
}

TEST(Record, SurvivesTheRoundTripExactly) {
  RunRecord record = sample_record();
  record.failure = Error{ErrorKind::out_of_memory, "killed \"hard\"\n", "more memory"};
  record.exit_code = -9;
  const auto back = record_from_json(to_json(record));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back), to_json(record));
  EXPECT_EQ(back->settings, record.settings);
  EXPECT_EQ(back->settings.infer_seconds, 0.1 + 0.2);
  EXPECT_EQ(to_ns(back->windows[0].window.begin), 9007199254740993);
  EXPECT_EQ(back->sampling.lost, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(back->sampling.worst_lateness.count(), 1.0 / 3.0);
  EXPECT_EQ(back->windows[1].energy.total.coverage, record.windows[1].energy.total.coverage);
  EXPECT_EQ(back->windows[1].energy.channels[0].energy.high, Joules(22));
  EXPECT_EQ(back->failure->kind, ErrorKind::out_of_memory);
  EXPECT_EQ(back->exit_code, -9);
}

TEST(Record, LatenciesAndRatesSurviveTheRoundTrip) {
  RunRecord record = sample_record();
  record.settings.rate = 0.1 + 0.2;
  record.settings.latency_limit = 1.0 / 3.0;
  record.windows[0].rate = 100.0 / 3.0;
  auto& latencies = record.windows[0].latencies.emplace();
  for (const std::int64_t ns : {0L, 511L, 512L, 1'000'000'007L, 9'007'199'254'740'993L}) {
    latencies.add(ns);
    latencies.add(ns);
  }
  const auto back = record_from_json(to_json(record));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back), to_json(record));
  EXPECT_EQ(back->settings, record.settings);
  EXPECT_EQ(back->windows[0].latencies, record.windows[0].latencies);
  EXPECT_EQ(back->windows[0].rate, record.windows[0].rate);
  EXPECT_FALSE(back->windows[1].latencies);
  EXPECT_FALSE(back->windows[1].rate);

  auto document = json::parse(to_json(record));
  auto& buckets = document["windows"][0]["latencies"]["buckets"];
  for (const char* damage : {"[]", "[[1]]", "[[-1,2]]", "[[0,0]]", "[[0,2],[0,2]]", "7"}) {
    buckets = json::parse(damage);
    const auto read = record_from_json(document.dump());
    ASSERT_FALSE(read) << damage;
    EXPECT_NE(read.error().message.find("windows[0].latencies.buckets"), std::string::npos)
        << read.error().message;
  }
}

TEST(Record, SpreadOfAnOlderRecordIsItsWholeInterval) {
  RunRecord record = sample_record();
  record.windows[0].energy.total.spread = Joules(0.5);
  auto document = json::parse(to_json(record));
  EXPECT_EQ(record_from_json(document.dump())->windows[0].energy.total.spread, Joules(0.5));
  document["windows"][0]["energy"].erase("spread_j");
  const auto back = record_from_json(document.dump());
  ASSERT_TRUE(back) << back.error().message;
  const auto& total = back->windows[0].energy.total;
  EXPECT_EQ(total.spread, std::max(total.high - total.value, total.value - total.low));
}

TEST(Record, MissingEnergyIsNullAndKeepsItsUpperBound) {
  RunRecord record = sample_record();
  power::EnergyFigure& total = record.windows[0].energy.total;
  total = {};
  total.note = "the window is too short";
  auto document = json::parse(to_json(record));
  EXPECT_TRUE(document["windows"][0]["energy"]["value_j"].is_null());
  EXPECT_TRUE(document["windows"][0]["energy"]["high_j"].is_null());
  total.high = Joules(0.25);
  const auto back = record_from_json(to_json(record));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->windows[0].energy.total.source, power::EnergySource::missing);
  EXPECT_EQ(back->windows[0].energy.total.high, Joules(0.25));
  EXPECT_EQ(back->windows[0].energy.total.note, "the window is too short");
}

TEST(Record, BaselinesAndNetEnergiesSurviveTheRoundTrip) {
  RunRecord record = sample_record();
  add_sample_baselines(record);
  const auto back = record_from_json(to_json(record));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back), to_json(record));
  const Baseline* cold = find_baseline(*back, baseline::cold);
  ASSERT_NE(cold, nullptr);
  EXPECT_EQ(cold->power.value, Watts(4));
  EXPECT_NEAR(cold->power.change(), 0.05, 1e-12);
  EXPECT_EQ(cold->power.flags, std::vector<std::string>{"baseline-drift"});
  EXPECT_EQ(find_baseline(*back, baseline::active)->power.note, "the worker had gone");
  const auto net = phase_net_energy(*back, phase::train, baseline::cold);
  EXPECT_EQ(net.value, Joules(10.0)) << "30 J less 4 W for 5 s";
  EXPECT_EQ(net.low, Joules(9.0));
}

TEST(Record, NetIsMissingWithTheReasonWhereThereIsNoBaseline) {
  const RunRecord old = sample_record();
  auto net = phase_net_energy(old, phase::train, baseline::cold);
  EXPECT_EQ(net.source, power::EnergySource::missing);
  EXPECT_EQ(net.note, "no cold idle baseline was measured");
  EXPECT_EQ(find_baseline(old, baseline::cold), nullptr);
  RunRecord record = sample_record();
  add_sample_baselines(record);
  net = phase_net_energy(record, phase::train, baseline::active);
  EXPECT_EQ(net.source, power::EnergySource::missing);
  EXPECT_EQ(net.note, "the worker had gone");
  auto document = json::parse(to_json(record));
  EXPECT_TRUE(document["baselines"][1]["value_w"].is_null()) << "never a silent zero";
  document["windows"][0].erase("net");
  document["baselines"][0]["low_w"] = nullptr;
  EXPECT_EQ(record_from_json(document.dump()).error().message,
            "record.baselines[0].low_w must be a number");
}

TEST(Record, MeasuredModelledAndFacilityEnergyStayApart) {
  RunRecord r = sample_record();
  power::EnergyFigure model = figure(45, 20, 120, power::Grade::E);
  model.source = power::EnergySource::estimated;
  for (auto& w : r.windows) w.energy.channels.push_back({"estimate/machine", model});
  EXPECT_EQ(phase_energy(r, phase::train).value, Joules(30));
  EXPECT_EQ(phase_measured_energy(r, phase::train).value, Joules(30));
  EXPECT_EQ(phase_modelled_energy(r, phase::train).value, Joules(90)) << "two windows";
  EXPECT_EQ(phase_modelled_energy(r, phase::train).grade, power::Grade::E);
  for (auto& w : r.windows) w.energy.channels.push_back({"estimate/machine/memory", model});
  EXPECT_EQ(phase_modelled_energy(r, phase::train).value, Joules(90))
      << "a part is not added again";
  for (auto& w : r.windows) w.energy.channels.push_back({"nvml/gpu/utilisation", model});
  EXPECT_EQ(phase_modelled_energy(r, phase::train).value, Joules(180)) << "a GPU is";
  for (auto& w : r.windows) w.energy.total = model;  // a machine without counters
  EXPECT_EQ(phase_measured_energy(r, phase::train).source, power::EnergySource::missing);
  EXPECT_EQ(phase_measured_energy(r, phase::train).note, "no energy counter was read");
  EXPECT_EQ(phase_modelled_energy(sample_record(), phase::train).source,
            power::EnergySource::missing);
}

TEST(Record, FacilityEnergyIsTimesPueWithBothDoubts) {
  const auto it = figure(100, 97, 104);
  const auto known = facility_energy(it, {1.5, 0.1});
  EXPECT_DOUBLE_EQ(known.value.value(), 150.0);
  EXPECT_DOUBLE_EQ(known.high.value(), 150.0 + std::hypot(4 * 1.5, 100 * 0.1));
  EXPECT_DOUBLE_EQ(known.low.value(), 150.0 - std::hypot(3 * 1.5, 100 * 0.1));
  EXPECT_EQ(known.grade, power::Grade::D);
  EXPECT_EQ(known.flags, (std::vector<std::string>{"wrapped", "facility-pue"}));
  const auto unsure = facility_energy(it, {1.5, std::nullopt});
  EXPECT_EQ(unsure.flags.back(), "pue-doubt-unknown");
  EXPECT_DOUBLE_EQ(unsure.high.value(), 156.0);
  EXPECT_EQ(facility_energy(it, {1.0, 0.5}).low, it.low) << "never below the IT energy";
  power::EnergyFigure missing;
  missing.note = "too short";
  missing.high = Joules(2);
  EXPECT_EQ(facility_energy(missing, {1.5, 0.5}).source, power::EnergySource::missing);
  EXPECT_EQ(facility_energy(missing, {1.5, 0.5}).high, Joules(4));
}

TEST(Record, FacilityAndUnmeasuredPartsSurviveTheRoundTrip) {
  RunRecord r = sample_record();
  EXPECT_TRUE(json::parse(to_json(r))["unmeasured"].is_null()) << "not known is not nothing";
  r.facility = Facility{1.54, std::nullopt};
  r.unmeasured = {"memory", "rest_of_node"};
  const auto document = json::parse(to_json(r));
  EXPECT_EQ(document["facility"]["energies"].size(), 2U) << "train and infer";
  EXPECT_DOUBLE_EQ(document["facility"]["energies"][0]["energy"]["value_j"], 30 * 1.54);
  EXPECT_TRUE(document["facility"]["pue_u95"].is_null());
  auto back = record_from_json(to_json(r));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back), to_json(r));
  r.facility->pue_u95 = 0.1;
  back = record_from_json(to_json(r));
  EXPECT_EQ(back->facility->pue_u95, 0.1);
  EXPECT_EQ(back->unmeasured, r.unmeasured);
  EXPECT_EQ(complaint([](json& d) {
              d["facility"] = {{"pue", "high"}};
            }),
            "record.facility.pue must be a number");
}

TEST(Record, ALoopSurvivesTheRoundTrip) {
  RunRecord r = sample_record();
  LoopFigure loop;
  loop.runs = 340;
  loop.groups = 17;
  loop.run = Seconds(0.0123);
  loop.period = Seconds(0.1001);
  loop.dithered = loop.learned = true;
  loop.stop = "target";
  loop.energy_per_run = figure(0.5, 0.4, 0.6);
  r.loop = loop;
  const auto back = record_from_json(to_json(r));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back), to_json(r));
  EXPECT_EQ(back->loop->runs, 340);
  EXPECT_TRUE(back->loop->learned);
  EXPECT_EQ(back->loop->energy_per_run.high, Joules(0.6));
}

TEST(Record, InfinityAndBytesThatAreNoUtf8DoNotBreakTheDocument) {
  RunRecord record = sample_record();
  record.qualities[0].value = std::numeric_limits<double>::infinity();
  record.settings.command = {"echo", "\xff\xfe"};
  const auto back = record_from_json(to_json(record));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->qualities[0].value, std::numeric_limits<double>::infinity());
  EXPECT_EQ(back->settings.command[1], "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Record, DamageIsNamedByItsKey) {
  EXPECT_EQ(complaint([](json& d) { d.erase("id"); }), "record.id is missing");
  EXPECT_EQ(complaint([](json& d) { d["parameters"] = "61706"; }),
            "record.parameters must be a whole number");
  EXPECT_EQ(complaint([](json& d) { d["parameters"] = 9223372036854775808ULL; }),
            "record.parameters must be a whole number");
  EXPECT_EQ(complaint([](json& d) { d["windows"][2].erase("end_ns"); }),
            "record.windows[2].end_ns is missing");
  EXPECT_EQ(complaint([](json& d) { d["windows"][1]["energy"]["value_j"] = nullptr; }),
            "record.windows[1].energy.value_j must be a number");
  EXPECT_EQ(complaint([](json& d) { d["windows"][1]["energy"]["grade"] = "G"; }),
            "record.windows[1].energy.grade must be a letter from A to F");
  EXPECT_EQ(complaint([](json& d) { d["windows"][1]["energy"]["source"] = "guessed"; }),
            "record.windows[1].energy.source must be measured, estimated or missing");
  EXPECT_EQ(complaint([](json& d) { d["status"] = "done"; }),
            "record.status must be complete, failed or interrupted");
  EXPECT_EQ(complaint([](json& d) { d["settings"]["phases"] = "train"; }),
            "record.settings.phases must be an array of texts");
  EXPECT_EQ(complaint([](json& d) { d["settings"] = 5; }), "record.settings must be an object");
  EXPECT_EQ(complaint([](json& d) { d["provenance"]["x"] = 1; }),
            "record.provenance must be an object of texts");
  EXPECT_EQ(complaint([](json& d) { d["format"] = "other"; }),
            "record.format must be \"btrack-run\"");
  EXPECT_EQ(complaint([](json& d) { d["sampling"]["rounds"] = -1; }),
            "record.sampling.rounds must be a whole number, 0 or more");
  EXPECT_EQ(complaint([](json& d) { d = json::array(); }), "record must be an object");
  EXPECT_EQ(record_from_json("{\"id\": ").error().message, "the record is not valid JSON");
}

TEST(Record, UnknownKeysArePassedOverAndNewerVersionsRefused) {
  EXPECT_EQ(complaint([](json& d) { d["colour"] = "red"; }), "accepted");
  json document = json::parse(to_json(sample_record()));
  document["version"] = 2;
  const auto back = record_from_json(document.dump());
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().kind, ErrorKind::unsupported);
  EXPECT_NE(back.error().message.find("version 2"), std::string::npos);
}

TEST(Record, EveryMissingKeyIsNoticed) {
  const json whole = json::parse(to_json(sample_record()));
  const std::set<std::string> younger{"baselines", "facility", "loop", "unmeasured"};
  for (const auto& [key, value] : whole.items()) {
    EXPECT_EQ(complaint([&](json& d) { d.erase(key); }),
              younger.contains(key) ? "accepted" : "record." + key + " is missing");
  }
  const std::set<std::string> later{
      "variant", "profile",  "scale", "precision", "batch_auto", "label_column", "weights",
      "prompt",  "generate", "file",  "devices",   "rate",       "latency_limit"};
  for (const auto& [key, value] : whole["settings"].items()) {
    EXPECT_EQ(complaint([&](json& d) { d["settings"].erase(key); }),
              later.contains(key) ? "accepted" : "record.settings." + key + " is missing");
  }
}

TEST(Record, SettingsOfBeforeVariantsMeanTheOnlyOneThereWas) {
  json old = json::parse(settings_to_json(sample_record().settings));
  for (const auto* key : {"variant", "profile", "scale", "precision"}) old.erase(key);
  const Settings settings = settings_from_json(old.dump()).value();
  EXPECT_EQ(settings.variant, "");
  EXPECT_EQ(settings.profile, "standard");
  EXPECT_EQ(settings.scale, "full");
  EXPECT_EQ(settings.precision, "fp32");
  old["scale"] = 1;
  EXPECT_FALSE(settings_from_json(old.dump()));
}

TEST(Record, SettingsTravelAlone) {
  const Settings settings = sample_record().settings;
  EXPECT_EQ(settings_from_json(settings_to_json(settings)).value(), settings);
  EXPECT_FALSE(settings_from_json("[]"));
  EXPECT_EQ(settings_list_from_json("[" + settings_to_json(settings) + "]").value().at(0),
            settings);
}

TEST(Record, SumsOverWindows) {
  const RunRecord record = sample_record();
  EXPECT_EQ(phase_time(record, "train"), Seconds(5.0));
  EXPECT_EQ(phase_items(record, "infer"), 2000);
  EXPECT_EQ(phase_energy(record, "train").value, Joules(30));
  EXPECT_EQ(phase_energy(record, "train").low, Joules(27));
  EXPECT_EQ(phase_energy(record, "evaluate").source, power::EnergySource::missing);
  EXPECT_EQ(last_quality(record, "accuracy"), 0.8912);
  EXPECT_EQ(last_quality(record, "bleu"), std::nullopt);
  EXPECT_EQ(repetition_times_per_1000(record), (std::vector<double>{1, 1, 1, 1}));
}

TEST(Record, IdsSortByTimeAndAreFileNames) {
  const auto now = std::chrono::system_clock::from_time_t(1795395723);
  const std::string id = new_run_id("my/net", now);
  EXPECT_TRUE(std::regex_match(id, std::regex("20261123T010203Z-my_net-[0-9a-f]{6}"))) << id;
  EXPECT_NE(new_run_id("a", now), new_run_id("a", now));
}

TEST(Record, StatusNamesGoBothWays) {
  EXPECT_EQ(status_from("interrupted"), Status::interrupted);
  EXPECT_EQ(status_from("Complete"), std::nullopt);
}

}  // namespace
}  // namespace btrack::results

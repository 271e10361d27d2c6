// SPDX-License-Identifier: Apache-2.0
// `btrack sensors`: what can be measured here, what is summed, and what would open more.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "btrack/cli/command.hpp"
#include "btrack/cli/explain.hpp"
#include "btrack/cli/number_range.hpp"
#include "btrack/cli/terminal.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/relations.hpp"
#include "btrack/power/sampler.hpp"
#include "btrack/power/trace.hpp"
#include "btrack/power/trace_file.hpp"
#include "btrack/report/report.hpp"

namespace btrack::cli {
namespace {

using Json = nlohmann::ordered_json;

std::vector<power::Channel> all_channels(const power::ProbeResult& probed) {
  std::vector<power::Channel> channels;
  for (const auto& sensor : probed.sensors) {
    channels.insert(channels.end(), sensor->channels().begin(), sensor->channels().end());
  }
  return channels;
}

/// How a channel takes part in the total, in words.
std::string role(const power::ChannelStanding& standing) {
  switch (standing.standing) {
    case power::Standing::summed:
      return "summed";
    case power::Standing::inside:
      return "inside " + standing.of;
    case power::Standing::duplicate:
      return "same counter as " + standing.of;
    case power::Standing::beside:
      return "shown beside";
    case power::Standing::unused:
      break;
  }
  return "not used: counters are present";
}

std::string_view evidence_name(power::Evidence evidence) {
  return evidence == power::Evidence::measured ? "measured" : "estimated";
}

Json to_json(const power::ProbeResult& probed, const std::vector<power::Channel>& channels) {
  Json drivers = Json::array();
  for (const auto& finding : probed.findings) {
    Json driver = {{"driver", finding.driver},
                   {"summary", finding.summary},
                   {"channels", finding.channels.size()},
                   {"present", !finding.absent.has_value()}};
    if (finding.absent) {
      driver["kind"] = error_kind_name(finding.absent->kind);
      driver["reason"] = finding.absent->message;
      driver["remedy"] = finding.absent->remedy;
    }
    drivers.push_back(std::move(driver));
  }
  Json list = Json::array();
  const auto standings = power::standings(channels);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const auto& channel = channels[i];
    list.push_back({{"id", channel.id},
                    {"label", channel.label},
                    {"domain", power::domain_name(channel.domain)},
                    {"evidence", evidence_name(channel.evidence)},
                    {"update_period_s", channel.update_period.count()},
                    {"gain_low", channel.gain.low},
                    {"gain_high", channel.gain.high},
                    {"gain_source", channel.gain_source},
                    {"role", role(standings[i])}});
  }
  Json unmeasured = Json::array();
  for (const auto part : power::unmeasured_parts(channels)) {
    unmeasured.push_back(power::unmeasured_part_name(part));
  }
  return {{"format", "btrack-sensors"}, {"version", 1},     {"has_counter", probed.has_counter()},
          {"drivers", drivers},         {"channels", list}, {"not_measured", unmeasured}};
}

void print_absences(const power::ProbeResult& probed) {
  for (const auto& finding : probed.findings) {
    if (!finding.absent) continue;
    fmt::print("  {:<10} {}\n", finding.driver, finding.absent->message);
    if (!finding.absent->remedy.empty()) fmt::print("  {:<10} -> {}\n", "", finding.absent->remedy);
  }
}

void print_text(const power::ProbeResult& probed, const std::vector<power::Channel>& channels) {
  if (!probed.has_counter()) {
    fmt::print(
        "This machine offers no energy counter. Energies are ESTIMATES (grade E) until one is "
        "opened:\n");
    print_absences(probed);
    fmt::print("\n");
  }
  std::vector<std::vector<std::string>> rows;
  const auto standings = power::standings(channels);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const auto& channel = channels[i];
    rows.push_back(
        {channel.id, channel.label, std::string(evidence_name(channel.evidence)),
         fmt::format("{} ms", significant(channel.update_period.count() * 1e3)),
         fmt::format("x{}..{}", significant(channel.gain.low), significant(channel.gain.high)),
         role(standings[i])});
  }
  const std::vector<std::string> header = {"channel", "covers",      "evidence",
                                           "update",  "gain (95 %)", "in the total"};
  print(report::text_table(header, rows));
  for (const auto& channel : channels) {
    if (channel.evidence == power::Evidence::estimated && !probed.has_counter()) {
      fmt::print("\n{}: {}\n", channel.id, channel.gain_source);
    }
  }
  const bool partly = std::any_of(probed.findings.begin(), probed.findings.end(),
                                  [](const auto& finding) { return finding.absent.has_value(); });
  if (probed.has_counter() && partly) {
    fmt::print("\nNot available:\n");
    print_absences(probed);
  }
}

struct Recording {
  std::string file;
  double seconds = 10.0;
};

/// Samples everything for a while and keeps every reading, for `btrack rig --replay`.
int record(const Recording& recording, std::vector<std::unique_ptr<power::Sensor>> sensors,
           const Globals& globals) {
  power::Sampler sampler(std::move(sensors));
  const StopOnSignal stop;
  if (const auto started = sampler.start(); !started) {
    return report_error(started.error(), globals);
  }
  const auto end = std::chrono::steady_clock::now() + Seconds(recording.seconds);
  while (std::chrono::steady_clock::now() < end && !StopOnSignal::requested()) {
    std::this_thread::sleep_for(std::min(Seconds(0.2), Seconds(recording.seconds)));
    sampler.drain();
  }
  sampler.stop();
  if (const auto saved = power::save_trace(sampler.trace(), recording.file); !saved) {
    return report_error(saved.error(), globals);
  }
  fmt::print("{} readings of {} channels in {}\n", sampler.trace().readings.size(),
             sampler.trace().channels.size(), recording.file);
  return exit_code::ok;
}

}  // namespace

Action add_sensors(CLI::App& sub, Globals& globals) {
  auto explain = std::make_shared<bool>(false);
  auto recording = std::make_shared<Recording>();
  sub.add_flag("--explain", *explain,
               "What is inside what, what is summed, and what nothing measures");
  auto* file = sub.add_option("--record", recording->file,
                              "Keep every reading, for `btrack rig --replay` and bug reports");
  file->type_name("FILE");
  sub.add_option("--seconds", recording->seconds, "How long to record (default 10)")
      ->needs(file)
      ->check(number_range(0.1, 86400.0))
      ->type_name("S");
  return [explain, recording, &globals] {
    auto probed = power::probe_sensors(globals.probe());
    if (!recording->file.empty()) return record(*recording, std::move(probed.sensors), globals);
    const auto channels = all_channels(probed);
    if (globals.json) {
      print(to_json(probed, channels).dump(2));
    } else if (*explain) {
      print(explanation(channels));
    } else {
      print_text(probed, channels);
    }
    return exit_code::ok;
  };
}

}  // namespace btrack::cli

// SPDX-License-Identifier: Apache-2.0
// `btrack sensors`: what can be measured here, what is summed, and what would open more.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "btrack/cli/command.hpp"
#include "btrack/cli/terminal.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/trace.hpp"
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

/// How the channel takes part in the total, in words.
std::string role(const std::vector<power::Channel>& channels, std::size_t index) {
  const auto summed = power::total_channels(channels);
  const auto& channel = channels[index];
  if (std::find(summed.begin(), summed.end(), index) != summed.end()) return "summed";
  if (channel.duplicate_of) return "same counter as " + *channel.duplicate_of;
  if (channel.part_of) return "inside " + *channel.part_of;
  return channel.evidence == power::Evidence::estimated ? "not used: counters are present"
                                                        : "shown beside";
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
                    {"role", role(channels, i)}});
  }
  return {{"format", "btrack-sensors"},
          {"version", 1},
          {"has_counter", probed.has_counter()},
          {"drivers", drivers},
          {"channels", list}};
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
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const auto& channel = channels[i];
    rows.push_back(
        {channel.id, channel.label, std::string(evidence_name(channel.evidence)),
         fmt::format("{} ms", significant(channel.update_period.count() * 1e3)),
         fmt::format("x{}..{}", significant(channel.gain.low), significant(channel.gain.high)),
         role(channels, i)});
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

}  // namespace

Action add_sensors(CLI::App& /*sub*/, Globals& globals) {
  return [&globals] {
    const auto probed = power::probe_sensors(globals.probe());
    const auto channels = all_channels(probed);
    if (globals.json) {
      print(to_json(probed, channels).dump(2));
    } else {
      print_text(probed, channels);
    }
    return exit_code::ok;
  };
}

}  // namespace btrack::cli

// SPDX-License-Identifier: Apache-2.0
// `btrack sensors`: what can be measured here, what is summed, and what would open more.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "btrack/cli/command.hpp"
#include "btrack/cli/explain.hpp"
#include "btrack/cli/terminal.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/relations.hpp"
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

}  // namespace

Action add_sensors(CLI::App& sub, Globals& globals) {
  auto explain = std::make_shared<bool>(false);
  sub.add_flag("--explain", *explain,
               "What is inside what, what is summed, and what nothing measures");
  return [explain, &globals] {
    const auto probed = power::probe_sensors(globals.probe());
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

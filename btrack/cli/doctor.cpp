// SPDX-License-Identifier: Apache-2.0
// `btrack doctor`: every source tried, and the line that would open what is closed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "btrack/cli/command.hpp"
#include "btrack/cli/terminal.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/admin_line.hpp"
#include "btrack/power/examination.hpp"
#include "btrack/power/sampler.hpp"

namespace btrack::cli {
namespace {

using Json = nlohmann::ordered_json;

// Often enough to see a counter move that is renewed each millisecond; reads cost microseconds.
constexpr Seconds kPeriod{0.01};

/// What is to be thought of one driver.
struct Diagnosis {
  const power::DriverFinding* finding = nullptr;
  std::vector<power::ChannelHealth> channels;

  [[nodiscard]] bool doubtful() const {
    return std::ranges::any_of(channels, [](const auto& c) { return !c.doubts.empty(); });
  }
  [[nodiscard]] bool closed() const {
    return finding->absent && finding->absent->kind != ErrorKind::not_found &&
           finding->absent->kind != ErrorKind::unsupported;
  }
  [[nodiscard]] bool measures() const {
    return std::ranges::any_of(finding->channels, [](const power::Channel& c) {
      return c.evidence == power::Evidence::measured;
    });
  }
  /// "works", "doubtful", "partly", "estimate", or the kind of the reason: "denied", "not_found".
  [[nodiscard]] std::string_view state() const {
    if (finding->channels.empty()) {
      return finding->absent ? error_kind_name(finding->absent->kind) : "not_found";
    }
    if (doubtful()) return "doubtful";
    if (closed()) return "partly";
    return measures() ? "works" : "estimate";
  }
  [[nodiscard]] std::string_view line() const {
    return finding->absent ? power::admin_line(finding->driver, finding->absent->kind)
                           : std::string_view();
  }
};

/// Samples all sensors for a while, as a measurement does, and examines the trace.
Result<std::vector<power::ChannelHealth>> trial(std::vector<std::unique_ptr<power::Sensor>> sensors,
                                                Seconds length) {
  power::SamplerOptions options;
  options.period = kPeriod;
  power::Sampler sampler(std::move(sensors), options);
  const StopOnSignal stop;
  if (auto started = sampler.start(); !started) return fail(started.error());
  ProgressBar progress;
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    const Seconds passed = std::chrono::steady_clock::now() - begin;
    if (passed >= length || StopOnSignal::requested()) break;
    progress.show("reading every source", passed / length);
    std::this_thread::sleep_for(std::min(Seconds(0.1), length));
    sampler.drain();
  }
  sampler.stop();
  return power::examine(sampler.trace());
}

std::vector<Diagnosis> diagnose(const power::ProbeResult& probed,
                                const std::vector<power::ChannelHealth>& healths) {
  std::vector<Diagnosis> all;
  for (const auto& finding : probed.findings) {
    Diagnosis diagnosis{&finding, {}};
    for (const auto& channel : finding.channels) {
      const auto health = std::ranges::find(healths, channel.id, &power::ChannelHealth::id);
      if (health != healths.end()) diagnosis.channels.push_back(*health);
    }
    all.push_back(std::move(diagnosis));
  }
  return all;
}

/// Nothing that is there is closed or in doubt, and something measures.
bool healthy(const std::vector<Diagnosis>& all) {
  const bool any = std::ranges::any_of(all, &Diagnosis::measures);
  return any &&
         std::ranges::none_of(all, [](const Diagnosis& d) { return d.doubtful() || d.closed(); });
}

Json to_json(const power::ChannelHealth& health) {
  const auto number = [](const auto& value, auto unit) {
    return value ? Json(unit(*value)) : Json();
  };
  return {{"id", health.id},
          {"readings", health.readings},
          {"failed", health.failed},
          {"refused", health.refused},
          {"renewed_every_s", number(health.renewed, [](Seconds s) { return s.count(); })},
          {"power_w", number(health.power, [](Watts w) { return w.value(); })},
          {"doubts", health.doubts}};
}

Json to_json(const std::vector<Diagnosis>& all, Seconds length) {
  Json sources = Json::array();
  for (const auto& d : all) {
    Json source = {{"driver", d.finding->driver}, {"state", d.state()}};
    if (d.finding->absent) {
      source["reason"] = d.finding->absent->message;
      source["remedy"] = d.finding->absent->remedy;
    }
    if (!d.line().empty()) source["administrator"] = d.line();
    source["channels"] = Json::array();
    for (const auto& health : d.channels) source["channels"].push_back(to_json(health));
    sources.push_back(std::move(source));
  }
  return {{"format", "btrack-doctor"},
          {"version", 1},
          {"seconds", length.count()},
          {"healthy", healthy(all)},
          {"sources", sources}};
}

std::string channel_line(const power::ChannelHealth& health) {
  std::string line = fmt::format("{:<34} {:>6} readings", health.id, health.readings);
  if (health.power) line += fmt::format(", {} W", significant(health.power->value()));
  if (health.renewed) {
    line += fmt::format(", renewed within {} ms", significant(health.renewed->count() * 1e3, 2));
  }
  if (health.failed > 0) line += fmt::format(", {} failed", health.failed);
  if (health.refused > 0) line += fmt::format(", {} impossible", health.refused);
  if (!health.doubts.empty()) line += fmt::format("  [{}]", fmt::join(health.doubts, ", "));
  return line;
}

void print_source(const Diagnosis& d) {
  fmt::print("{:<11} {}\n", d.finding->driver, d.state());
  for (const auto& health : d.channels) fmt::print("{:<11}   {}\n", "", channel_line(health));
  if (!d.finding->absent) return;
  fmt::print("{:<11}   {}\n", "", d.finding->absent->message);
  if (!d.finding->absent->remedy.empty()) {
    fmt::print("{:<11}   -> {}\n", "", d.finding->absent->remedy);
  }
}

void print_text(const std::vector<Diagnosis>& all) {
  for (const auto& d : all) print_source(d);
  const bool lines = std::ranges::any_of(all, [](const auto& d) { return !d.line().empty(); });
  if (lines) fmt::print("\nWhat an administrator types to open what is closed:\n");
  for (const auto& d : all) {
    if (!d.line().empty()) fmt::print("  # {}\n  {}\n", d.finding->driver, d.line());
  }
  if (std::ranges::none_of(all, &Diagnosis::measures)) {
    fmt::print("\nNothing here measures: energies are ESTIMATES (grade E).\n");
  } else if (healthy(all)) {
    fmt::print("\nEvery source that is here works.\n");
  }
}

}  // namespace

Action add_doctor(CLI::App& sub, Globals& globals) {
  auto seconds = std::make_shared<double>(3.0);
  sub.add_option("--seconds", *seconds, "How long every source is read (default 3)")
      ->check(CLI::Range(0.1, 3600.0))
      ->type_name("S");
  return [seconds, &globals] {
    auto probed = power::probe_sensors(globals.probe());
    const auto healths = trial(std::move(probed.sensors), Seconds(*seconds));
    if (!healths) return report_error(healths.error(), globals);
    const auto all = diagnose(probed, *healths);
    if (globals.json) {
      print(to_json(all, Seconds(*seconds)).dump(2));
    } else {
      print_text(all);
    }
    return healthy(all) ? exit_code::ok : exit_code::incomplete;
  };
}

}  // namespace btrack::cli

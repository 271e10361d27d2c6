// SPDX-License-Identifier: Apache-2.0
// Writing and strict reading of the trace text.
#include "btrack/power/trace_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"

namespace btrack::power {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "btrack-trace";
constexpr int kVersion = 1;

Json to_json(const Channel& c) {
  Json json{{"id", c.id},
            {"label", c.label},
            {"domain", domain_name(c.domain)},
            {"kind", c.kind == ChannelKind::power_gauge ? "power_gauge" : "energy_counter"},
            {"evidence", c.evidence == Evidence::estimated ? "estimated" : "measured"},
            {"si_per_count", c.si_per_count},
            {"modulus", c.modulus},
            {"update_period_s", c.update_period.count()},
            {"power_limit_w", c.power_limit.value()},
            {"gain_low", c.gain.low},
            {"gain_high", c.gain.high},
            {"gain_source", c.gain_source}};
  if (c.part_of) json["part_of"] = *c.part_of;
  if (c.duplicate_of) json["duplicate_of"] = *c.duplicate_of;
  return json;
}

Channel channel_from(const Json& json) {
  Channel c;
  c.id = json.at("id").get<std::string>();
  c.label = json.at("label").get<std::string>();
  c.domain = domain_from(json.at("domain").get<std::string>());
  c.kind =
      json.at("kind") == "power_gauge" ? ChannelKind::power_gauge : ChannelKind::energy_counter;
  c.evidence = json.at("evidence") == "estimated" ? Evidence::estimated : Evidence::measured;
  c.si_per_count = json.at("si_per_count").get<double>();
  c.modulus = json.at("modulus").get<std::uint64_t>();
  c.update_period = Seconds(json.at("update_period_s").get<double>());
  c.power_limit = Watts(json.at("power_limit_w").get<double>());
  c.gain = {json.at("gain_low").get<double>(), json.at("gain_high").get<double>()};
  c.gain_source = json.at("gain_source").get<std::string>();
  if (json.contains("part_of")) c.part_of = json["part_of"].get<std::string>();
  if (json.contains("duplicate_of")) c.duplicate_of = json["duplicate_of"].get<std::string>();
  return c;
}

tl::unexpected<Error> malformed(std::string_view name, std::size_t line, std::string_view what) {
  return fail(ErrorKind::malformed, fmt::format("{}:{}: {}", name, line, what),
              "give a file that 'btrack sensors --record' wrote, whole and unchanged");
}

Result<PowerTrace> header_from(std::string_view line, std::string_view name) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || json.value("format", "") != kFormat) {
    return malformed(name, 1, fmt::format("expected the header of a {} file", kFormat));
  }
  try {
    if (json.at("version").get<int>() > kVersion) {
      return fail(ErrorKind::unsupported,
                  fmt::format("{} was written by a newer btrack (trace version {})", name,
                              json.at("version").get<int>()),
                  "update btrack");
    }
    PowerTrace trace;
    trace.lost = json.at("lost").get<std::uint64_t>();
    for (const auto& channel : json.at("channels")) trace.channels.push_back(channel_from(channel));
    return trace;
  } catch (const Json::exception& problem) {
    return malformed(name, 1, fmt::format("the header is incomplete: {}", problem.what()));
  }
}

std::optional<Reading> reading_from(std::string_view line, std::size_t channels) {
  const auto fields = split(line, ' ');
  if (fields.size() != 4) return std::nullopt;
  const auto channel = parse_number<std::uint32_t>(fields[0]);
  const auto flags = parse_number<std::uint32_t>(fields[1]);
  const auto time = parse_number<std::int64_t>(fields[2]);
  const auto count = parse_number<std::uint64_t>(fields[3]);
  if (!channel || !flags || !time || !count || *channel >= channels) return std::nullopt;
  return Reading{*channel, *flags, steady_from_ns(*time), *count};
}

}  // namespace

std::string trace_to_text(const PowerTrace& trace) {
  Json header{{"format", kFormat}, {"version", kVersion}, {"lost", trace.lost}};
  header["channels"] = Json::array();
  for (const Channel& channel : trace.channels) header["channels"].push_back(to_json(channel));
  std::string text = header.dump() + "\n";
  for (const Reading& r : trace.readings) {
    fmt::format_to(std::back_inserter(text), "{} {} {} {}\n", r.channel, r.flags, to_ns(r.time),
                   r.count);
  }
  return text;
}

Result<PowerTrace> trace_from_text(std::string_view text, std::string_view name) {
  if (!text.ends_with('\n')) {
    return malformed(name, static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1,
                     "the file ends within a line");
  }
  text.remove_suffix(1);
  const auto lines = split(text, '\n');
  auto trace = header_from(lines.front(), name);
  if (!trace) return trace;
  trace->readings.reserve(lines.size() - 1);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto reading = reading_from(lines[i], trace->channels.size());
    if (!reading) return malformed(name, i + 1, "expected 'channel flags time_ns count'");
    trace->readings.push_back(*reading);
  }
  return trace;
}

Result<void> save_trace(const PowerTrace& trace, const std::filesystem::path& file) {
  return write_file(file, trace_to_text(trace));
}

Result<PowerTrace> load_trace(const std::filesystem::path& file) {
  const auto text = read_file(file);
  if (!text) return fail(text.error());
  return trace_from_text(*text, file.string());
}

}  // namespace btrack::power

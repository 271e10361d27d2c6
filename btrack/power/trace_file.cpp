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
#include "btrack/power/trace_json.hpp"

namespace btrack::power {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kFormat = "btrack-trace";
constexpr int kVersion = 1;

tl::unexpected<Error> malformed(std::string_view name, std::size_t line, std::string_view what) {
  return fail(ErrorKind::malformed, fmt::format("{}:{}: {}", name, line, what),
              "give a file that 'btrack sensors --record' wrote, whole and unchanged");
}

Result<PowerTrace> header_from(std::string_view line, std::string_view name) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || json.value("format", Json()) != kFormat) {
    return malformed(name, 1, fmt::format("expected the header of a {} file", kFormat));
  }
  try {
    if (json.at("version").get<int>() > kVersion) {
      return fail(ErrorKind::unsupported,
                  fmt::format("{} was written by a newer btrack (trace version {})", name,
                              json.at("version").get<int>()),
                  "update btrack");
    }
    auto channels = channels_from_json(json.at("channels").dump());
    if (!channels) return malformed(name, 1, channels.error().message);
    auto clocks = clocks_from_json(json.value("clocks", Json::array()).dump());
    if (!clocks) return malformed(name, 1, clocks.error().message);
    return PowerTrace{
        std::move(*channels), {}, json.at("lost").get<std::uint64_t>(), std::move(*clocks)};
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
  header["channels"] = Json::parse(channels_to_json(trace.channels));
  header["clocks"] = Json::parse(clocks_to_json(trace.clocks));
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

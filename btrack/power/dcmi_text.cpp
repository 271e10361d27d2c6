// SPDX-License-Identifier: Apache-2.0
// One table of the lines that ipmitool prints, and their strict numbers.
#include "btrack/power/dcmi_text.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "btrack/core/text.hpp"

namespace btrack::power {
namespace {

std::optional<std::uint16_t> watts(std::string_view text) {
  constexpr std::string_view kUnit = " Watts";
  if (!text.ends_with(kUnit)) return std::nullopt;
  text.remove_suffix(kUnit.size());
  return parse_number<std::uint16_t>(trim(text));
}

/// "00000005 Seconds." up to ipmitool 1.8.18, "00005000 Milliseconds" since (lib/ipmi_dcmi.c).
std::optional<Seconds> period(std::string_view text) {
  const auto blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto number = parse_number<std::uint32_t>(text.substr(0, blank));
  const auto unit = trim(text.substr(blank));
  if (!number) return std::nullopt;
  if (unit == "Seconds" || unit == "Seconds.") return Seconds(*number);
  if (unit == "Milliseconds") return Seconds(*number * 1e-3);
  return std::nullopt;
}

template <class T, class U>
bool keep(std::optional<T> value, U& into) {
  if (value) into = *value;
  return value.has_value();
}

struct Line {
  std::string_view key;
  bool (*take)(std::string_view value, DcmiReading& reading);
};

constexpr std::array kLines{
    Line{"Instantaneous power reading",
         [](std::string_view v, DcmiReading& r) { return keep(watts(v), r.current_w); }},
    Line{"Minimum during sampling period",
         [](std::string_view v, DcmiReading& r) { return keep(watts(v), r.minimum_w); }},
    Line{"Maximum during sampling period",
         [](std::string_view v, DcmiReading& r) { return keep(watts(v), r.maximum_w); }},
    Line{"Average power reading over sample period",
         [](std::string_view v, DcmiReading& r) { return keep(watts(v), r.average_w); }},
    Line{"IPMI timestamp", [](std::string_view v, DcmiReading&) { return !v.empty(); }},
    Line{"Sampling period",
         [](std::string_view v, DcmiReading& r) { return keep(period(v), r.statistics_period); }},
    Line{"Power reading state is",
         [](std::string_view v, DcmiReading& r) {
           r.active = v == "activated";
           return r.active || v == "deactivated";
         }},
};

tl::unexpected<Error> nonsense(std::string_view what) {
  constexpr std::size_t kShown = 60;
  std::string shown;
  for (const char c : what.substr(0, kShown)) shown += c >= ' ' && c <= '~' ? c : '?';
  return fail(ErrorKind::malformed,
              fmt::format("ipmitool printed no DCMI power reading: {}", shown));
}

}  // namespace

Result<DcmiReading> parse_dcmi_text(std::string_view text) {
  DcmiReading reading;
  std::array<bool, kLines.size()> seen{};
  for (const auto raw : split(text, '\n')) {
    const auto line = trim(raw);
    if (line.empty()) continue;
    const auto colon = line.find(':');
    const auto key = trim(line.substr(0, colon));
    std::size_t i = 0;
    while (i < kLines.size() && kLines[i].key != key) ++i;
    if (colon == std::string_view::npos || i == kLines.size() || seen[i] ||
        !kLines[i].take(trim(line.substr(colon + 1)), reading)) {
      return nonsense(line);
    }
    seen[i] = true;
  }
  for (std::size_t i = 0; i < kLines.size(); ++i) {
    if (!seen[i]) return nonsense(fmt::format("'{}' is missing", kLines[i].key));
  }
  return reading;
}

}  // namespace btrack::power

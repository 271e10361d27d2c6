// SPDX-License-Identifier: Apache-2.0
// Numbers for people.
#include "btrack/report/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "btrack/core/text.hpp"

namespace btrack::report {
namespace {

struct Prefix {
  double factor;
  std::string_view unit;
};

std::string grouped(std::string digits) {
  const auto start = digits.find_first_of("0123456789");
  if (start == std::string::npos || digits.find('e') != std::string::npos) return digits;
  const auto point = digits.find('.');
  auto at = static_cast<std::ptrdiff_t>(point == std::string::npos ? digits.size() : point) - 3;
  for (; at > static_cast<std::ptrdiff_t>(start); at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

/// With the largest unit that leaves at least 1 before the point.
template <std::size_t N>
std::string scaled(double value, const std::array<Prefix, N>& units) {
  const double size = std::fabs(value);
  for (const Prefix& unit : units) {
    // 0.9995 rounds to 1.00 at three digits: it belongs to the larger unit.
    if (size >= 0.9995 * unit.factor) {
      return fmt::format("{} {}", number(value / unit.factor), unit.unit);
    }
  }
  return fmt::format("{} {}", number(value / units.back().factor), units.back().unit);
}

}  // namespace

std::string number(double value) { return grouped(significant(value)); }

std::string count(std::int64_t value) { return grouped(fmt::format("{}", value)); }

std::string percent(double share) { return number(share * 100.0) + " %"; }

std::string accuracy(double share) { return points(share * 100.0) + " %"; }

std::string required_accuracy(double share) {
  std::string digits = fmt::format("{:.6f}", share * 100.0);  // 1e-8 of a share: what people type
  const auto least = digits.find('.') + 2;
  const auto last = std::max(digits.find_last_not_of('0'), least);
  return digits.substr(0, last + 1) + " %";
}

std::string points(double percentages) { return fmt::format("{:.2f}", percentages); }

std::string joules(Joules energy) {
  constexpr std::array<Prefix, 6> units{
      {{1e9, "GJ"}, {1e6, "MJ"}, {1e3, "kJ"}, {1.0, "J"}, {1e-3, "mJ"}, {1e-6, "µJ"}}};
  return energy.value() == 0.0 ? "0 J" : scaled(energy.value(), units);
}

std::string duration(Seconds time) {
  constexpr std::array<Prefix, 3> units{{{1.0, "s"}, {1e-3, "ms"}, {1e-6, "µs"}}};
  const double s = time.count();
  if (s == 0.0) return "0 s";
  if (s >= 7200.0) return number(s / 3600.0) + " h";
  if (s >= 120.0) return number(s / 60.0) + " min";
  return scaled(s, units);
}

std::string energy_cell(const power::EnergyFigure& figure) {
  if (figure.source == power::EnergySource::missing) {
    return figure.high.value() > 0.0 ? "< " + number(figure.high.value()) : "-";
  }
  return fmt::format("{} [{}, {}]", number(figure.value.value()), number(figure.low.value()),
                     number(figure.high.value()));
}

}  // namespace btrack::report

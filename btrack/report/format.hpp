// SPDX-License-Identifier: Apache-2.0
// Numbers for people: three significant digits, thousands in groups, a unit on every number.
#pragma once

#include <cstdint>
#include <string>

#include "btrack/core/quantity.hpp"
#include "btrack/power/energy.hpp"

namespace btrack::report {

/// Three significant digits with groups of thousands: "0.0123", "4.56", "123,000"; "-" if not
/// finite.
std::string number(double value);
std::string count(std::int64_t value);  ///< exact: "61,706"
std::string percent(double share);      ///< a share or a saving: 0.912 -> "91.2 %"
/// Two decimals, the step of 10,000 test items: 0.8799 -> "87.99 %", never rounded up to "88.0 %".
std::string accuracy(double share);
/// As given, with at least two decimals: 0.88 -> "88.00 %", 0.87995 -> "87.995 %".
std::string required_accuracy(double share);
/// A difference of accuracies, in the same step and without the word: "0.56".
std::string points(double percentages);
std::string joules(Joules energy);   ///< "8.21 J", "12.3 kJ", "45.6 mJ"
std::string duration(Seconds time);  ///< "812 µs", "4.5 ms", "12.3 s", "3.4 min"

/// In J for a column: "8.21 [6.1, 11.3]", "< 0.2" where only an upper bound is known, else "-".
std::string energy_cell(const power::EnergyFigure& figure);

}  // namespace btrack::report

// SPDX-License-Identifier: Apache-2.0
// The table of power models, and the row that fits a processor.
#include "btrack/power/power_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "btrack/core/text.hpp"

namespace btrack::power {
namespace {

struct Row {
  PowerModel model;
  std::string_view vendor;
  unsigned family = 0;
  unsigned number = 0;
  std::string_view word;  ///< in the processor's name: a Threadripper has the numbers of an EPYC
};

std::optional<Row> row_of(std::string_view line) {
  constexpr std::size_t kColumns = 12;
  const auto cells = split(line, ',');
  if (cells.size() != kColumns) return std::nullopt;
  const auto family = parse_number<unsigned>(cells[2]);
  const auto number = parse_number<unsigned>(cells[3]);
  constexpr std::array<std::size_t, 5> kNumbers{5, 6, 7, 9, 10};
  std::array<double, kNumbers.size()> values{};
  for (std::size_t i = 0; i < kNumbers.size(); ++i) {
    const auto value = parse_number<double>(cells[kNumbers[i]]);
    if (!value) return std::nullopt;
    values[i] = *value;
  }
  if (!family || !number) return std::nullopt;
  Row row;
  row.vendor = cells[1];
  row.family = *family;
  row.number = *number;
  row.word = cells[4];
  row.model.name = cells[0];
  row.model.idle_cpu = Watts(values[0]);
  row.model.busy_cpu = Watts(values[1]);
  row.model.included_gb = values[2];
  row.model.gain = {values[3], values[4]};
  row.model.source = cells[11];
  return row;
}

CpuVendor vendor_named(std::string_view id) {
  if (id == "GenuineIntel") return CpuVendor::intel;
  return id == "AuthenticAMD" ? CpuVendor::amd : CpuVendor::other;
}

bool fits(const Row& row, const CpuModel& cpu) {
  return row.family != 0 && vendor_named(row.vendor) == cpu.vendor && row.family == cpu.family &&
         row.number == cpu.model && cpu.name.find(row.word) != std::string::npos;
}

/// At 0, 10, ... 100 % load; power_model_test computes them from tests/power/estimate_cases.csv.
constexpr std::array kLoadCurve{0.0,    0.1315, 0.1837, 0.2421, 0.3255, 0.3932,
                                0.4877, 0.5982, 0.7231, 0.9121, 1.0};

}  // namespace

double load_curve(double utilisation) {
  if (utilisation >= 1.0) return utilisation;
  const double steps = std::max(0.0, utilisation) * (kLoadCurve.size() - 1);
  const auto below = static_cast<std::size_t>(steps);
  const double from = kLoadCurve[below];
  return from + (kLoadCurve[below + 1] - from) * (steps - static_cast<double>(below));
}

double memory_beyond(const PowerModel& model, int cpus, double memory_gb) {
  return std::max(0.0, memory_gb - model.included_gb * cpus);
}

GainInterval modelled_memory_gain() { return {0.2, 1.6}; }

Watts modelled_power(const PowerModel& model, int cpus, double memory_gb, double utilisation) {
  return (model.idle_cpu + (model.busy_cpu - model.idle_cpu) * load_curve(utilisation)) * cpus +
         model.memory_gb * memory_beyond(model, cpus, memory_gb);
}

Watts modelled_gpu_power(double utilisation, Watts limit) {
  // 371.6, 1018.4, 2407.2 and 3259.3 W of eight boards of 400 W
  constexpr std::array kLoads{0.0, 0.1, 0.5, 1.0};
  constexpr std::array kOfLimit{0.1161, 0.3183, 0.7523, 1.0185};
  const double load = std::clamp(utilisation, 0.0, 1.0);
  std::size_t above = 1;
  while (load > kLoads[above]) ++above;
  const double way = (load - kLoads[above - 1]) / (kLoads[above] - kLoads[above - 1]);
  return limit * (kOfLimit[above - 1] + (kOfLimit[above] - kOfLimit[above - 1]) * way);
}

GainInterval modelled_gpu_gain() { return {0.2, 2.0}; }

Result<PowerModel> power_model(std::string_view table, const CpuModel& cpu) {
  std::optional<PowerModel> found;
  std::optional<PowerModel> unknown;
  std::optional<PowerModel> guest;
  const auto lines = split(trim(table), '\n');
  for (std::size_t i = 1; i < lines.size(); ++i) {
    auto row = row_of(lines[i]);
    if (!row) {
      return fail(ErrorKind::malformed, fmt::format("line {} of the power models is no row", i + 1),
                  "");
    }
    if (row->model.name == "unknown") unknown = row->model;
    if (row->model.name == "guest") guest = row->model;
    if (fits(*row, cpu)) found = std::move(row->model);
  }
  if (!unknown || !guest) {
    return fail(ErrorKind::malformed, "the power models lack the row unknown or guest", "");
  }
  if (!cpu.guest) return found ? *found : *unknown;
  if (!found) return *guest;
  found->gain = guest->gain;
  found->source += "; interval of a virtual machine: " + guest->source;
  return *found;
}

}  // namespace btrack::power

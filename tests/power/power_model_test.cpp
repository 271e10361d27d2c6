// SPDX-License-Identifier: Apache-2.0
// Power models against published wall power: the fit behind the table, and what its intervals hold.
#include "btrack/power/power_model.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "btrack/core/file.hpp"
#include "btrack/core/text.hpp"
#include "btrack/power/embedded.hpp"
#include "tests/power/fake_tree.hpp"

namespace btrack::power {
namespace {

using test::FakeTree;

struct Case {
  std::string use;  ///< "fit": the table; "curve": its load curve; "check": other manufacturers
  std::string family;
  int threads = 0;
  double memory_gb = 0.0;
  double utilisation = 0.0;
  double watts = 0.0;
};

std::vector<Case> cases() {
  const auto text =
      read_file(std::filesystem::path(BTRACK_SOURCE_DIR) / "tests/power/estimate_cases.csv");
  std::vector<Case> all;
  if (!text) return all;
  for (const auto line : split(trim(*text), '\n')) {
    const auto cells = split(line, ',');
    if (cells.size() != 7 || cells[0] == "use") continue;
    all.push_back({std::string(cells[0]), std::string(cells[1]),
                   parse_number<int>(cells[2]).value(), parse_number<double>(cells[3]).value(),
                   parse_number<double>(cells[4]).value() / 100.0,
                   parse_number<double>(cells[5]).value()});
  }
  return all;
}

std::map<std::string, CpuModel> processors() {
  const auto intel = [](unsigned model) {
    return CpuModel{CpuVendor::intel, 6, model, "Intel(R) Xeon(R) CPU", false, false};
  };
  const auto amd = [](unsigned family, unsigned model) {
    return CpuModel{CpuVendor::amd, family, model, "AMD EPYC Processor", false, false};
  };
  return {
      {"westmere-ep", intel(44)},      {"sandy-bridge-ep", intel(45)}, {"haswell-ep", intel(63)},
      {"broadwell-ep", intel(79)},     {"skylake-sp", intel(85)},      {"ice-lake-sp", intel(106)},
      {"sapphire-rapids", intel(143)}, {"epyc-naples", amd(23, 1)},    {"epyc-rome", amd(23, 49)},
      {"epyc-milan", amd(25, 1)},      {"epyc-genoa", amd(25, 17)},    {"unknown", {}}};
}

PowerModel model_of(const std::string& family) {
  const auto model = power_model(embedded::power_model_csv(), processors().at(family));
  EXPECT_TRUE(model);
  EXPECT_EQ(model->name, family);
  return *model;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2.0;
}

double estimated(const Case& c) {
  return modelled_power(model_of(c.family), c.threads, c.memory_gb, c.utilisation).value();
}

bool held(const Case& c) {
  const GainInterval gain = model_of(c.family).gain;
  const double ratio = c.watts / estimated(c);
  return ratio >= gain.low && ratio <= gain.high;
}

TEST(PowerModel, TheTableIsTheMedianOfTheServersItWasFittedTo) {
  std::map<std::string, std::array<std::vector<double>, 3>> per_cpu;
  for (const Case& c : cases()) {
    if (c.use != "fit" || c.family == "unknown") continue;
    auto& values = per_cpu[c.family];
    values[c.utilisation == 0.0 ? 0 : 1].push_back(c.watts / c.threads);
    if (c.utilisation == 0.0) values[2].push_back(c.memory_gb / c.threads);
  }
  ASSERT_EQ(per_cpu.size(), 11U);
  for (const auto& [family, values] : per_cpu) {
    const PowerModel model = model_of(family);
    EXPECT_NEAR(model.idle_cpu.value(), median(values[0]), 1e-3) << family;
    EXPECT_NEAR(model.busy_cpu.value(), median(values[1]), 1e-3) << family;
    EXPECT_NEAR(model.included_gb, median(values[2]), 1e-3) << family;
  }
}

/// Per load in tenths, the way from idle to full that each curve had gone.
std::array<std::vector<double>, 11> curve_shapes() {
  std::array<std::vector<double>, 11> shapes;
  std::vector<double> curve;
  for (const Case& c : cases()) {
    if (c.use != "curve") continue;
    curve.push_back(c.watts);
    if (curve.size() < shapes.size()) continue;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      shapes[i].push_back((curve[i] - curve.front()) / (curve.back() - curve.front()));
    }
    curve.clear();
  }
  return shapes;
}

TEST(PowerModel, TheLoadCurveIsTheMedianShapeOfSixPublishedCurves) {
  const auto shapes = curve_shapes();
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    ASSERT_EQ(shapes[i].size(), 6U);
    EXPECT_NEAR(load_curve(static_cast<double>(i) / 10.0), median(shapes[i]), 1e-3) << i;
  }
  EXPECT_NEAR(load_curve(0.05), load_curve(0.1) / 2.0, 1e-12);
  EXPECT_EQ(load_curve(-0.1), 0.0);
  EXPECT_EQ(load_curve(3.5), 3.5);
}

TEST(PowerModel, TheCurveHalvesTheErrorOfAStraightLineBetweenIdleAndFull) {
  std::vector<double> curved;
  std::vector<double> straight;
  for (const Case& c : cases()) {
    if (c.use != "check" || c.family == "unknown") continue;
    if (c.utilisation == 0.0 || c.utilisation == 1.0) continue;
    Case end = c;
    end.utilisation = 0.0;
    const double idle = estimated(end);
    end.utilisation = 1.0;
    const double line = idle + (estimated(end) - idle) * c.utilisation;
    curved.push_back(std::abs(estimated(c) / c.watts - 1.0));
    straight.push_back(std::abs(line / c.watts - 1.0));
  }
  ASSERT_EQ(curved.size(), 45U);
  fmt::print(
      "loads 10 to 90 %: median error {:.1f} %, largest {:.1f} %; straight line {:.1f} %, "
      "{:.1f} %\n",
      100 * median(curved), 100 * std::ranges::max(curved), 100 * median(straight),
      100 * std::ranges::max(straight));
  EXPECT_LT(median(curved), 0.6 * median(straight));
  EXPECT_LT(std::ranges::max(curved), 0.6 * std::ranges::max(straight));
}

TEST(PowerModel, IntervalsHoldPublishedPowerOfServersItWasNotFittedTo) {
  std::map<std::string, std::pair<int, int>> by_family;
  std::vector<double> errors;
  int known = 0;
  int known_held = 0;
  int all_held = 0;
  int all = 0;
  for (const Case& c : cases()) {
    if (c.use != "check") continue;
    const bool inside = held(c);
    ++by_family[c.family].second;
    by_family[c.family].first += inside ? 1 : 0;
    ++all;
    all_held += inside ? 1 : 0;
    if (c.family == "unknown") continue;
    ++known;
    known_held += inside ? 1 : 0;
    errors.push_back(std::abs(estimated(c) / c.watts - 1.0));
  }
  for (const auto& [family, counts] : by_family) {
    fmt::print("{}: {} of {}\n", family, counts.first, counts.second);
  }
  ASSERT_GE(known, 30);
  fmt::print("known families {} of {} ({:.1f} %), median error {:.1f} %; all {} of {} ({:.1f} %)\n",
             known_held, known, 100.0 * known_held / known, 100.0 * median(errors), all_held, all,
             100.0 * all_held / all);
  EXPECT_GE(known_held, 0.9 * known);
  EXPECT_GE(all_held - known_held, 0.9 * (all - known));
  EXPECT_GE(all_held, 0.9 * all);
}

PowerModel from_cpuinfo(std::string_view cpuinfo) {
  const FakeTree tree;
  tree.write("proc/cpuinfo", std::string(cpuinfo));
  return *power_model(embedded::power_model_csv(), cpu_model(tree.root() / "proc"));
}

constexpr std::string_view kRome =
    "vendor_id\t: AuthenticAMD\ncpu family\t: 23\nmodel\t\t: 49\nmodel name\t: AMD EPYC 7B12\n";

TEST(PowerModel, VirtualMachinesGetTheFamilyAndTheWidthOfGuests) {
  EXPECT_EQ(from_cpuinfo(kRome).gain.high, 1.936);
  const auto guest = from_cpuinfo(std::string(kRome) + "flags\t\t: fpu hypervisor sse4a\n");
  EXPECT_EQ(guest.name, "epyc-rome");
  EXPECT_EQ(guest.gain.low, 0.5);
  EXPECT_EQ(guest.gain.high, 3.125);
  EXPECT_NE(guest.source.find("virtual machine"), std::string::npos);
}

TEST(PowerModel, OthersAreUnknownAndWide) {
  for (const auto* cpuinfo :
       {"", "garbage\n", "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n",
        "vendor_id\t: AuthenticAMD\ncpu family\t: 23\nmodel\t: 49\nmodel name\t: AMD Ryzen "
        "Threadripper 3970X\n",
        "vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t: 85\nmodel name\t: Intel(R) Core(TM) "
        "i9-7900X\n"}) {
    const auto model = from_cpuinfo(cpuinfo);
    EXPECT_EQ(model.name, "unknown") << cpuinfo;
    EXPECT_GT(model.gain.high, 10.0) << cpuinfo;
  }
}

TEST(PowerModel, MemoryBeyondWhatTheServersHadIsAdded) {
  PowerModel model;
  model.included_gb = 2.0;
  const double at_8 = modelled_power(model, 4, 8.0, 0.5).value();
  EXPECT_DOUBLE_EQ(modelled_power(model, 4, 1.0, 0.5).value(), at_8);
  EXPECT_NEAR(modelled_power(model, 4, 10.0, 0.5).value() - at_8, 2 * 0.392, 1e-9);
}

TEST(PowerModel, MalformedTablesAreRefusedWithTheLine) {
  EXPECT_FALSE(power_model("", {}));
  const auto refused = power_model("name,vendor\nunknown,,x,0,,1,2,0,0,1,2,s\n", {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("line 2"), std::string::npos);
}

}  // namespace
}  // namespace btrack::power

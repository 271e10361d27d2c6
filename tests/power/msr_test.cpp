// SPDX-License-Identifier: Apache-2.0
// The msr driver on register files: units, widths, packages and dies, filtering, and absence.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "btrack/power/drivers.hpp"
#include "btrack/power/msr_sensor.hpp"
#include "btrack/power/rapl.hpp"
#include "btrack/power/relations.hpp"
#include "btrack/power/trace.hpp"
#include "tests/power/fake_tree.hpp"
#include "tests/support/manual_clock.hpp"

namespace btrack::power {
namespace {

using test::FakeTree;

constexpr std::uint64_t kSkylakeUnits = 0x000A0E03;  // bits 12:8 are 14, bits 15:12 are 0
constexpr std::uint64_t kZenUnits = 0x000A1003;      // 2^-16 J

CpuModel intel(unsigned model) { return {CpuVendor::intel, 6, model, {}, false}; }
CpuModel amd(unsigned family, unsigned model) { return {CpuVendor::amd, family, model, {}, false}; }

void online(const FakeTree& tree, std::string_view list) {
  tree.write("sys/devices/system/cpu/online", list);
}

/// A package of an Intel server, all domains counting.
void intel_package(const FakeTree& tree, int cpu, int package, int die = 0) {
  tree.cpu(cpu, package, die);
  tree.msr(cpu, msr_address::intel_unit, kSkylakeUnits);
  tree.msr(cpu, 0x611, 1000 + static_cast<std::uint64_t>(cpu));
  tree.msr(cpu, 0x619, 2000);
  tree.msr(cpu, 0x639, 300);
}

/// AMD's three registers, whose numbers lie so close that the fake file's bytes overlap: the core
/// counter then stands at 256 x the package's + 16.
void amd_registers(const FakeTree& tree, int cpu, std::uint64_t package_count) {
  tree.msr(cpu, 0xC001029B, package_count);
  tree.msr(cpu, msr_address::amd_unit, (package_count << 16) | (kZenUnits & 0xFFFF));
}

std::vector<Channel> channels_of(const DriverProbe& probe) {
  std::vector<Channel> all;
  for (const auto& sensor : probe.sensors) {
    all.insert(all.end(), sensor->channels().begin(), sensor->channels().end());
  }
  return all;
}

TEST(RaplUnit, IsBitsTwelveToEight) {
  EXPECT_EQ(rapl_unit_j(intel(0x9E), Domain::package, kSkylakeUnits), std::ldexp(1.0, -14));
  EXPECT_EQ(rapl_unit_j(amd(0x17, 0x31), Domain::package, kZenUnits), std::ldexp(1.0, -16));
  EXPECT_EQ(rapl_unit_j(intel(0x9E), Domain::package, 0xFFFFE0FF), 1.0);
}

TEST(RaplUnit, FixedUnitsByModel) {
  for (const unsigned model : {0x3FU, 0x4FU, 0x56U, 0x55U, 0x6AU, 0x6CU, 0x57U, 0x85U}) {
    EXPECT_EQ(rapl_unit_j(intel(model), Domain::dram, kSkylakeUnits), std::ldexp(1.0, -16))
        << model;
    EXPECT_EQ(rapl_unit_j(intel(model), Domain::package, kSkylakeUnits), std::ldexp(1.0, -14));
  }
  for (const unsigned model : {0x8FU, 0xCFU}) {
    EXPECT_EQ(rapl_unit_j(intel(model), Domain::dram, kSkylakeUnits), std::ldexp(1.0, -14));
    EXPECT_EQ(rapl_unit_j(intel(model), Domain::board, kSkylakeUnits), 1.0);
  }
}

TEST(RaplUnit, AtomsCountMicrojoulesButForAvoton) {
  EXPECT_DOUBLE_EQ(rapl_unit_j(intel(0x37), Domain::package, 0x00000505), 32e-6);
  EXPECT_EQ(rapl_unit_j(intel(0x4D), Domain::package, 0x00001005), std::ldexp(1.0, -16));
}

TEST(RaplWidth, SixtyFourBitsFromZen4) {
  EXPECT_FALSE(counts_in_64_bits(amd(0x17, 0x01)));
  EXPECT_FALSE(counts_in_64_bits(amd(0x19, 0x01)));  // Milan
  EXPECT_FALSE(counts_in_64_bits(amd(0x19, 0x50)));  // Cezanne
  EXPECT_TRUE(counts_in_64_bits(amd(0x19, 0x11)));   // Genoa
  EXPECT_TRUE(counts_in_64_bits(amd(0x19, 0xA0)));   // Bergamo
  EXPECT_TRUE(counts_in_64_bits(amd(0x1A, 0x02)));   // Turin
  EXPECT_FALSE(counts_in_64_bits(intel(0x8F)));
}

TEST(Msr, TwoSocketsNamedAndContainedAsInPowercap) {
  const FakeTree tree;
  tree.processor("GenuineIntel", 6, 0x8F);
  online(tree, "0-3\n");
  intel_package(tree, 0, 0);
  intel_package(tree, 1, 0);
  intel_package(tree, 2, 1);
  intel_package(tree, 3, 1);
  tree.msr(2, 0x64D, 77);  // the platform is counted by the second package
  auto probe = probe_msr(tree.context());
  ASSERT_EQ(probe.sensors.size(), 1U) << probe.absent->message;
  EXPECT_FALSE(probe.absent);
  const auto channels = channels_of(probe);
  ASSERT_EQ(channels.size(), 7U);
  EXPECT_EQ(channels[0].id, "msr/package-0");
  EXPECT_EQ(channels[1].id, "msr/package-0/core");
  EXPECT_EQ(channels[1].part_of, "msr/package-0");
  EXPECT_EQ(channels[2].id, "msr/package-0/dram");
  EXPECT_EQ(channels[2].part_of, "msr/psys-1");
  EXPECT_EQ(channels[6].id, "msr/psys-1");
  EXPECT_EQ(channels[6].si_per_count, 1.0);
  EXPECT_EQ(total_channels(channels), std::vector<std::uint32_t>{6});

  std::vector<Reading> out(7);
  tree.msr(2, 0x611, 0xDEAD'0000'0005ULL);  // what stands above bit 31 is reserved
  ASSERT_TRUE(probe.sensors[0]->read(out));
  EXPECT_EQ(out[0].count, 1000U);
  EXPECT_EQ(out[3].count, 5U);
  EXPECT_EQ(out[6].count, 77U);
  EXPECT_EQ(out[6].flags, reading_flags::ok);
}

TEST(Msr, DiesOfIntelHaveCountersOfTheirOwnAndAmdHasOneForThePackage) {
  const FakeTree tree;
  tree.processor("GenuineIntel", 6, 0x55);
  online(tree, "0,1\n");
  intel_package(tree, 0, 0, 0);
  intel_package(tree, 1, 0, 1);
  const auto probe = probe_msr(tree.context());
  EXPECT_EQ(channels_of(probe)[0].id, "msr/package-0-die-0");
  EXPECT_EQ(channels_of(probe)[3].id, "msr/package-0-die-1");
  tree.processor("AuthenticAMD", 0x17, 0x01);
  for (const int cpu : {0, 1}) amd_registers(tree, cpu, 5);
  const auto channels = channels_of(probe_msr(tree.context()));
  ASSERT_EQ(channels.size(), 2U);
  EXPECT_EQ(channels[0].id, "msr/package-0");
  EXPECT_EQ(channels[0].si_per_count, std::ldexp(1.0, -16));
  EXPECT_EQ(channels[1].id, "msr/package-0/core");
}

TEST(Msr, CoresOfAmdAreOneSumInASensorOfItsOwn) {
  const FakeTree tree;
  tree.processor("AuthenticAMD", 0x19, 0x01);
  online(tree, "0-3\n");  // two cores of two threads
  for (int cpu = 0; cpu < 4; ++cpu) {
    tree.cpu(cpu, 0, 0, cpu % 2);
    amd_registers(tree, cpu, cpu % 2 == 0 ? 0xFF'FFFF : 1);
  }
  auto probe = probe_msr(tree.context());
  ASSERT_EQ(probe.sensors.size(), 2U);
  const Channel cores = probe.sensors[1]->channels()[0];
  EXPECT_EQ(cores.id, "msr/package-0/core");
  EXPECT_EQ(cores.part_of, "msr/package-0");
  EXPECT_EQ(cores.safe_period, Seconds(1));
  Reading reading;
  ASSERT_TRUE(probe.sensors[1]->read({&reading, 1}));
  EXPECT_EQ(reading.count, 0x20U);  // 0xFFFFFF10 + 0x110, as a counter of 32 bits
  std::filesystem::resize_file(tree.root() / "dev/cpu/1/msr", 0);  // the core is taken off
  ASSERT_TRUE(probe.sensors[1]->read({&reading, 1}));
  EXPECT_EQ(reading.flags, reading_flags::failed);
}

TEST(Msr, Zen4IsReadInTheWidthThatItShows) {
  const FakeTree tree;
  tree.processor("AuthenticAMD", 0x19, 0x11);
  online(tree, "0\n");
  tree.cpu(0, 0);
  amd_registers(tree, 0, (5ULL << 32) + 1);
  auto wide = probe_msr(tree.context());
  ASSERT_EQ(wide.sensors.size(), 2U);
  EXPECT_EQ(wide.sensors[0]->channels()[0].modulus, 0U);
  Reading reading;
  ASSERT_TRUE(wide.sensors[0]->read({&reading, 1}));
  EXPECT_EQ(reading.count, (5ULL << 32) + 1);
  amd_registers(tree, 0, 100);  // just started: the low 32 bits are right for both widths
  EXPECT_EQ(channels_of(probe_msr(tree.context()))[0].modulus, 1ULL << 32);
}

TEST(Msr, FilteringIsReadFromItsRegister) {
  const FakeTree tree;
  tree.processor("GenuineIntel", 6, 0x6A, "fpu sgx");
  online(tree, "0\n");
  intel_package(tree, 0, 0);
  const auto package = [&] { return channels_of(probe_msr(tree.context()))[0]; };
  EXPECT_TRUE(package().filtered);  // no such register: SGX implies it
  tree.msr(0, msr_address::arch_capabilities, 3U << 10);
  EXPECT_FALSE(package().filtered);  // the register is there, and says off
  tree.msr(0, msr_address::misc_package_controls, 1);
  EXPECT_TRUE(package().filtered);
  EXPECT_NE(package().gain_source.find("IA32_MISC_PACKAGE_CTLS"), std::string::npos);
}

TEST(Msr, TheSameCounterAsPowercapIsADuplicate) {
  const FakeTree tree;
  tree.processor("GenuineIntel", 6, 0x55);
  online(tree, "0\n");
  intel_package(tree, 0, 0);
  tree.zone("intel-rapl:0", "package-0");
  tree.zone("intel-rapl:0:0", "dram");
  const auto result = probe_sensors(tree.context());
  const auto& found = *std::ranges::find(result.findings, "msr", &DriverFinding::driver);
  ASSERT_EQ(found.channels.size(), 3U);
  EXPECT_EQ(found.channels[0].duplicate_of, "powercap/package-0");
  EXPECT_FALSE(found.channels[1].duplicate_of);
  EXPECT_EQ(found.channels[2].duplicate_of, "powercap/package-0/dram");
  std::vector<Channel> all;
  for (const auto& f : result.findings) all.insert(all.end(), f.channels.begin(), f.channels.end());
  std::vector<std::string> total;
  for (const auto i : total_channels(all)) total.push_back(all[i].id);
  EXPECT_EQ(total, (std::vector<std::string>{"powercap/package-0", "powercap/package-0/dram"}));
}

TEST(Msr, AbsenceSaysWhatWouldHelp) {
  const FakeTree tree;
  tree.processor("GenuineIntel", 6, 0x55);
  auto absent = probe_msr(tree.context()).absent;
  ASSERT_TRUE(absent);
  EXPECT_EQ(absent->kind, ErrorKind::not_found);
  EXPECT_NE(absent->remedy.find("modprobe msr"), std::string::npos);
  tree.msr(0, 0x10, 1);  // a guest: registers, and none of RAPL's
  absent = probe_msr(tree.context()).absent;
  ASSERT_TRUE(absent);
  EXPECT_NE(absent->message.find("no running RAPL register"), std::string::npos);
  tree.msr(0, 0x700, 1);  // KVM: the units and all counters read as 0
  EXPECT_TRUE(probe_msr(tree.context()).sensors.empty());
  tree.processor("ARM", 0, 0);
  EXPECT_EQ(probe_msr(tree.context()).absent->kind, ErrorKind::unsupported);
}

TEST(Msr, AClosedFileGivesTheAdministratorsLine) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may open every file";
  const FakeTree tree;
  tree.processor("GenuineIntel", 6, 0x55);
  tree.msr(0, 0x611, 1);
  std::filesystem::permissions(tree.root() / "dev/cpu/0/msr", std::filesystem::perms::none);
  const auto absent = probe_msr(tree.context()).absent;
  ASSERT_TRUE(absent);
  EXPECT_EQ(absent->kind, ErrorKind::denied);
  EXPECT_NE(absent->remedy.find("cap_sys_rawio"), std::string::npos);
}

}  // namespace
}  // namespace btrack::power

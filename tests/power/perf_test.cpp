// SPDX-License-Identifier: Apache-2.0
// The perf driver on a fake PMU tree, with pipes in the place of event descriptors.
#include "btrack/power/perf_sensor.hpp"
#include "btrack/power/relations.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

#include "btrack/power/cpu_topology.hpp"
#include "btrack/power/drivers.hpp"
#include "btrack/power/trace.hpp"
#include "tests/power/fake_tree.hpp"

namespace btrack::power {
namespace {

using test::FakeTree;

/// perf_event_open as pipes: the test writes what a group read is to return.
class FakePerf {
 public:
  ~FakePerf() {
    for (const auto& [fd, end] : write_ends_) ::close(end);
  }
  int open(const PerfRequest& request) {
    requests.push_back(request);
    if (refuse_from >= 0 && static_cast<int>(requests.size()) > refuse_from) return -errno_value;
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return -errno;
    write_ends_[ends[0]] = ends[1];
    descriptors.push_back(ends[0]);
    return ends[0];
  }
  void answer(int fd, const std::vector<std::uint64_t>& values) {
    ASSERT_EQ(::write(write_ends_.at(fd), values.data(), values.size() * 8),
              static_cast<ssize_t>(values.size() * 8));
  }

  void hang_up(int fd) {
    ::close(write_ends_.at(fd));
    write_ends_.erase(fd);
  }

  std::vector<PerfRequest> requests;
  std::vector<int> descriptors;
  int refuse_from = -1;
  int errno_value = EACCES;

 private:
  std::map<int, int> write_ends_;
};

ProbeContext context_with(const FakeTree& tree, FakePerf& perf) {
  auto context = tree.context();
  context.perf_open = [&perf](const PerfRequest& request) { return perf.open(request); };
  return context;
}

TEST(CpuList, RangesSinglesAndNonsense) {
  EXPECT_EQ(parse_cpu_list("0,16-18\n"), (std::vector<int>{0, 16, 17, 18}));
  EXPECT_EQ(parse_cpu_list("7"), std::vector<int>{7});
  EXPECT_TRUE(parse_cpu_list("").empty());
  EXPECT_TRUE(parse_cpu_list("3-1").empty());
  EXPECT_TRUE(parse_cpu_list("0,x").empty());
  EXPECT_TRUE(parse_cpu_list("0-99999999").empty());
}

TEST(Perf, OneGroupForEachPackageAndWholeReads) {
  const FakeTree tree;
  tree.perf_pmu("0,16");
  tree.cpu(0, 0, 0);
  tree.cpu(16, 1, 0);
  FakePerf perf;
  auto probe = probe_perf(context_with(tree, perf));
  ASSERT_EQ(probe.sensors.size(), 1U) << probe.absent->message;
  ASSERT_EQ(perf.requests.size(), 6U);
  EXPECT_EQ(perf.requests[0].type, 23U);
  EXPECT_EQ(perf.requests[0].config, 1U);
  EXPECT_EQ(perf.requests[0].group_fd, -1);
  EXPECT_EQ(perf.requests[1].config, 2U);
  EXPECT_EQ(perf.requests[1].group_fd, perf.descriptors[0]);
  EXPECT_EQ(perf.requests[3].cpu, 16);
  EXPECT_EQ(perf.requests[3].group_fd, -1);

  const auto channels = probe.sensors[0]->channels();
  ASSERT_EQ(channels.size(), 6U);
  EXPECT_EQ(channels[0].id, "perf/package-0/core");
  EXPECT_EQ(channels[0].part_of, "perf/package-0");
  EXPECT_EQ(channels[4].id, "perf/package-1");
  EXPECT_EQ(channels[5].id, "perf/package-1/dram");
  EXPECT_FALSE(channels[5].part_of);
  EXPECT_EQ(channels[0].si_per_count, 1.0 / 4294967296.0);
  EXPECT_EQ(channels[0].modulus, 1ULL << 48);  // the unit is not known: the smallest in use

  perf.answer(perf.descriptors[0], {3, 11, 12, 13});
  perf.answer(perf.descriptors[3], {3, 21, 22, 23});
  std::vector<Reading> out(6);
  ASSERT_TRUE(probe.sensors[0]->read(out));
  for (std::uint32_t i = 0; i < 6; ++i) {
    EXPECT_EQ(out[i].channel, i);
    EXPECT_EQ(out[i].flags, reading_flags::ok);
    EXPECT_EQ(out[i].count, (i / 3 + 1) * 10 + i % 3 + 1);
  }
}

TEST(Perf, ShortOrWrongGroupReadFailsThatGroupOnly) {
  const FakeTree tree;
  tree.perf_pmu("0,16");
  FakePerf perf;
  auto probe = probe_perf(context_with(tree, perf));
  ASSERT_EQ(probe.sensors.size(), 1U);
  perf.answer(perf.descriptors[0], {2, 11, 12});
  perf.answer(perf.descriptors[3], {3, 21, 22, 23});
  std::vector<Reading> out(6);
  ASSERT_TRUE(probe.sensors[0]->read(out));
  EXPECT_EQ(out[0].flags, reading_flags::failed);
  EXPECT_EQ(out[2].flags, reading_flags::failed);
  EXPECT_EQ(out[3].flags, reading_flags::ok);
}

TEST(Perf, DiesAndThePlatformCounterOnce) {
  const FakeTree tree;
  tree.perf_pmu("0,24");
  tree.event("energy-psys", "event=0x05");
  tree.cpu(0, 0, 0);
  tree.cpu(24, 0, 1);
  FakePerf perf;
  const auto probe = probe_perf(context_with(tree, perf));
  ASSERT_EQ(probe.sensors.size(), 1U);
  const auto channels = probe.sensors[0]->channels();
  ASSERT_EQ(channels.size(), 7U);
  EXPECT_EQ(channels[1].id, "perf/package-0-die-0");
  EXPECT_EQ(channels[3].id, "perf/psys");
  EXPECT_EQ(channels[5].id, "perf/package-0-die-1");
  EXPECT_EQ(channels[5].part_of, "perf/psys");
  EXPECT_EQ(total_channels(channels), std::vector<std::uint32_t>{3});
}

TEST(Perf, TheUnitAndThePlatformsPackageAreTakenFromPowercap) {
  const FakeTree tree;
  tree.perf_pmu("0,16");
  tree.event("energy-psys", "event=0x05");
  tree.cpu(0, 0);
  tree.cpu(16, 1);
  tree.zone("intel-rapl:0", "package-0");  // 2^-14 J
  tree.zone("intel-rapl:1", "psys-1");
  FakePerf perf;
  const auto probe = probe_perf(context_with(tree, perf));
  ASSERT_EQ(probe.sensors.size(), 1U);
  const auto channels = probe.sensors[0]->channels();
  ASSERT_EQ(channels.size(), 7U);
  EXPECT_EQ(channels[1].modulus, 1ULL << 50);
  EXPECT_EQ(channels[2].id, "perf/package-0/dram");
  EXPECT_EQ(channels[2].modulus, 1ULL << 48);  // memory may have a unit of its own
  EXPECT_EQ(channels[6].id, "perf/psys-1");    // opened on CPU 16 only
  EXPECT_EQ(perf.requests.back().cpu, 16);
  EXPECT_EQ(channels[1].part_of, "perf/psys-1");
}

TEST(Perf, CoresOfAmdAreAddedUpInASlowSensor) {
  const FakeTree tree;
  tree.processor("AuthenticAMD", 0x19, 0x11);
  tree.perf_pmu("0");
  std::filesystem::remove(tree.sys() / "bus/event_source/devices/power/events/energy-cores");
  std::filesystem::remove(tree.sys() / "bus/event_source/devices/power/events/energy-ram");
  tree.perf_pmu_cores("0-2");
  for (int i = 0; i < 3; ++i) tree.cpu(i, 0, 0, i);
  FakePerf perf;
  auto probe = probe_perf(context_with(tree, perf));
  ASSERT_EQ(probe.sensors.size(), 2U);
  EXPECT_FALSE(probe.absent);
  const Channel cores = probe.sensors[1]->channels()[0];
  EXPECT_EQ(cores.id, "perf/package-0/core");
  EXPECT_EQ(cores.part_of, "perf/package-0");
  EXPECT_EQ(cores.safe_period, Seconds(1));
  perf.answer(perf.descriptors[1], {1, 100});
  perf.answer(perf.descriptors[2], {1, cores.modulus - 1});  // the sum wraps as one counter
  perf.answer(perf.descriptors[3], {1, 7});
  Reading reading;
  ASSERT_TRUE(probe.sensors[1]->read({&reading, 1}));
  EXPECT_EQ(reading.flags, reading_flags::ok);
  EXPECT_EQ(reading.count, 106U);
  perf.answer(perf.descriptors[1], {1, 100});
  perf.hang_up(perf.descriptors[2]);  // a CPU taken off: the event reads as at its end
  perf.answer(perf.descriptors[3], {1, 7});
  ASSERT_TRUE(probe.sensors[1]->read({&reading, 1}));
  EXPECT_EQ(reading.flags, reading_flags::failed);
}

TEST(Perf, ACpuThatIsOffOrAClosedEventCostsItsPackageOnly) {
  const FakeTree tree;
  tree.perf_pmu("0,16");
  tree.cpu(0, 0);
  tree.cpu(16, 1);
  FakePerf perf;
  perf.refuse_from = 3;
  perf.errno_value = ENODEV;
  auto probe = probe_perf(context_with(tree, perf));
  ASSERT_EQ(probe.sensors.size(), 1U);
  EXPECT_EQ(probe.sensors[0]->channels().size(), 3U);
  ASSERT_TRUE(probe.absent);
  EXPECT_EQ(probe.absent->kind, ErrorKind::io);
  ::close(perf.descriptors[0]);
  std::vector<Reading> out(3);
  ASSERT_TRUE(probe.sensors[0]->read(out));
  EXPECT_EQ(out[1].flags, reading_flags::failed);
}

TEST(Perf, RefusalGivesTheExactLine) {
  const FakeTree tree;
  tree.perf_pmu("0");
  tree.write("proc/sys/kernel/perf_event_paranoid", "2\n");
  FakePerf perf;
  perf.refuse_from = 1;  // the second event: what was opened is closed again
  const auto probe = probe_perf(context_with(tree, perf));
  EXPECT_TRUE(probe.sensors.empty());
  ASSERT_TRUE(probe.absent);
  EXPECT_EQ(probe.absent->kind, ErrorKind::denied);
  EXPECT_NE(probe.absent->message.find("perf_event_paranoid = 2"), std::string::npos);
  EXPECT_NE(probe.absent->remedy.find("sysctl -w kernel.perf_event_paranoid=0"), std::string::npos);
  EXPECT_NE(probe.absent->remedy.find("cap_perfmon"), std::string::npos);
  EXPECT_LT(::write(perf.descriptors[0], "", 0), 0);
  perf.errno_value = ENODEV;
  EXPECT_EQ(probe_perf(context_with(tree, perf)).absent->kind, ErrorKind::io);
}

TEST(Perf, BadPmuFilesAreNamed) {
  const auto message = [](std::string_view file, std::string_view content) {
    const FakeTree tree;
    tree.perf_pmu("0");
    tree.write(std::filesystem::path("sys/bus/event_source/devices/power") / file, content);
    FakePerf perf;
    const auto probe = probe_perf(context_with(tree, perf));
    return probe.absent ? probe.absent->message : std::string();
  };
  EXPECT_NE(message("type", "x\n").find("power/type"), std::string::npos);
  EXPECT_NE(message("cpumask", "\n").find("power/cpumask"), std::string::npos);
  EXPECT_NE(message("events/energy-pkg", "umask=1\n").find("energy-pkg"), std::string::npos);
  EXPECT_NE(message("events/energy-pkg.scale", "-1\n").find("energy-pkg.scale"), std::string::npos);
  EXPECT_NE(message("events/energy-pkg.unit", "Watts\n").find("energy-pkg.unit"),
            std::string::npos);
  EXPECT_EQ(message("events/energy-new", "event=0x9\n").find("energy-pkg"), std::string::npos);
}

TEST(Perf, SameCounterAsPowercapIsADuplicate) {
  const FakeTree tree;
  tree.perf_pmu("0");
  tree.cpu(0, 0, 0);
  tree.zone("intel-rapl:0", "package-0");
  tree.zone("intel-rapl:0:0", "dram");
  FakePerf perf;
  const auto result = probe_sensors(context_with(tree, perf));
  const auto& channels = result.findings[1].channels;
  ASSERT_EQ(channels.size(), 3U);
  EXPECT_FALSE(channels[0].duplicate_of);  // powercap shows no core here
  EXPECT_EQ(channels[1].duplicate_of, "powercap/package-0");
  EXPECT_EQ(channels[2].duplicate_of, "powercap/package-0/dram");
}

TEST(Perf, StandsInWherePowercapIsClosedButForThePlatform) {
  const FakeTree tree;
  tree.perf_pmu("0");
  tree.cpu(0, 0, 0);
  tree.zone("intel-rapl:1", "psys");
  FakePerf perf;
  const auto result = probe_sensors(context_with(tree, perf));
  std::vector<Channel> channels;
  for (const auto& sensor : result.sensors) {
    channels.insert(channels.end(), sensor->channels().begin(), sensor->channels().end());
  }
  const auto total = total_channels(channels);
  ASSERT_EQ(total.size(), 1U);
  EXPECT_EQ(channels[total[0]].id, "powercap/psys");
}

}  // namespace
}  // namespace btrack::power

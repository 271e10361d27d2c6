// SPDX-License-Identifier: Apache-2.0
// The ipmi driver and a fake ipmitool first on PATH: a known waveform, and a BMC that misbehaves.
#include "btrack/power/ipmi_sensor.hpp"

#include <gtest/gtest.h>

#include "btrack/power/drivers.hpp"
#include "btrack/power/relations.hpp"
#include "tests/power/fake_tree.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;

class Ipmi : public ::testing::Test {
 protected:
  Ipmi() {
    tree_.write("dev/ipmi0", "");
    tree_.write("bin/scenario", "good");
    fs::copy_file(fs::path(BTRACK_SOURCE_DIR) / "tests/fakes/ipmitool", program());
  }
  [[nodiscard]] fs::path program() const { return tree_.root() / "bin/ipmitool"; }
  void scenario(std::string_view name) const { tree_.write("bin/scenario", name); }
  [[nodiscard]] ProbeContext context() const {
    auto context = tree_.context();
    const auto path = (tree_.root() / "bin").string() + ":/usr/bin:/bin";
    context.environment = [path](const char* name) {
      return std::string_view(name) == "PATH" ? std::optional(path) : std::nullopt;
    };
    return context;
  }
  [[nodiscard]] Error absence() const {
    const auto probe = probe_ipmi(context());
    EXPECT_TRUE(probe.sensors.empty());
    return probe.absent.value_or(Error{});
  }

  test::FakeTree tree_;
  SystemClock clock_;
};

TEST_F(Ipmi, FollowsTheWaveform) {
  auto probe = probe_ipmi(context());
  ASSERT_EQ(probe.sensors.size(), 1U) << probe.absent->message;
  Sensor& sensor = *probe.sensors.front();
  const Channel& channel = sensor.channels().front();
  EXPECT_EQ(channel.domain, Domain::node);
  EXPECT_EQ(channel.kind, ChannelKind::power_gauge);
  EXPECT_TRUE(channel.beside);
  EXPECT_GE(channel.update_period.count(), 1.0);
  Reading reading;
  for (const std::uint64_t watts : {100U, 300U, 100U}) {  // the probe took the first 300
    const auto before = clock_.now();
    ASSERT_TRUE(sensor.read({&reading, 1}));
    EXPECT_EQ(reading.count, watts);
    EXPECT_EQ(reading.flags, reading_flags::ok);
    EXPECT_GT(reading.time, before);
    EXPECT_LT(reading.time, clock_.now());
  }
}

TEST_F(Ipmi, IsTheTotalOfAMachineWithoutOtherCounters) {
  const auto probed = probe_sensors(context());
  std::vector<Channel> channels;
  for (const auto& sensor : probed.sensors) {
    channels.insert(channels.end(), sensor->channels().begin(), sensor->channels().end());
  }
  const auto total = total_channels(channels);
  ASSERT_EQ(total.size(), 1U);
  EXPECT_EQ(channels[total[0]].id, "ipmi/node");
}

TEST_F(Ipmi, SaysWhyABmcIsOfNoUse) {
  struct Case {
    const char* scenario;
    ErrorKind kind;
  };
  for (const auto& [name, kind] :
       {Case{"inactive", ErrorKind::unsupported}, Case{"fails", ErrorKind::io},
        Case{"killed", ErrorKind::io}, Case{"html", ErrorKind::malformed},
        Case{"truncated", ErrorKind::malformed}, Case{"huge", ErrorKind::malformed},
        Case{"negative", ErrorKind::malformed}}) {
    scenario(name);
    const Error error = absence();
    EXPECT_EQ(error.kind, kind) << name << ": " << error.message;
    EXPECT_FALSE(error.message.empty()) << name;
  }
}

TEST_F(Ipmi, ABmcThatStallsCostsNoMoreThanTheTimeLimit) {
  auto sensor = IpmiSensor::open(program(), Seconds(10.0), clock_);
  ASSERT_TRUE(sensor) << sensor.error().message;
  sensor = IpmiSensor::open(program(), Seconds(0.5), clock_);
  ASSERT_TRUE(sensor) << sensor.error().message;
  scenario("stalls");
  Reading reading;
  const auto before = clock_.now();
  const auto read = (*sensor)->read({&reading, 1});
  EXPECT_LT(clock_.now() - before, std::chrono::seconds(10));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::timeout);
}

TEST_F(Ipmi, RecoversWhenTheBmcDoesAndRefusesZero) {
  auto sensor = IpmiSensor::open(program(), Seconds(10.0), clock_);
  ASSERT_TRUE(sensor) << sensor.error().message;
  Reading reading;
  for (const char* broken : {"html", "inactive", "fails"}) {
    scenario(broken);
    EXPECT_FALSE((*sensor)->read({&reading, 1})) << broken;
  }
  scenario("zero");
  ASSERT_TRUE((*sensor)->read({&reading, 1}));
  EXPECT_EQ(reading.flags, reading_flags::refused);
  scenario("good");
  ASSERT_TRUE((*sensor)->read({&reading, 1}));
  EXPECT_EQ(reading.flags, reading_flags::ok);
}

TEST_F(Ipmi, TellsAMissingDeviceFromAMissingProgram) {
  fs::remove(program());
  fs::remove_all(tree_.root() / "bin");
  auto without = context();
  without.environment = [](const char*) { return std::optional<std::string>("/no/such/folder:"); };
  auto probe = probe_ipmi(without);
  ASSERT_TRUE(probe.absent);
  EXPECT_NE(probe.absent->remedy.find("ipmitool"), std::string::npos);
  fs::remove(tree_.root() / "dev/ipmi0");
  probe = probe_ipmi(without);
  ASSERT_TRUE(probe.absent);
  EXPECT_EQ(probe.absent->kind, ErrorKind::not_found);
  EXPECT_NE(probe.absent->remedy.find("modprobe"), std::string::npos);
}

}  // namespace
}  // namespace btrack::power

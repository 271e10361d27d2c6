// SPDX-License-Identifier: Apache-2.0
// The redfish driver against a BMC on the loopback: topology, values, trust, secrets, misbehaviour.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "btrack/core/file.hpp"
#include "btrack/power/drivers.hpp"
#include "btrack/power/redfish_sensor.hpp"
#include "btrack/power/relations.hpp"
#include "tests/power/fake_tree.hpp"

namespace btrack::power {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

const std::string kFake = std::string(BTRACK_SOURCE_DIR) + "/tests/fakes/fake_redfish.py";
constexpr const char* kPassword = "horse-battery";

/// The fake's process: listens when the constructor returns, ends with this object or with us.
class Bmc {
 public:
  Bmc(const fs::path& folder, bool plain) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) return;
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      ::execlp("python3", "python3", kFake.c_str(), folder.c_str(), plain ? "--plain" : "",
               nullptr);
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    stdin_ = in[1];
    char letter = 0;
    while (::read(out[0], &letter, 1) == 1 && letter != '\n') port += letter;
    ::close(out[0]);
  }
  ~Bmc() {
    ::close(stdin_);
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  Bmc(const Bmc&) = delete;
  Bmc& operator=(const Bmc&) = delete;
  std::string port;

 private:
  pid_t child_ = -1;
  int stdin_ = -1;
};

class Redfish : public ::testing::Test {
 protected:
  explicit Redfish(bool plain = false) {
    scenario("good");
    write_private("password", std::string(kPassword) + "\n");
    bmc_ = std::make_unique<Bmc>(tree_.root() / "bmc", plain);
    configure("ca_file = \"bmc/bmc.pem\"");
  }

  void scenario(std::string_view name) const { tree_.write("bmc/scenario", name); }
  void write_private(const std::string& file, const std::string& content) const {
    tree_.write(file, content);
    ::chmod((tree_.root() / file).c_str(), 0600);
  }
  void configure(const std::string& trust, const std::string& host = "127.0.0.1",
                 const std::string& login = "user = \"btrack\"\npassword_file = \"password\"") {
    write_private("bmc.toml", fmt::format("url = \"https://{}:{}\"\n{}\n{}\ntimeout_s = {}\n", host,
                                          bmc_->port, login, trust, timeout_s_));
  }
  [[nodiscard]] ProbeContext context() const {
    auto context = tree_.context();
    context.redfish_config = tree_.root() / "bmc.toml";
    context.environment = [](const char*) { return std::optional<std::string>(); };
    return context;
  }
  [[nodiscard]] Error absence() const {
    const auto probe = probe_redfish(context());
    EXPECT_TRUE(probe.sensors.empty());
    const Error error = probe.absent.value_or(Error{});
    EXPECT_EQ((error.message + error.remedy).find(kPassword), std::string::npos);
    return error;
  }
  [[nodiscard]] std::size_t requests() const {
    const auto text = read_file(tree_.root() / "bmc/requests");
    return text ? static_cast<std::size_t>(std::ranges::count(*text, '\n')) : 0;
  }

  test::FakeTree tree_;
  double timeout_s_ = 20.0;
  std::unique_ptr<Bmc> bmc_;
};

class PlainRedfish : public Redfish {
 protected:
  PlainRedfish() : Redfish(true) {}
};

const Channel& channel(const Sensor& sensor, std::string_view id) {
  const auto found = std::ranges::find(sensor.channels(), id, &Channel::id);
  if (found == sensor.channels().end()) throw std::runtime_error("no channel " + std::string(id));
  return *found;
}

TEST_F(Redfish, FindsChassisWhatTheyTellAndWhatContainsWhat) {
  const auto probe = probe_redfish(context());
  ASSERT_EQ(probe.sensors.size(), 1U) << probe.absent->message;
  EXPECT_FALSE(probe.absent) << probe.absent->message;
  const Sensor& sensor = *probe.sensors.front();
  ASSERT_EQ(sensor.channels().size(), 4U);
  const Channel& energy = channel(sensor, "redfish/node");
  EXPECT_EQ(energy.kind, ChannelKind::energy_counter);
  EXPECT_EQ(energy.domain, Domain::node);
  EXPECT_TRUE(energy.beside);
  const Channel& power = channel(sensor, "redfish/node/power");
  EXPECT_EQ(power.kind, ChannelKind::power_gauge);
  EXPECT_EQ(power.duplicate_of, "redfish/node");
  EXPECT_DOUBLE_EQ(power.gain.high, 1.025);  // the Sensor's Accuracy
  EXPECT_EQ(channel(sensor, "redfish/node/energy_kwh").duplicate_of, "redfish/node");
  const Channel& gpus = channel(sensor, "redfish/GPUs");  // inside Tray, which tells nothing
  EXPECT_EQ(gpus.part_of, "redfish/node");
  EXPECT_EQ(gpus.update_period, Seconds(2));
  const auto total = total_channels(sensor.channels());
  ASSERT_EQ(total.size(), 1U);
  EXPECT_EQ(sensor.channels()[total[0]].id, "redfish/node");
}

TEST_F(Redfish, AndIpmiOfOneBmcAreCountedOnce) {
  auto both = context();
  tree_.write("dev/ipmi0", "");
  tree_.write("bin/scenario", "good");
  fs::copy_file(fs::path(BTRACK_SOURCE_DIR) / "tests/fakes/ipmitool",
                tree_.root() / "bin/ipmitool");
  const auto path = (tree_.root() / "bin").string();
  both.environment = [path](const char* name) {
    return std::string_view(name) == "PATH" ? std::optional(path) : std::nullopt;
  };
  const auto probed = probe_sensors(both);
  std::vector<Channel> channels;
  for (const auto& sensor : probed.sensors) {
    channels.insert(channels.end(), sensor->channels().begin(), sensor->channels().end());
  }
  const auto ipmi = std::ranges::find(channels, "ipmi/node", &Channel::id);
  ASSERT_NE(ipmi, channels.end());
  EXPECT_EQ(ipmi->duplicate_of, "redfish/node");
  const auto total = total_channels(channels);
  ASSERT_EQ(total.size(), 1U);
  EXPECT_EQ(channels[total[0]].id, "redfish/node");
}

TEST_F(Redfish, FollowsTheKnownPower) {
  auto probe = probe_redfish(context());
  ASSERT_EQ(probe.sensors.size(), 1U) << probe.absent->message;
  Sensor& sensor = *probe.sensors.front();
  std::vector<Reading> readings(sensor.channels().size());
  const auto of = [&](std::string_view id) -> const Reading& {
    return readings[static_cast<std::size_t>(&channel(sensor, id) - sensor.channels().data())];
  };
  const SystemClock clock;
  for (const auto& [watts, joules] : {std::pair(100, 2000.5), std::pair(300, 3000.5)}) {
    const auto before = clock.now();
    ASSERT_TRUE(sensor.read(readings));
    EXPECT_EQ(of("redfish/node/power").count, static_cast<std::uint64_t>(watts) * 1000);
    EXPECT_EQ(of("redfish/node").count, static_cast<std::uint64_t>(joules * 1000));
    EXPECT_EQ(of("redfish/node/energy_kwh").count, 12345000U);
    EXPECT_EQ(of("redfish/GPUs").count, 80500U);
    for (const Reading& reading : readings) {
      EXPECT_EQ(reading.flags, reading_flags::ok);
      EXPECT_GT(reading.time, before);
      EXPECT_LT(reading.time, clock.now());
    }
  }
}

TEST_F(Redfish, OlderBmcsAreReadThroughPower) {
  scenario("legacy");
  auto probe = probe_redfish(context());
  ASSERT_EQ(probe.sensors.size(), 1U) << probe.absent->message;
  Sensor& sensor = *probe.sensors.front();
  ASSERT_EQ(sensor.channels().size(), 2U);
  EXPECT_EQ(channel(sensor, "redfish/A").update_period, Seconds(1));
  EXPECT_EQ(channel(sensor, "redfish/B").update_period, Seconds(120));  // IntervalInMin: minutes
  std::vector<Reading> readings(2);
  ASSERT_TRUE(sensor.read(readings));
  EXPECT_EQ(readings[0].count, 590000U);
  EXPECT_EQ(readings[1].count, 410000U);
}

TEST_F(Redfish, BelievesOnlyWhomItIsToldToBelieve) {
  configure("");
  Error error = absence();  // signed by nobody the system knows
  EXPECT_EQ(error.kind, ErrorKind::denied) << error.message;
  EXPECT_NE(error.remedy.find("ca_file"), std::string::npos);
  configure("ca_file = \"bmc/bmc.pem\"", "localhost");  // the certificate names 127.0.0.1
  EXPECT_EQ(absence().kind, ErrorKind::denied);
  configure("ca_file = \"no-such.pem\"");
  EXPECT_EQ(absence().kind, ErrorKind::usage);
  configure("fingerprint = \"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"");
  error = absence();
  EXPECT_EQ(error.kind, ErrorKind::denied) << error.message;
  EXPECT_EQ(requests(), 0U);  // no credential has left us

  configure("fingerprint = \"" + *read_file(tree_.root() / "bmc/fingerprint") + "\"", "localhost");
  EXPECT_EQ(probe_redfish(context()).sensors.size(), 1U);
  configure("insecure = true");
  EXPECT_EQ(probe_redfish(context()).sensors.size(), 1U);
}

TEST_F(Redfish, LogsInWithATokenOrFromTheEnvironment) {
  write_private("token", "staple-token\n");
  configure("ca_file = \"bmc/bmc.pem\"", "127.0.0.1", "token_file = \"token\"");
  EXPECT_EQ(probe_redfish(context()).sensors.size(), 1U);
  configure("ca_file = \"bmc/bmc.pem\"", "127.0.0.1", "user = \"btrack\"");
  auto with = context();
  with.environment = [](const char* name) {
    return std::string_view(name) == "BTRACK_REDFISH_PASSWORD"
               ? std::optional<std::string>(kPassword)
               : std::nullopt;
  };
  EXPECT_EQ(probe_redfish(with).sensors.size(), 1U);
}

TEST_F(Redfish, AWrongPasswordIsTriedOnce) {
  write_private("password", "correct-horse");
  const auto probe = probe_redfish(context());
  ASSERT_TRUE(probe.absent);
  EXPECT_EQ(probe.absent->kind, ErrorKind::denied);
  EXPECT_EQ((probe.absent->message + probe.absent->remedy).find("correct-horse"),
            std::string::npos);
  EXPECT_EQ(requests(), 1U);
}

TEST_F(Redfish, AConfigurationThatOthersCanReadIsRefused) {
  for (const char* file : {"bmc.toml", "password"}) {
    const auto path = tree_.root() / file;
    ::chmod(path.c_str(), 0644);
    const Error error = absence();
    EXPECT_EQ(error.kind, ErrorKind::denied);
    EXPECT_EQ(error.remedy, "chmod 600 " + path.string());
    ::chmod(path.c_str(), 0600);
  }
  EXPECT_EQ(requests(), 0U);
}

TEST_F(Redfish, WrongConfigurationsAreNamedWithoutTheirContent) {
  const std::string good = *read_file(tree_.root() / "bmc.toml");
  for (const std::string& text :
       {std::string("url = \"http://127.0.0.1\""),
        fmt::format("url = \"https://btrack:{}@127.0.0.1\"", kPassword),
        std::string("url = \"https://127.0.0.1/redfish\""), std::string("url = 5"),
        std::string("url = "), fmt::format("user = \"x\nhost = {}", kPassword),
        good + "timeout = 5", good + "insecure = true", std::string("timeout_s = 0"),
        std::string("insecure = 1"),
        std::string("fingerprint = \"sha1//x\"\nurl = \"https://h\"")}) {
    write_private("bmc.toml", text);
    const Error error = absence();
    EXPECT_EQ(error.kind, ErrorKind::usage) << text << ": " << error.message;
  }
  write_private("bmc.toml", good + "pasword_file = \"x\"");
  EXPECT_NE(absence().message.find("password_file"), std::string::npos);  // did you mean
  fs::remove(tree_.root() / "bmc.toml");
  EXPECT_EQ(absence().kind, ErrorKind::not_found);
  auto nobody = context();
  nobody.redfish_config.clear();
  EXPECT_NE(probe_redfish(nobody).absent->remedy.find("--redfish"), std::string::npos);
}

TEST_F(Redfish, NonsenseAtTheProbeIsAbsenceWithAReason) {
  struct Case {
    const char* scenario;
    ErrorKind kind;
  };
  for (const auto& [name, kind] :
       {Case{"html", ErrorKind::malformed}, Case{"truncated", ErrorKind::malformed},
        Case{"array", ErrorKind::malformed}, Case{"number", ErrorKind::malformed},
        Case{"no_http", ErrorKind::malformed}, Case{"endless", ErrorKind::malformed},
        Case{"unauthorised", ErrorKind::denied}, Case{"missing", ErrorKind::not_found},
        Case{"busy", ErrorKind::io}, Case{"resets", ErrorKind::io}, Case{"cut", ErrorKind::io},
        Case{"long_status", ErrorKind::io}, Case{"redirect", ErrorKind::unsupported}}) {
    scenario(name);
    const Error error = absence();
    EXPECT_EQ(error.kind, kind) << name << ": " << error.message;
    EXPECT_FALSE(error.message.empty()) << name;
  }
}

TEST_F(Redfish, ABmcThatStallsOrDripsCostsNoMoreThanTheTimeout) {
  auto patient = probe_redfish(context());
  ASSERT_EQ(patient.sensors.size(), 1U);
  timeout_s_ = 0.3;
  for (const char* name : {"stalls", "drips_body", "drips_header"}) {
    scenario(name);
    configure("ca_file = \"bmc/bmc.pem\"");
    const auto before = std::chrono::steady_clock::now();
    EXPECT_EQ(absence().kind, ErrorKind::timeout) << name;
    EXPECT_LT(std::chrono::steady_clock::now() - before, 10s) << name;  // the fake hangs for 20 s
  }
}

TEST_F(Redfish, AFailureWhileMeasuringIsFlaggedAndOver) {
  auto probe = probe_redfish(context());
  ASSERT_EQ(probe.sensors.size(), 1U) << probe.absent->message;
  Sensor& sensor = *probe.sensors.front();
  std::vector<Reading> readings(sensor.channels().size());
  for (const char* name : {"busy", "resets", "html", "truncated", "cut", "missing", "no_http"}) {
    scenario(name);
    const auto broken = sensor.read(readings);
    ASSERT_FALSE(broken) << name;
    EXPECT_FALSE(broken.error().message.empty()) << name;
    scenario("good");
    ASSERT_TRUE(sensor.read(readings)) << name;
    for (const Reading& reading : readings) EXPECT_EQ(reading.flags, reading_flags::ok) << name;
  }
  scenario("unauthorised");
  EXPECT_FALSE(sensor.read(readings));
  const auto asked = requests();
  EXPECT_FALSE(sensor.read(readings));
  EXPECT_EQ(requests(), asked);  // the account is not locked by asking on
}

TEST_F(Redfish, ImpossibleValuesAreFlaggedAndTheRestGoesOn) {
  auto probe = probe_redfish(context());
  ASSERT_EQ(probe.sensors.size(), 1U) << probe.absent->message;
  Sensor& sensor = *probe.sensors.front();
  std::vector<Reading> readings(sensor.channels().size());
  const auto flags = [&](std::string_view id) {
    return readings[static_cast<std::size_t>(&channel(sensor, id) - sensor.channels().data())]
        .flags;
  };
  for (const char* name : {"negative", "null", "huge", "text", "zero"}) {
    scenario(name);
    ASSERT_TRUE(sensor.read(readings)) << name;
    EXPECT_NE(flags("redfish/node/power"), reading_flags::ok) << name;
    EXPECT_EQ(flags("redfish/GPUs"), reading_flags::ok) << name;
    EXPECT_EQ(flags("redfish/node/energy_kwh"), reading_flags::ok) << name;
  }
}

TEST_F(Redfish, AWrongUnitIsNotOfferedAndSaid) {
  scenario("wrong_unit");
  const auto probe = probe_redfish(context());
  ASSERT_EQ(probe.sensors.size(), 1U);
  ASSERT_TRUE(probe.absent);
  EXPECT_EQ(probe.absent->kind, ErrorKind::malformed);
  EXPECT_NE(probe.absent->message.find("'kW'"), std::string::npos);
  for (const Channel& c : probe.sensors.front()->channels()) EXPECT_NE(c.id, "redfish/node/power");
}

TEST_F(PlainRedfish, AServerWithoutTlsIsRefused) {
  const Error error = absence();
  EXPECT_EQ(error.kind, ErrorKind::io);
  EXPECT_NE(error.message.find("TLS"), std::string::npos) << error.message;
  EXPECT_EQ(requests(), 0U);
}

TEST_F(Redfish, ABmcThatIsGoneOrALibraryThatIsNotThereIsSaid) {
  auto probe = probe_redfish(context());
  ASSERT_EQ(probe.sensors.size(), 1U);
  bmc_.reset();
  std::vector<Reading> readings(probe.sensors.front()->channels().size());
  EXPECT_FALSE(probe.sensors.front()->read(readings));
  Error error = absence();
  EXPECT_EQ(error.kind, ErrorKind::not_found) << error.message;
  auto without = context();
  without.libraries["curl"] = tree_.root() / "libcurl.so";
  const auto none = probe_redfish(without);
  ASSERT_TRUE(none.absent);
  EXPECT_NE(none.absent->remedy.find("libcurl"), std::string::npos);
}

}  // namespace
}  // namespace btrack::power

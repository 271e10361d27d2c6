// SPDX-License-Identifier: Apache-2.0
// A real server on a real socket: its counters, its limits, and clients that misbehave or outlive
// it.
#include "btrack/daemon/server.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <thread>

#include "btrack/daemon/listener.hpp"
#include "btrack/power/daemon_sensor.hpp"
#include "btrack/power/sampler.hpp"
#include "tests/power/fake_tree.hpp"

namespace btrack::daemon {
namespace {

using power::DaemonSensor;
using power::Reading;

/// btrackd's parts in a thread of the test, over a fake sysfs with one package and its memory.
class Running {
 public:
  explicit Running(CacheOptions options = {}) : wake_(::eventfd(0, EFD_CLOEXEC)) {
    tree.zone("intel-rapl:0", "package-0", "5000000");
    tree.zone("intel-rapl:0:0", "dram", "700000");
    auto listener = open_listener({socket(), ""});
    EXPECT_TRUE(listener) << listener.error().message;
    auto sensors = closed_sensors(tree.context());
    EXPECT_TRUE(sensors);
    server_ = std::make_unique<Server>(*listener, wake_,
                                       CounterCache(std::move(*sensors), options, clock_));
    thread_ = std::thread([this] { EXPECT_TRUE(server_->run()); });
  }
  ~Running() {
    end();
    ::close(wake_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  /// Ends the server, as a crash or a stop does: all its sockets are closed.
  void end() {
    if (!thread_.joinable()) return;
    const std::uint64_t one = 1;
    EXPECT_EQ(::write(wake_, &one, sizeof one), static_cast<ssize_t>(sizeof one));
    thread_.join();
    server_.reset();
  }
  [[nodiscard]] std::filesystem::path socket() const { return tree.root() / "btrackd.sock"; }

  power::test::FakeTree tree;

 private:
  int wake_;
  SystemClock clock_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

int raw_client(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return fd;
}

std::string answer_to(int fd, std::string_view question) {
  EXPECT_EQ(::send(fd, question.data(), question.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(question.size()));
  std::string packet(power::kLargestAnswer, '\0');
  const ssize_t size = ::recv(fd, packet.data(), packet.size(), 0);
  packet.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return packet;
}

TEST(Server, HandsOutTheCountersUnderTheirOwnName) {
  const Running running;
  const auto sensor = DaemonSensor::open(running.socket());
  ASSERT_TRUE(sensor) << sensor.error().message;
  const auto channels = (*sensor)->channels();
  ASSERT_EQ(channels.size(), 2U);
  EXPECT_EQ(channels[0].id, "daemon/package-0");
  EXPECT_EQ(channels[1].id, "daemon/package-0/dram");
  std::vector<Reading> out(2);
  ASSERT_TRUE((*sensor)->read(out));
  EXPECT_EQ(out[0].count, 5000000U);
  EXPECT_EQ(out[1].count, 700000U);
  EXPECT_EQ(out[0].flags, power::reading_flags::ok);
  EXPECT_GT(out[0].time, SteadyTime{});
}

TEST(Server, ACounterThatWeReadOurselvesIsNotCountedTwice) {
  const Running running;
  auto context = running.tree.context();
  context.daemon_socket = running.socket();
  const auto probed = power::probe_sensors(context);
  int duplicates = 0;
  for (const auto& finding : probed.findings) {
    if (finding.driver != "daemon") continue;
    for (const auto& channel : finding.channels) {
      EXPECT_EQ(channel.duplicate_of.value_or(""), "powercap" + channel.id.substr(6));
      ++duplicates;
    }
  }
  EXPECT_EQ(duplicates, 2);
}

TEST(Server, NonsenseIsAnsweredAndDisconnectedAndTheOthersStay) {
  const Running running;
  const auto good = DaemonSensor::open(running.socket());
  ASSERT_TRUE(good);
  const int bad = raw_client(running.socket());
  EXPECT_EQ(answer_to(bad, "write powercap 0").front(), 'e');
  char end = 0;
  EXPECT_EQ(::recv(bad, &end, 1, 0), 0);
  ::close(bad);
  std::vector<Reading> out(2);
  EXPECT_TRUE((*good)->read(out));
}

TEST(Server, AClientThatNeverFetchesIsDisconnected) {
  const Running running;
  const int lazy = raw_client(running.socket());
  bool cut = false;
  for (int i = 0; i < 100000 && !cut; ++i) {
    cut = ::send(lazy, "channels", 8, MSG_NOSIGNAL) < 0;
  }
  EXPECT_TRUE(cut);
  ::close(lazy);
  EXPECT_TRUE(DaemonSensor::open(running.socket()));
}

TEST(Server, OneClientTooManyIsToldSo) {
  const Running running;
  std::vector<int> crowd;
  for (std::size_t i = 0; i < Server::kMostClients; ++i) {
    crowd.push_back(raw_client(running.socket()));
    EXPECT_EQ(answer_to(crowd.back(), "read").front(), 'r');
  }
  const auto late = DaemonSensor::open(running.socket());
  ASSERT_FALSE(late);
  for (const int fd : crowd) ::close(fd);
}

TEST(Server, ADaemonThatVanishesIsFlaggedAndTheRestGoesOn) {
  Running running;
  auto daemon = DaemonSensor::open(running.socket());
  ASSERT_TRUE(daemon);
  auto context = running.tree.context();
  std::vector<std::unique_ptr<power::Sensor>> sensors;
  sensors.push_back(std::move(*daemon));
  auto own = closed_sensors(context).value();
  std::ranges::move(own, std::back_inserter(sensors));
  power::Sampler sampler(std::move(sensors), {Seconds(0.005)});
  ASSERT_TRUE(sampler.start());
  sampler.edge();
  running.end();
  sampler.edge();
  sampler.stop();
  std::size_t failed = 0;
  std::size_t good = 0;
  for (const Reading& reading : sampler.trace().readings) {
    const bool bad = (reading.flags & power::reading_flags::failed) != 0;
    if (bad && reading.channel < 2) ++failed;
    if (!bad && reading.channel >= 2) ++good;
    EXPECT_FALSE(bad && reading.channel >= 2);
  }
  EXPECT_GT(failed, 0U);
  EXPECT_GT(good, 4U);
}

TEST(Listener, IsClosedToOthersAndReplacesOnlyADeadSocket) {
  Running running;
  struct stat status {};
  ASSERT_EQ(::stat(running.socket().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const auto second = open_listener({running.socket(), ""});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::usage);
  running.end();
  const auto third = open_listener({running.socket(), ""});
  ASSERT_TRUE(third);
  ::close(*third);
  EXPECT_FALSE(open_listener({running.tree.root() / "sys", ""}));
  EXPECT_FALSE(open_listener({running.socket(), "no-such-group-here"}));
}

TEST(DaemonDriver, SaysThatNobodyListens) {
  const auto sensor = DaemonSensor::open("/nowhere/btrackd.sock");
  ASSERT_FALSE(sensor);
  EXPECT_EQ(sensor.error().kind, ErrorKind::not_found);
  EXPECT_NE(sensor.error().remedy.find("systemctl"), std::string::npos);
}

}  // namespace
}  // namespace btrack::daemon

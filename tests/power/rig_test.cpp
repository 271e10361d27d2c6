// SPDX-License-Identifier: Apache-2.0
// The whole chain on a living fake root: known waveform, wrap in the window, psys, mmio duplicate.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "btrack/power/energy.hpp"
#include "btrack/power/probe.hpp"
#include "btrack/power/sampler.hpp"
#include "tests/power/fake_tree.hpp"

namespace btrack::power {
namespace {

using namespace std::chrono_literals;

const std::string kFake = std::string(BTRACK_BIN_DIR) + "/btrack-fake-powercap";

/// The fake's process, alive while this object is; ready when the constructor returns.
class Rig {
 public:
  explicit Rig(const std::filesystem::path& root) : root_(root) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::execl(kFake.c_str(), kFake.c_str(), root.c_str(), "--seconds", "30", "--offset-near-wrap",
              "1.5", nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    std::array<char, 6> word{};
    std::size_t size = 0;
    while (size < word.size()) {
      const ssize_t n = ::read(ends[0], word.data() + size, word.size() - size);
      if (n <= 0) break;
      size += static_cast<std::size_t>(n);
    }
    ::close(ends[0]);
    if (std::string_view(word.data(), size) != "ready\n") throw std::runtime_error(kFake);
  }
  ~Rig() {
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
  }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  [[nodiscard]] std::map<std::string, double> truth(Window window) const {
    const auto command = fmt::format("'{}' '{}' --truth {} {}", kFake, root_.string(),
                                     to_ns(window.begin), to_ns(window.end));
    FILE* pipe = ::popen(command.c_str(), "r");
    std::array<char, 4096> text{};
    const std::size_t size = std::fread(text.data(), 1, text.size(), pipe);
    ::pclose(pipe);
    return nlohmann::json::parse(std::string_view(text.data(), size));
  }

 private:
  std::filesystem::path root_;
  pid_t child_ = -1;
};

TEST(Rig, EnergyWithinAThousandthThroughAWrapAndNothingTwice) {
  const test::FakeTree tree;
  const Rig rig(tree.sys());
  auto context = tree.context();
  auto probe = probe_sensors(context);
  Sampler sampler(std::move(probe.sensors));
  ASSERT_TRUE(sampler.start());
  std::this_thread::sleep_for(250ms);
  sampler.edge();
  Window window;
  window.begin = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(3s);
  window.end = std::chrono::steady_clock::now();
  sampler.edge();
  sampler.stop();

  const auto truth = rig.truth(window);
  const auto report = EnergyMeter(sampler.trace()).measure(window);
  EXPECT_EQ(report.total.coverage, std::vector<std::string>{"powercap/psys"});
  const double ratio = report.total.value.value() / truth.at("psys");
  RecordProperty("measured_over_true", fmt::format("{:.6f}", ratio));
  EXPECT_NEAR(ratio, 1.0, 1e-3);
  // The platform counter is +-10 % by policy (cpu_gain): what the edges add decides between C and
  // D.
  EXPECT_TRUE(report.total.grade == Grade::C || report.total.grade == Grade::D)
      << report.total.low.value() / report.total.value.value();
  EXPECT_EQ(report.total.flags, std::vector<std::string>{"wrapped"});
  int compared = 0;
  for (const auto& [id, energy] : report.channels) {
    const auto slash = id.rfind("package-");
    const auto it = truth.find(slash == std::string::npos ? id.substr(9) : id.substr(slash));
    if (it == truth.end()) continue;
    EXPECT_NEAR(energy.value.value() / it->second, 1.0, 2e-3) << id;
    ++compared;
  }
  EXPECT_EQ(compared, 8);  // 7 domains and the mmio copy
  EXPECT_NEAR(truth.at("psys"),
              truth.at("package-0") + truth.at("package-1") + truth.at("package-0/dram") +
                  truth.at("package-1/dram") + 31 * window.length().count(),
              10.0);
  EXPECT_LT(sampler.cost().cpu_time / sampler.cost().wall_time, 0.01);
}

}  // namespace
}  // namespace btrack::power

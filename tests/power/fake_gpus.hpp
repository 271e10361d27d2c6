// SPDX-License-Identifier: Apache-2.0
// Reading real drivers over the fake vendor libraries, and what the truth was meanwhile.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "btrack/power/probe.hpp"
#include "tests/fakes/fake_gpu.hpp"
#include "tests/power/fake_tree.hpp"

namespace btrack::power::test {

/// A machine without files, with fake libraries, chosen faults and chosen variables.
class FakeGpus {
 public:
  explicit FakeGpus(const std::string& settings) { set(settings); }
  ~FakeGpus() { ::unsetenv("BTRACK_FAKE_GPU"); }
  FakeGpus(const FakeGpus&) = delete;
  FakeGpus& operator=(const FakeGpus&) = delete;

  static void set(const std::string& settings) { ::setenv("BTRACK_FAKE_GPU", settings.c_str(), 1); }
  /// `key` of ProbeContext::libraries is to load the target `library`.
  FakeGpus& load(const std::string& key, const std::string& library) {
    libraries_[key] = std::string(BTRACK_BIN_DIR) + "/fakes/lib" + library + ".so";
    return *this;
  }
  FakeGpus& variable(const std::string& name, const std::string& value) {
    variables_[name] = value;
    return *this;
  }
  [[nodiscard]] ProbeContext context() const {
    ProbeContext context = tree.context();
    for (const auto& [key, file] : libraries_) context.libraries[key] = file;
    context.environment = [variables = variables_](const char* name) {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    return context;
  }

  FakeTree tree;

 private:
  std::map<std::string, std::string> libraries_;
  std::map<std::string, std::string> variables_;
};

inline std::vector<Reading> read(Sensor& sensor) {
  std::vector<Reading> readings(sensor.channels().size());
  EXPECT_TRUE(sensor.read(readings));
  return readings;
}

/// Of all sensors that a probe found; a channel and its reading by id, "DEVICE/NAME".
inline std::vector<Channel> channels_of(const DriverProbe& found) {
  std::vector<Channel> all;
  for (const auto& sensor : found.sensors) {
    all.insert(all.end(), sensor->channels().begin(), sensor->channels().end());
  }
  return all;
}

inline Channel channel(const DriverProbe& found, const std::string& id) {
  for (const Channel& c : channels_of(found)) {
    if (c.id == id) return c;
  }
  ADD_FAILURE() << "no channel " << id;
  return {};
}

inline Reading reading(const DriverProbe& found, const std::string& id) {
  for (const auto& sensor : found.sensors) {
    const auto all = read(*sensor);
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (sensor->channels()[i].id == id) return all[i];
    }
  }
  ADD_FAILURE() << "no channel " << id;
  return {};
}

inline std::string gpu(const char* device, const char* name) {
  return std::string(device) + "/" + name;
}

inline double seconds(SteadyTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

/// Energy between two readings of one channel by the counter, and by the formula of `devices`.
struct Compared {
  double counted_j = 0.0;
  double true_j = 0.0;
};

inline Compared compare(Sensor& sensor, std::size_t channel,
                        const std::vector<std::uint32_t>& devices) {
  const auto first = read(sensor).at(channel);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto last = read(sensor).at(channel);
  EXPECT_EQ(first.flags, reading_flags::ok);
  EXPECT_EQ(last.flags, reading_flags::ok);
  Compared result;
  result.counted_j =
      static_cast<double>(last.count - first.count) * sensor.channels()[channel].si_per_count;
  for (const std::uint32_t device : devices) {
    result.true_j += btrack::test::fake_energy_j(device, seconds(last.time)) -
                     btrack::test::fake_energy_j(device, seconds(first.time));
  }
  return result;
}

}  // namespace btrack::power::test

// SPDX-License-Identifier: Apache-2.0
// The GPUs behind the fake vendor libraries: known power over time, and faults chosen by a test.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string_view>

namespace btrack::test {

/// A number from the environment variable BTRACK_FAKE_GPU ("devices=2 lost=1"); looked up at each
/// call, so that a fault may begin in the middle of a measurement.
inline double fake_setting(std::string_view key, double otherwise) {
  const char* settings = std::getenv("BTRACK_FAKE_GPU");
  const std::string_view text = settings == nullptr ? "" : settings;
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    const std::size_t end = at + key.size();
    const bool whole = (at == 0 || text[at - 1] == ' ') && end < text.size() && text[end] == '=';
    if (whole) return std::strtod(text.data() + end + 1, nullptr);
  }
  return otherwise;
}

inline bool fake_has(std::string_view key) { return fake_setting(key, 0.0) != 0.0; }

inline std::uint32_t fake_devices() {
  return static_cast<std::uint32_t>(fake_setting("devices", 1.0));
}

inline double fake_now_s() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

constexpr double kFakeSwingW = 60.0;
constexpr double kFakePeriodS = 0.37;
constexpr double kFakePi = 3.14159265358979323846;

/// p(t) = 100 W + 20 W x device + 60 W sin(2 pi t / 0.37 s), t on CLOCK_MONOTONIC.
inline double fake_power_w(std::uint32_t device, double t) {
  return 100.0 + 20.0 * device + kFakeSwingW * std::sin(2.0 * kFakePi * t / kFakePeriodS);
}

/// Its integral from 0 to t: the truth of the tests.
inline double fake_energy_j(std::uint32_t device, double t) {
  const double omega = 2.0 * kFakePi / kFakePeriodS;
  return (100.0 + 20.0 * device) * t + kFakeSwingW / omega * (1.0 - std::cos(omega * t));
}

/// What the counter of a device shows: the truth, or the fault that is set.
inline double fake_shown_j(std::uint32_t device) {
  if (fake_has("frozen")) return 1000.0;
  const double joules =
      fake_energy_j(device, fake_now_s()) -
      (fake_has("reset_s") ? fake_energy_j(device, fake_setting("reset_s", 0)) : 0);
  return joules * fake_setting("spike", 1.0);
}

inline bool fake_lost(std::uint32_t device) {
  return fake_setting("lost", -1.0) == static_cast<double>(device);
}

}  // namespace btrack::test

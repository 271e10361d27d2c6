// SPDX-License-Identifier: Apache-2.0
// Counters that only root may read, as btrackd hands them out over a local socket.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <vector>

#include "btrack/power/daemon_protocol.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

class DaemonSensor final : public Sensor {
 public:
  /// Connects and asks for the channels. Errors: not_found where nobody listens, denied where the
  /// socket is closed to us, timeout, malformed.
  static Result<std::unique_ptr<DaemonSensor>> open(const std::filesystem::path& socket);
  ~DaemonSensor() override;
  DaemonSensor(const DaemonSensor&) = delete;
  DaemonSensor& operator=(const DaemonSensor&) = delete;

  [[nodiscard]] std::span<const Channel> channels() const override { return channels_; }
  /// Readings with the daemon's time stamps: CLOCK_MONOTONIC of its own reads, no older than one
  /// update of the counter. A daemon that is gone or silent for 0.1 s gives an Error at each read.
  Result<void> read(std::span<Reading> out) override;

 private:
  explicit DaemonSensor(int socket) : socket_(socket) {}
  Result<std::string_view> ask(std::string_view question, int patience_ms);

  int socket_;
  std::vector<Channel> channels_;
  std::vector<char> packet_;
};

}  // namespace btrack::power

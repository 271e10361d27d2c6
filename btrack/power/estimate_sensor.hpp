// SPDX-License-Identifier: Apache-2.0
// Energy without a counter: CPU time from /proc/stat times a published power model.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "btrack/power/host.hpp"
#include "btrack/power/power_model.hpp"
#include "btrack/power/probe.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// An energy counter in microjoules that grows with elapsed time (idle power of all logical CPUs
/// and of the memory) and with busy time (the difference to full load, along the load curve);
/// inside it, where memory is modelled beside the processors, one counter for each of the two.
/// Evidence::estimated.
class EstimateSensor final : public Sensor {
 public:
  static Result<std::unique_ptr<EstimateSensor>> open(const std::filesystem::path& procfs_root,
                                                      const Clock* clock, const PowerModel& model,
                                                      const Host& host = {});
  ~EstimateSensor() override;
  EstimateSensor(const EstimateSensor&) = delete;
  EstimateSensor& operator=(const EstimateSensor&) = delete;

  [[nodiscard]] std::span<const Channel> channels() const override { return channels_; }
  Result<void> read(std::span<Reading> out) override;

 private:
  EstimateSensor(const Clock& clock, int fd) : clock_(clock), fd_(fd) {}
  void advance(SteadyTime now, std::uint64_t busy);

  /// CPU time at one instant.
  struct Mark {
    SteadyTime time{};
    std::uint64_t busy = 0;
  };
  const Clock& clock_;
  int fd_;
  std::vector<Channel> channels_;
  Watts floor_{};         ///< drawn at any load, but for the memory
  Watts memory_{};        ///< of memory beyond the model's
  Watts per_busy_cpu_{};  ///< more for each busy logical CPU, at full load
  int cpus_ = 1;
  Seconds busy_tick_{0.01};  ///< 1 / USER_HZ
  Mark last_;
  Mark load_begin_;          ///< of the stretch whose utilisation is taken
  double busy_share_ = 1.0;  ///< of per_busy_cpu_, at the utilisation of the latest whole stretch
  Joules processors_j_{};
  Joules memory_j_{};
};

}  // namespace btrack::power

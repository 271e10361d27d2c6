// SPDX-License-Identifier: Apache-2.0
// Energy and power of one NVIDIA GPU.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "btrack/power/counter_guard.hpp"
#include "btrack/power/device_clock.hpp"
#include "btrack/power/number_file.hpp"
#include "btrack/power/nvml_library.hpp"
#include "btrack/power/nvml_samples.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// A channel and the call that it is read by.
struct NvmlSource {
  enum class Call { field, total_energy, power_usage, samples, utilisation };
  Channel channel;
  Call call = Call::field;
  std::uint32_t field = 0;
  NvmlScope scope = NvmlScope::gpu;
  NvmlSampling sampling = NvmlSampling::total_power;
  std::uint32_t capacity = 0;  ///< of the driver's buffer of samples
  Watts limit{};               ///< of the board, where its power is modelled from utilisation
};

/// One batch of fields for each read, and single calls only for what no field gives.
class NvmlSensor final : public Sensor {
 public:
  struct Device {
    NvmlDevice handle = nullptr;
    std::optional<NumberFile> runtime_status;  ///< sysfs power/runtime_status, where there is one
  };
  NvmlSensor(std::shared_ptr<const NvmlLibrary> library, Device device,
             std::vector<NvmlSource> sources, const Clock& clock);

  [[nodiscard]] std::span<const Channel> channels() const override { return channels_; }
  /// `failed` throughout while the GPU sleeps (a call would wake it) and once it is lost, which is
  /// asked again each second; `refused` for impossible values. A value that the library stamped
  /// before this read is `stamped` with that instant. Never returns an Error.
  Result<void> read(std::span<Reading> out) override;

 private:
  /// What is remembered of a channel, to judge its next value.
  struct Memory {
    CounterGuard guard;
    std::int64_t stamp_us = 0;
    std::uint64_t count = 0;
    bool stamps_lie = false;  ///< new stamps on old values: they tell the fetch, not the renewal
  };
  struct Read {
    SteadyTime before{};
    SteadyTime after{};
    [[nodiscard]] SteadyTime middle() const { return before + (after - before) / 2; }
  };

  void read_fields(std::span<Reading> out);
  void read_call(std::size_t channel, Reading& out);
  void read_samples(std::size_t channel, Reading& out);
  void accept(std::size_t channel, SteadyTime time, std::uint64_t count, Reading& out);
  [[nodiscard]] std::optional<SteadyTime> renewed(std::size_t channel, const NvmlFieldValue& value,
                                                  std::uint64_t count, const Read& read);
  void note(NvmlStatus status, SteadyTime now);

  std::shared_ptr<const NvmlLibrary> library_;
  Device device_;
  std::vector<NvmlSource> sources_;  // their channels moved to channels_
  std::vector<Channel> channels_;
  std::vector<Memory> memories_;
  std::vector<NvmlFieldValue> fields_;
  std::vector<std::size_t> field_channels_;
  struct Buffer {
    std::size_t channel = 0;
    NvmlSamples samples;
    SteadyTime fetched{};
    std::uint32_t clock_steps = 0;
    Reading last;
  };
  std::vector<Buffer> buffers_;
  DeviceClock wall_;
  SteadyTime lost_until_{};
  const Clock& clock_;
};

}  // namespace btrack::power

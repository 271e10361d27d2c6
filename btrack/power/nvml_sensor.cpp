// SPDX-License-Identifier: Apache-2.0
// Batches of fields, their time stamps, and the check of every value.
#include "btrack/power/nvml_sensor.hpp"

#include <algorithm>
#include <cmath>

#include "btrack/power/power_model.hpp"

namespace btrack::power {
namespace {

using std::chrono::nanoseconds;

/// The driver's buffer fills every 20 ms at most; in a burst of polls it has nothing new.
constexpr std::chrono::milliseconds kBetweenFetches(20);
constexpr std::chrono::seconds kBetweenLooks(1);
/// No value stands longer than that; a stamp from before is not of this value.
constexpr std::chrono::seconds kOldestStamp(2);

/// Beyond this a gauge's value is none: three times the enforced limit (limits are kept times 1.5).
Watts impossible(const Channel& channel) { return channel.power_limit * 2.0; }

}  // namespace

NvmlSensor::NvmlSensor(std::shared_ptr<const NvmlLibrary> library, Device device,
                       std::vector<NvmlSource> sources, const Clock& clock)
    : library_(std::move(library)),
      device_(std::move(device)),
      sources_(std::move(sources)),
      clock_(clock) {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    NvmlSource& source = sources_[i];
    memories_.push_back({CounterGuard(source.channel)});
    if (source.call == NvmlSource::Call::field) {
      NvmlFieldValue field{};
      field.field = source.field;
      field.scope = static_cast<std::uint32_t>(source.scope);
      fields_.push_back(field);
      field_channels_.push_back(i);
    } else if (source.call == NvmlSource::Call::samples) {
      buffers_.push_back({i,
                          NvmlSamples(source.sampling, impossible(source.channel), source.capacity),
                          {},
                          0,
                          {}});
      buffers_.back().last = {static_cast<std::uint32_t>(i), reading_flags::failed, {}, 0};
    }
    channels_.push_back(std::move(source.channel));
  }
}

Result<void> NvmlSensor::read(std::span<Reading> out) {
  const SteadyTime now = clock_.now();
  for (std::uint32_t i = 0; i < channels_.size(); ++i) out[i] = {i, reading_flags::failed, now, 0};
  if (now < lost_until_) return {};
  if (device_.runtime_status &&
      (device_.runtime_status->says("suspended") || device_.runtime_status->says("suspending"))) {
    return {};
  }
  observe_wall(wall_, clock_);
  if (!fields_.empty()) read_fields(out);
  for (std::size_t i = 0; i < sources_.size() && now >= lost_until_; ++i) {
    if (sources_[i].call != NvmlSource::Call::field) read_call(i, out[i]);
  }
  return {};
}

void NvmlSensor::note(NvmlStatus status, SteadyTime now) {
  const bool lost = status == NvmlStatus::gpu_is_lost || status == NvmlStatus::reset_required;
  if (lost) lost_until_ = now + kBetweenLooks;
}

void NvmlSensor::read_fields(std::span<Reading> out) {
  Read read;
  read.before = clock_.now();
  const NvmlStatus status = library_->field_values(device_.handle, fields_);
  read.after = clock_.now();
  note(status, read.after);
  if (status != NvmlStatus::success) return;
  for (std::size_t f = 0; f < fields_.size(); ++f) {
    const NvmlFieldValue& field = fields_[f];
    const std::size_t channel = field_channels_[f];
    Reading& reading = out[channel];
    reading.time = read.middle();
    note(field.status, read.after);
    if (field.status != NvmlStatus::success) continue;
    const auto count = as_count(field.value, field.type);
    if (!count) {
      reading.flags = reading_flags::refused;
      continue;
    }
    const auto stamp = renewed(channel, field, *count, read);
    accept(channel, stamp.value_or(read.middle()), *count, reading);
    if (stamp) reading.flags |= reading_flags::stamped;
  }
}

/// Whether the library's stamp tells when the hardware renewed the value is not documented. It is
/// taken for that where it lies before the read, and for as long as no old value comes with a newer
/// stamp. A stamp within the read is no better than the read's middle.
std::optional<SteadyTime> NvmlSensor::renewed(std::size_t channel, const NvmlFieldValue& value,
                                              std::uint64_t count, const Read& read) {
  Memory& memory = memories_[channel];
  if (value.wall_us <= 0) return std::nullopt;
  const nanoseconds half_period =
      std::chrono::duration_cast<nanoseconds>(channels_[channel].update_period / 2);
  const std::chrono::microseconds advanced(value.wall_us - memory.stamp_us);
  const bool known = memory.stamp_us > 0;
  if (known && advanced.count() > 0 && advanced < half_period && count == memory.count) {
    memory.stamps_lie = true;
  }
  memory.stamp_us = value.wall_us;
  memory.count = count;
  if (memory.stamps_lie) return std::nullopt;
  const auto instant = wall_.at(value.wall_us * 1000);
  constexpr std::chrono::microseconds kGranule(1);
  if (!instant || instant->time + instant->half + kGranule >= read.before ||
      instant->time < read.before - kOldestStamp) {
    return std::nullopt;
  }
  return instant->time;
}

void NvmlSensor::accept(std::size_t channel, SteadyTime time, std::uint64_t count, Reading& out) {
  const Channel& c = channels_[channel];
  out.time = time;
  out.count = count;
  if (c.kind == ChannelKind::energy_counter) {
    const bool possible = memories_[channel].guard.accept(time, count);
    out.flags = possible ? reading_flags::ok : reading_flags::refused;
    return;
  }
  const double watts = static_cast<double>(count) * c.si_per_count;
  // A GPU that answers takes power: 0 is how drivers say that they do not know.
  const bool possible = count > 0 && watts <= impossible(c).value();
  out.flags = possible ? reading_flags::ok : reading_flags::refused;
}

void NvmlSensor::read_call(std::size_t channel, Reading& out) {
  if (sources_[channel].call == NvmlSource::Call::samples) return read_samples(channel, out);
  Read read;
  std::uint64_t count = 0;
  read.before = clock_.now();
  NvmlStatus status{};
  if (sources_[channel].call == NvmlSource::Call::total_energy) {
    status = library_->total_energy(device_.handle, count);
  } else if (sources_[channel].call == NvmlSource::Call::utilisation) {
    std::uint32_t percent = 0;
    status = library_->utilisation(device_.handle, percent);
    const Watts modelled = modelled_gpu_power(percent / 100.0, sources_[channel].limit);
    count = static_cast<std::uint64_t>(std::llround(modelled.value() * 1e3));
  } else {
    std::uint32_t milliwatts = 0;
    status = library_->power_usage(device_.handle, milliwatts);
    count = milliwatts;
  }
  read.after = clock_.now();
  note(status, read.after);
  out.time = read.middle();
  if (status == NvmlStatus::success) accept(channel, read.middle(), count, out);
}

void NvmlSensor::read_samples(std::size_t channel, Reading& out) {
  const auto buffer = std::ranges::find(buffers_, channel, &Buffer::channel);
  const SteadyTime now = clock_.now();
  out = buffer->last;
  if (now - buffer->fetched < kBetweenFetches) return;
  buffer->fetched = now;
  using enum NvmlSamples::Outcome;
  const bool clock_was_set = wall_.steps() != buffer->clock_steps;
  buffer->clock_steps = wall_.steps();
  if (clock_was_set) buffer->samples.restart();
  const auto outcome = buffer->samples.fetch(*library_, device_.handle);
  const auto instant = wall_.at(static_cast<std::int64_t>(buffer->samples.last_us() * 1000));
  if (outcome == failed || outcome == gap || clock_was_set || !instant ||
      buffer->samples.last_us() == 0) {
    out = {static_cast<std::uint32_t>(channel), reading_flags::failed, now, 0};
    return;
  }
  out = {static_cast<std::uint32_t>(channel), reading_flags::stamped, instant->time,
         buffer->samples.nanojoules()};
  buffer->last = out;
  if (outcome == refused) out.flags |= reading_flags::refused;
}

}  // namespace btrack::power

// SPDX-License-Identifier: Apache-2.0
// The read that all number files share, and what makes a number impossible.
#include "btrack/power/file_sensor.hpp"

#include <limits>

namespace btrack::power {
namespace {

/// Kernel attributes are signed 64-bit: what is beyond is an error code printed as unsigned.
constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();

std::uint64_t largest_count(const Channel& channel) {
  if (channel.modulus != 0) return channel.modulus - 1;
  if (channel.kind == ChannelKind::energy_counter) return kLargest;
  const double counts = channel.power_limit.value() / channel.si_per_count;
  return counts < static_cast<double>(kLargest) ? static_cast<std::uint64_t>(counts) : kLargest;
}

Result<std::optional<NumberFile>> open_if_named(const std::filesystem::path& path) {
  if (path.empty()) return std::nullopt;
  auto file = NumberFile::open(path);
  if (!file) return fail(file.error());
  return std::optional(std::move(*file));
}

}  // namespace

const Clock& clock_or_system(const Clock* clock) {
  static const SystemClock system;
  return clock != nullptr ? *clock : system;
}

DriverProbe offer_files(std::vector<FileSource> sources, std::optional<Error> closed, Error nothing,
                        const Clock* clock) {
  if (sources.empty()) return {{}, closed ? std::move(*closed) : std::move(nothing)};
  return offer(FileSensor::open(std::move(sources), clock), std::move(closed));
}

Result<FileSensor::Slot> FileSensor::open_slot(const FileSource& source) {
  auto value = NumberFile::open(source.file, source.format);
  if (!value) return fail(value.error());
  auto factor = open_if_named(source.factor);
  if (!factor) return fail(factor.error());
  auto guard = open_if_named(source.valid_if);
  if (!guard) return fail(guard.error());
  return Slot{std::move(*value),
              std::move(*factor),
              std::move(*guard),
              source.says,
              source.sign_is_direction,
              source.full,
              largest_count(source.channel)};
}

Result<std::unique_ptr<FileSensor>> FileSensor::open(std::vector<FileSource> sources,
                                                     const Clock* clock) {
  std::unique_ptr<FileSensor> sensor(new FileSensor(clock_or_system(clock)));
  for (auto& source : sources) {
    auto slot = open_slot(source);
    if (!slot) return fail(slot.error());
    sensor->slots_.push_back(std::move(*slot));
    sensor->channels_.push_back(std::move(source.channel));
  }
  return sensor;
}

void FileSensor::read_slot(const Slot& slot, Reading& reading) {
  reading.flags = reading_flags::failed;
  const auto number = slot.value.read();
  if (!number) return;
  const auto factor = slot.factor ? slot.factor->read() : FileNumber{1, false};
  if (!factor) return;
  if (slot.guard && !slot.guard->says(slot.says)) return;

  std::uint64_t count = 0;
  if (__builtin_mul_overflow(number->magnitude, factor->magnitude, &count)) return;
  bool impossible = number->negative != factor->negative && count != 0 && !slot.sign_is_direction;
  if (impossible) count = 0 - count;  // as two's complement, the way C prints it as unsigned
  if (slot.full != 0) {
    impossible |= count > slot.full;
    count = slot.full - count;
  }
  reading.count = count;
  reading.flags = impossible || count > slot.largest ? reading_flags::refused : reading_flags::ok;
}

Result<void> FileSensor::read(std::span<Reading> out) {
  SteadyTime before = clock_.now();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Reading& reading = out[i];
    reading = {static_cast<std::uint32_t>(i), reading_flags::ok, {}, 0};
    read_slot(slots_[i], reading);
    const SteadyTime after = clock_.now();
    reading.time = before + (after - before) / 2;
    before = after;
  }
  return {};
}

}  // namespace btrack::power

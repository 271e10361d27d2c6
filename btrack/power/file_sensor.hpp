// SPDX-License-Identifier: Apache-2.0
// Every counter or gauge that is a number in a file: one class that keeps such files open and reads
// them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/power/number_file.hpp"
#include "btrack/power/probe.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// Where one channel's count comes from: one file in most cases.
struct FileSource {
  Channel channel;
  std::filesystem::path file;
  NumberFormat format{};
  std::filesystem::path factor{};    ///< count = file x factor (amperes x volts); empty: none
  bool sign_is_direction = false;    ///< a minus says which way it flows, and is no error
  std::uint64_t full = 0;            ///< count = full - file, where it shows what is left; 0: no
  std::filesystem::path valid_if{};  ///< the reading is good only while this file says `says`
  std::string says{};
};

/// Reads files that stay open, one pread each, stamped with the middle of the call. An open sysfs
/// file of a device that is gone answers ENODEV for ever: a hwmonN that comes back as another
/// device is never taken for the first one.
class FileSensor final : public Sensor {
 public:
  static Result<std::unique_ptr<FileSensor>> open(std::vector<FileSource> sources,
                                                  const Clock* clock);

  [[nodiscard]] std::span<const Channel> channels() const override { return channels_; }
  /// A file that vanished, is empty, or holds no number gives a `failed` reading; a number that the
  /// channel cannot have (negative, at or beyond the modulus, above the power limit, an error code
  /// as a huge unsigned) is `refused`. The others are read all the same. Never returns an Error.
  Result<void> read(std::span<Reading> out) override;

 private:
  struct Slot {
    NumberFile value;
    std::optional<NumberFile> factor;
    std::optional<NumberFile> guard;
    std::string says;
    bool sign_is_direction = false;
    std::uint64_t full = 0;
    std::uint64_t largest = 0;  ///< the largest count that the channel can have
  };
  static Result<Slot> open_slot(const FileSource& source);
  static void read_slot(const Slot& slot, Reading& reading);

  explicit FileSensor(const Clock& clock) : clock_(clock) {}
  const Clock& clock_;
  std::vector<Channel> channels_;
  std::vector<Slot> slots_;
};

/// What a driver over number files has to offer: a sensor of the sources and what is closed beside
/// them; without sources, why they are closed, or else `nothing`.
DriverProbe offer_files(std::vector<FileSource> sources, std::optional<Error> closed, Error nothing,
                        const Clock* clock);

/// The clock of the context, or the system's.
const Clock& clock_or_system(const Clock* clock);

}  // namespace btrack::power

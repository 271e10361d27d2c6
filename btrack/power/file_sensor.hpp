// SPDX-License-Identifier: Apache-2.0
// Every counter or gauge that is a number in a file: one class, and a table of where such files
// are.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "btrack/power/probe.hpp"
#include "btrack/power/sensor.hpp"

namespace btrack::power {

/// One kind of number file below the sysfs root.
struct FileRow {
  std::string_view driver;   ///< "powercap"
  std::string_view folders;  ///< globs of the folders, separated by blanks
  std::string_view value;    ///< the file with the number, "energy_uj"
  std::string_view name;     ///< the file with the zone's name, "name"
  std::string_view wrap;     ///< the file with the largest value before 0; empty: none
  ChannelKind kind = ChannelKind::energy_counter;
  double si_per_count = 1.0;  ///< joules or watts of one count
  Seconds update_period{};
  Watts power_limit{};        ///< per zone
  std::string_view remedy{};  ///< what opens a file that we may not read
};

/// The row of that driver; a broken promise (exception) where there is none.
const FileRow& file_row(std::string_view driver);

/// One folder that matches a row and has a readable number.
struct FoundFile {
  std::filesystem::path folder;
  std::filesystem::path value;
  std::string zone;         ///< the folder's own name, "intel-rapl:0:1"
  std::string name;         ///< content of the name file, "dram"
  std::uint64_t range = 0;  ///< content of the wrap file; 0 where the row has none
};

struct FoundFiles {
  std::vector<FoundFile> readable;  ///< sorted by zone, each zone once
  std::vector<Error> refused;       ///< one for each zone that is there and cannot be used
};

FoundFiles find_files(const FileRow& row, const std::filesystem::path& root);

/// Reads number files that stay open: one pread each, stamped with the middle of the call.
class FileSensor final : public Sensor {
 public:
  struct Source {
    Channel channel;
    std::filesystem::path file;
  };
  static Result<std::unique_ptr<FileSensor>> open(std::vector<Source> sources, const Clock* clock);
  ~FileSensor() override;
  FileSensor(const FileSensor&) = delete;
  FileSensor& operator=(const FileSensor&) = delete;

  [[nodiscard]] std::span<const Channel> channels() const override { return channels_; }
  /// A file that vanished, is empty, holds no number, or a number beyond the counter's modulus
  /// gives a `failed` reading; the others are read all the same. Never returns an Error.
  Result<void> read(std::span<Reading> out) override;

 private:
  explicit FileSensor(const Clock& clock) : clock_(clock) {}
  const Clock& clock_;
  std::vector<Channel> channels_;
  std::vector<int> descriptors_;
};

/// The clock of the context, or the system's.
const Clock& clock_or_system(const Clock* clock);

}  // namespace btrack::power
